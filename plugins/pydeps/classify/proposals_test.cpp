#include "pydeps/classify/proposals.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace maintain::pydeps;

namespace {

Version version(const std::string& text) { return Version::parse(text).value(); }

ReleaseQuery query(const std::string& installed, const std::vector<std::string>& available,
                   ReportedTypes types = ReportedTypes::all) {
  ReleaseQuery made;
  made.installed = version(installed);
  for (const std::string& text : available) made.available.push_back({.version = text});
  made.types = types;
  return made;
}

std::string listed(const std::vector<Proposal>& proposals) {
  std::string text;
  for (const Proposal& proposal : proposals)
    text += (text.empty() ? "" : ", ") + proposal.version.text() + " " + std::string(kind_text(proposal.kind));
  return text;
}

std::string told(const ReleaseQuery& asked) { return listed(propose_releases(asked).releases); }

const ReleaseDatabase database = parse_release_database(R"(
Django: {security_releases: [4.2.10, 5.0.2], bug_fix_releases: [4.2.9, 5.0.1], feature_releases: [5.0],
         lts_releases: [3.2., 4.2.]}
mptt: {bug_fix_releases: [0.14.1], compatibility_releases: [0.15], feature_releases: [0.16],
       security_releases: [0.14.2], ignored_releases: [0.17]}
)");
const std::vector<std::string> django = {"4.1.13", "4.2", "4.2.8", "4.2.9", "4.2.10", "5.0", "5.0.1", "5.0.2"};
const std::vector<std::string> mptt = {"0.14", "0.14.1", "0.14.2", "0.15", "0.16", "0.17", "0.18", "0.14.3"};

}  // namespace

TEST_CASE("who is on an LTS line hears about that line only") {
  ReleaseQuery asked = query("4.2.7", django);
  asked.releases = database.find("django");
  CHECK(told(asked) == "4.2.8 bug fix, 4.2.9 bug fix, 4.2.10 security");
  CHECK(propose_releases(asked).lts_line == version("4.2"));
  asked.installed = version("4.2");  // the earlier bot took 4.2 for a line of its own: the text lacks the dot
  CHECK(told(asked) == "4.2.8 bug fix, 4.2.9 bug fix, 4.2.10 security");
}

TEST_CASE("off the LTS lines, and after a line's end, everything newer counts") {
  ReleaseQuery asked = query("4.1.13", django);
  asked.releases = database.find("django");
  CHECK(told(asked) == "4.2 feature, 4.2.8 feature, 4.2.9 bug fix, 4.2.10 security, 5.0 feature, 5.0.1 bug fix, "
                       "5.0.2 security");
  CHECK_FALSE(propose_releases(asked).lts_line);
  asked.installed = version("4.2.9");
  asked.lts_is_over = true;
  CHECK(told(asked) == "4.2.10 security, 5.0 feature, 5.0.1 bug fix, 5.0.2 security");
}

TEST_CASE("the wanted types") {
  ReleaseQuery asked = query("0.14", mptt);
  asked.releases = database.find("mptt");
  const auto with = [&](const char* word) {
    asked.types = parse_reported_types(word).value();
    return told(asked);
  };
  CHECK(with("security") == "0.14.2 security");
  CHECK(with("bug") == "0.14.1 bug fix, 0.14.2 security, 0.14.3 bug fix");
  CHECK(with("compat") == "0.14.1 bug fix, 0.14.2 security, 0.14.3 bug fix, 0.15 compatibility");
  const std::string all = "0.14.1 bug fix, 0.14.2 security, 0.14.3 bug fix, 0.15 compatibility, 0.16 feature, "
                          "0.18 feature";
  CHECK(with("feature") == all);
  CHECK(with("all") == all);
  CHECK_FALSE(parse_reported_types("none"));
  CHECK_FALSE(parse_reported_types("Bug"));
  CHECK(ReleaseQuery{}.types == ReportedTypes::bug);
}

TEST_CASE("where the database is silent the data speak") {
  ReleaseQuery asked = query("2.31.0", {"2.31.0", "2.31.1", "2.31.0.post1", "2.32.0", "2.32.1", "3.0"});
  asked.fixes = {version("2.32"), version("2.28.1")};
  CHECK(told(asked) == "2.31.0.post1 bug fix, 2.31.1 bug fix, 2.32.0 security, 2.32.1 feature, 3.0 feature");
  CHECK_FALSE(propose_releases(asked).releases[0].from_database);
}

TEST_CASE("the team's word goes before the data") {
  ReleaseQuery asked = query("0.14", mptt);
  asked.releases = database.find("mptt");
  asked.fixes = {version("0.16"), version("0.17"), version("0.18")};
  const Proposals proposals = propose_releases(asked);
  CHECK(listed(proposals.releases) == "0.14.1 bug fix, 0.14.2 security, 0.14.3 bug fix, 0.15 compatibility, "
                                      "0.16 feature, 0.18 security");
  CHECK(proposals.releases[0].from_database);
  CHECK_FALSE(proposals.releases[5].from_database);
}

TEST_CASE("pre-releases are for those who have one") {
  const std::vector<std::string> available = {"1.1", "1.2rc1", "1.2.dev3", "1.2a1.post1", "1.2b2"};
  CHECK(told(query("1.0", available)) == "1.1 feature");
  CHECK(told(query("1.2a1", available)) == "1.2a1.post1 bug fix, 1.2b2 bug fix, 1.2rc1 bug fix");
  CHECK(told(query("1.1.dev1", available)).starts_with("1.1 bug fix"));
  CHECK(told(query("1.1.post1", available)).empty());
}

TEST_CASE("yanked releases are never proposed") {
  ReleaseQuery asked = query("1.0", {"1.0.1", "1.0.2"});
  asked.available[1].yanked = true;
  asked.fixes = {version("1.0.2")};
  CHECK(told(asked) == "1.0.1 bug fix");
}

TEST_CASE("releases without files are never proposed") {
  ReleaseQuery asked = query("1.0", {"1.0.1", "1.0.2"});
  asked.available[1].without_files = true;
  asked.fixes = {version("1.0.2")};
  CHECK(told(asked) == "1.0.1 bug fix");
}

TEST_CASE("a release for another Python is told apart") {
  ReleaseQuery asked = query("4.2.1", {"4.2.2", "5.0", "5.1", "5.2"});
  asked.available[0].requires_python = ">=3.8";
  asked.available[1].requires_python = ">=3.10,<4";
  asked.available[2].requires_python = "whatever";
  asked.available[3].requires_python = "~=3.12";
  asked.python = version("3.9.2");
  const Proposals proposals = propose_releases(asked);
  CHECK(listed(proposals.releases) == "4.2.2 bug fix, 5.1 feature");
  CHECK(listed(proposals.need_python) == "5.0 feature, 5.2 feature");
  asked.python = version("3.13.0rc2");
  CHECK(propose_releases(asked).need_python.empty());
  asked.types = ReportedTypes::bug;
  asked.python = version("3.7");
  CHECK(listed(propose_releases(asked).need_python) == "4.2.2 bug fix");
}

TEST_CASE("spellings of one version are one release, and what is none is counted") {
  const Proposals proposals =
      propose_releases(query("1.0+local.1", {"1.0", "1.0.0", "1.1", "v1.1.0", "2004d-x", "", std::string(300, '1')}));
  CHECK(listed(proposals.releases) == "1.1 feature");
  CHECK(proposals.unreadable == 3);
}
