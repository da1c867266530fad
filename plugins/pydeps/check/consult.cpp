#include "pydeps/check/consult.hpp"

#include <algorithm>

#include "pydeps/advisory/osv_archive.hpp"
#include "pydeps/advisory/osv_query.hpp"
#include "pydeps/base/bounded_json.hpp"
#include "pydeps/base/package_name.hpp"
#include "pydeps/check/asking.hpp"
#include "pydeps/index/simple_index.hpp"
#include "pydeps/version/version.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_told = 20;  // broken records by name

sdk::HttpRequest page_of(const Options& options, const std::string& project) {
  return get(options.index + project + "/", std::string(simple_index_media_type), most_index_bytes);
}

// The older JSON of the same index, for those that have no other; empty when the index is not laid out like that.
std::string older_page_of(const Options& options, const std::string& project) {
  constexpr std::string_view simple = "/simple/";
  if (!options.index.ends_with(simple)) return {};
  return options.index.substr(0, options.index.size() - simple.size()) + "/pypi/" + project + "/json";
}

void take_project(Asking& asking, const Options& options, const std::string& project, Knowledge& knowledge) {
  const Answer page = asking.ask(page_of(options, project), knowledge.stale_index);
  if (page.status == 404 || page.status == 410) {
    knowledge.unknown.insert(project);
    return;
  }
  std::string problem = page.problem;
  if (problem.empty()) {
    ParsedProject parsed = parse_simple_index(page.body, project, compare_versions);
    if (parsed.project) {
      knowledge.projects.emplace(project, std::move(*parsed.project));
      return;
    }
    problem = std::move(parsed.problem);
  }
  // Only what has no such JSON answers so. Who refuses, or does not answer, would be asked again; or, where only
  // "simple/" is asked of a mirror, somebody would be who is not to be.
  const std::string older = older_page_of(options, project);
  if ((page.status == 200 || page.status == 406) && !older.empty()) {
    const Answer answer = asking.ask(get(older, "application/json", most_index_bytes), knowledge.stale_index);
    if (answer.status == 200) {
      ParsedProject parsed = parse_project_json(answer.body, project, compare_versions);
      if (parsed.project) {
        knowledge.projects.emplace(project, std::move(*parsed.project));
        return;
      }
    }
  }
  knowledge.unanswered.emplace(project, std::move(problem));
}

void ask_index(Asking& asking, const Options& options, const Wanted& wanted, Knowledge& knowledge) {
  std::vector<sdk::HttpRequest> pages;
  for (const std::string& project : wanted.projects) pages.push_back(page_of(options, project));
  asking.prefetch(pages);
  for (const std::string& project : wanted.projects) take_project(asking, options, project, knowledge);
  // One's own packages may be few, and none of them on the index; but who knows none of many has no index.
  constexpr std::size_t many = 3;
  if (knowledge.unknown.size() < many || !knowledge.projects.empty()) return;
  for (const std::string& project : knowledge.unknown)
    knowledge.unanswered.emplace(project, "it knows none of the packages, so it may be no index; one's address mostly "
                                          "ends in simple/");
  knowledge.unknown.clear();
}

// The records of all ids that the service named, each once.
void read_records(Asking& asking, const Options& options, const std::vector<PackageAt>& asked,
                  const OsvQueries& queries, Knowledge& knowledge) {
  std::map<std::string, std::set<PackageAt>> concerned;  // by id
  for (std::size_t i = 0; i < asked.size(); ++i) {
    for (const auto& [id, modified] : queries.answers[i].advisories) concerned[id].insert(asked[i]);
    if (!queries.answers[i].problem.empty()) knowledge.unchecked.emplace(asked[i].first, queries.answers[i].problem);
  }
  std::map<std::string, sdk::HttpRequest> requests;
  std::vector<sdk::HttpRequest> all;
  for (const auto& [id, packages] : concerned) {
    const auto path = advisory_path(id);
    if (!path) continue;
    all.push_back(get(options.osv + *path, "application/json", most_advisory_bytes));
    requests.emplace(id, all.back());
  }
  asking.prefetch(all);
  for (const auto& [id, packages] : concerned) {
    ParsedAdvisory parsed{.problem = "its id is none"};
    if (const auto request = requests.find(id); request != requests.end()) {
      const Answer answer = asking.ask(request->second, knowledge.stale_advisories);
      parsed.problem = answer.status == 404 || answer.status == 410 ? "the service has no such record" : answer.problem;
      if (parsed.problem.empty()) parsed = parse_advisory(answer.body);
    }
    std::set<std::string> names;
    for (const PackageAt& package : packages) {
      if (!parsed.advisory) knowledge.unread_advisories[package].push_back({shown_text(id, 100), parsed.problem});
      else if (names.insert(package.first).second) knowledge.advisories[package.first].push_back(*parsed.advisory);
    }
  }
}

