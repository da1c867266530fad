#include "pydeps/advisory/osv_query.hpp"

#include <algorithm>
#include <utility>

#include "pydeps/advisory/osv.hpp"
#include "pydeps/base/bounded_json.hpp"
#include "pydeps/base/package_name.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_pages = 50;
constexpr std::size_t most_advisories = 10'000;
constexpr std::size_t longest_token = 4096;

void take_vulnerabilities(const Json& result, PackageAnswer& answer) {
  const Json* vulns = member(result, "vulns");
  if (vulns == nullptr || vulns->is_null()) return;
  if (!vulns->is_array()) {
    answer.problem = "the list of its advisories is none";
    return;
  }
  for (const Json& vuln : *vulns) {
    const std::string id = text_member(vuln, "id");
    if (!is_advisory_id(id)) {
      answer.problem = "an advisory has no id";
    } else if (answer.advisories.size() == most_advisories) {
      answer.problem = "there are more than " + std::to_string(most_advisories) + " advisories";
      return;
    } else {
      const std::string modified = text_member(vuln, "modified");
      answer.advisories[id] = modified.size() <= 64 ? shown_text(modified, 64) : std::string();
    }
  }
}

}  // namespace

OsvQueries begin_queries(std::vector<PackageVersion> packages) {
  OsvQueries queries;
  queries.answers.resize(packages.size());
  queries.pages.resize(packages.size());
  for (std::size_t i = 0; i < packages.size(); ++i) {
    if (!is_package_name(packages[i].name)) {
      queries.answers[i].problem = "\"" + shown_text(packages[i].name, 80) + "\" is no name of a package";
    } else if (!packages[i].version.empty() && !is_version_text(packages[i].version)) {
      queries.answers[i].problem = "\"" + shown_text(packages[i].version, 80) + "\" cannot be asked for as a version";
    } else {
      queries.open.push_back({.package = i});
    }
  }
  queries.packages = std::move(packages);
  return queries;
}

std::optional<std::string> next_request(const OsvQueries& queries) {
  if (queries.finished()) return std::nullopt;
  Json list = Json::array();
  for (const OpenQuery& query : queries.open) {
    if (list.size() == most_queries_in_request) break;
    const PackageVersion& package = queries.packages[query.package];
    Json entry{{"package", {{"ecosystem", "PyPI"}, {"name", normalized_name(package.name)}}}};
    const std::string released = package.version.substr(0, package.version.find('+'));
    if (!released.empty()) entry["version"] = released;
    if (!query.page_token.empty()) entry["page_token"] = query.page_token;
    list.push_back(std::move(entry));
  }
  return Json{{"queries", std::move(list)}}.dump(-1, ' ', true);
}

std::string take_response(OsvQueries& queries, std::string_view body) {
  const ParsedJson parsed = parse_json(body, {.bytes = most_response_bytes, .depth = 16, .values = 2'000'000});
  if (!parsed.value) return parsed.problem;
  const Json* results = array_member(*parsed.value, "results");
  if (results == nullptr) return "it has no `results`";
  const std::size_t asked = std::min(queries.open.size(), most_queries_in_request);
  if (results->size() != asked) {
    return "it has " + std::to_string(results->size()) + " results for " + std::to_string(asked) + " queries";
  }
  for (const Json& result : *results) {
    const std::size_t package = queries.open.front().package;
    queries.open.pop_front();
    PackageAnswer& answer = queries.answers[package];
    ++queries.pages[package];
    if (!result.is_object()) {
      answer.problem = "the result is none";
      continue;
    }
    take_vulnerabilities(result, answer);
    std::string token = text_member(result, "next_page_token");
    if (token.empty()) continue;
    if (token.size() > longest_token || queries.pages[package] == most_pages ||
        answer.advisories.size() == most_advisories) {
      answer.problem = "there are more pages of advisories than are read";
      continue;
    }
    queries.open.push_back({.package = package, .page_token = std::move(token)});
  }
  return {};
}

void give_up_request(OsvQueries& queries, const std::string& problem) {
  for (std::size_t left = std::min(queries.open.size(), most_queries_in_request); left > 0; --left) {
    std::string& why = queries.answers[queries.open.front().package].problem;
    if (why.empty()) why = problem;
    queries.open.pop_front();
  }
}

std::optional<std::string> advisory_path(std::string_view id) {
  if (!is_advisory_id(id)) return std::nullopt;
  std::string path = "/v1/vulns/";
  for (const char c : id) {
    if (c == '+') path += "%2B";
    else if (c == ':') path += "%3A";
    else path += c;
  }
  return path;
}

}  // namespace maintain::pydeps