void ask_osv(Asking& asking, const Options& options, const Wanted& wanted, Knowledge& knowledge) {
  const std::vector<PackageAt> asked(wanted.versions.begin(), wanted.versions.end());
  std::vector<PackageVersion> packages;
  // What is none of PEP 440 is asked for without: the service refuses it, and all that is asked together with it.
  for (const auto& [package, version] : asked) packages.push_back({package, Version::parse(version) ? version : ""});
  OsvQueries queries = begin_queries(std::move(packages));
  while (const auto body = next_request(queries)) {
    sdk::HttpRequest request = get(options.osv + "/v1/querybatch", "application/json", most_response_bytes);
    request.method = "POST";
    request.content_type = "application/json";
    request.body = *body;
    const Answer answer = asking.ask(request, knowledge.stale_advisories);
    std::string problem = answer.problem;
    if (problem.empty() && answer.status != 200)
      problem = "the server answers with status " + std::to_string(answer.status);
    if (problem.empty()) problem = take_response(queries, answer.body);
    if (problem.empty()) continue;
    // Who does not answer at all is not asked for the others; what is refused may be this request's fault.
    do {
      give_up_request(queries, problem);
    } while (answer.status == 0 && !queries.finished());
  }
  read_records(asking, options, asked, queries, knowledge);
}

void read_osv_archive(const Options& options, const Wanted& wanted, Knowledge& knowledge) {
  std::set<std::string, std::less<>> names;
  for (const auto& [package, version] : wanted.versions) names.insert(package);
  AdvisoryArchive archive = read_archive(options.osv_archive, names);
  if (!archive.problem.empty())
    for (const std::string& name : names)
      knowledge.unchecked.emplace(name, shown_text(options.osv_archive, 500) + ": " + archive.problem);
  knowledge.broken_records = std::move(archive.problems);
  knowledge.broken_ids = std::move(archive.broken_ids);
  if (knowledge.broken_records.size() > most_told) knowledge.broken_records.resize(most_told);
  for (const Advisory& advisory : archive.advisories) {
    std::set<std::string> concerned;
    for (const AffectedPackage& affected : advisory.affected)
      if (names.contains(affected.name)) concerned.insert(affected.name);
    for (const std::string& name : concerned) knowledge.advisories[name].push_back(advisory);
  }
}

// What the server has at the URL; without one, the file.
ServerFile fetched(Asking& asking, const std::string& url, const ServerFile& file, Stale& stale) {
  if (url.empty()) return file;
  Answer answer = asking.ask(get(url, "", 1U << 20U), stale);
  if (answer.problem.empty() && answer.status != 200)
    answer.problem = "the server answers with status " + std::to_string(answer.status);
  return {.text = std::move(answer.body), .problem = std::move(answer.problem)};
}

void read_database(Asking& asking, const Options& options, const ServerFile& file, Knowledge& knowledge) {
  if (options.database_url.empty() && options.database_file.empty()) return;
  ServerFile database = fetched(asking, options.database_url, file, knowledge.stale_database);
  knowledge.database_problem = std::move(database.problem);
  if (knowledge.database_problem.empty()) knowledge.database = parse_release_database(database.text);
}

void read_end_of_life(Asking& asking, const Options& options, const ServerFile& file, Knowledge& knowledge) {
  if (options.end_of_life_url.empty() && options.end_of_life_file.empty()) return;
  Stale stale;  // it is dated itself
  ServerFile table = fetched(asking, options.end_of_life_url, file, stale);
  knowledge.end_of_life_problem = std::move(table.problem);
  if (!knowledge.end_of_life_problem.empty()) return;
  ParsedEndOfLife parsed = parse_end_of_life(table.text);
  knowledge.end_of_life_problem = std::move(parsed.problem);
  if (!parsed.table) return;
  knowledge.end_of_life_is_old = parsed.table->as_of < knowledge.end_of_life.as_of;
  if (!knowledge.end_of_life_is_old) knowledge.end_of_life = renewed(std::move(knowledge.end_of_life), *parsed.table);
}

}  // namespace

Knowledge consult(sdk::Context& context, const Options& options, const Wanted& wanted, const Gathered& gathered) {
  Knowledge knowledge;
  knowledge.not_asked = wanted.left_out;
  Asking asking(context);
  read_database(asking, options, gathered.database, knowledge);
  read_end_of_life(asking, options, gathered.end_of_life, knowledge);
  ask_index(asking, options, wanted, knowledge);
  if (options.vulnerabilities && !wanted.versions.empty()) {
    if (options.osv_archive.empty()) ask_osv(asking, options, wanted, knowledge);
    else read_osv_archive(options, wanted, knowledge);
  }
  return knowledge;
}

}  // namespace maintain::pydeps
