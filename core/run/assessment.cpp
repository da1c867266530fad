#include "run/assessment.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/names.hpp"
#include "run/limits.hpp"

namespace maintain {
namespace {

const CachedConfig* find_path(const std::vector<CachedConfig>& configs, const std::string& path) {
  const auto found = std::find_if(configs.begin(), configs.end(), [&](const auto& c) { return c.path == path; });
  return found == configs.end() ? nullptr : &*found;
}

ProjectNotes& notes_of(Assessment& assessment, const std::string& project) {
  for (ProjectNotes& notes : assessment.notes)
    if (notes.project == project) return notes;
  assessment.notes.push_back({project});
  return assessment.notes.back();
}

std::string describe_all(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) text += error.describe() + "\n";
  return text;
}

std::string correct(const std::string& path, const std::string& hint) {
  return hint.empty() ? fmt::format("correct {} on the server", path)
                      : fmt::format("correct {} on the server: {}", path, hint);
}

// What happened and where; what to do about it is the finding's action.
std::string without_hint(Error error) {
  error.hint.clear();
  return error.describe();
}

Finding broken(const std::string& path, const std::vector<Error>& errors, bool has_good_copy) {
  Finding finding;
  finding.state = has_good_copy ? State::warning : State::critical;
  finding.code = "config.broken";
  finding.subject = path;
  finding.title = errors.empty() ? path + " cannot be used" : without_hint(errors.front());
  if (errors.size() > 1) finding.detail = describe_all(errors);
  finding.detail += has_good_copy ? "The last good copy of the file stays in use."
                                  : "There is no earlier copy: none of its tasks is run.";
  finding.action = errors.size() == 1 ? correct(path, errors.front().hint) : correct(path, "");
  return finding;
}

Finding broken_directory(const std::string& path, const std::vector<Error>& errors, bool has_good_copy) {
  Finding finding = broken(path, errors, has_good_copy);
  finding.detail = has_good_copy ? "The last good copies of the files in it stay in use."
                                  : "There is no earlier copy of a file in it: none of their tasks is run.";
  finding.action = "let maintain's user on the server read " + path;
  return finding;
}

Finding faulty_part(const std::string& path, const Error& error) {
  Finding finding;
  finding.state = State::warning;
  finding.code = "config.error";
  finding.subject = path + ": " + error.message;  // without the line: text added above it is no news
  finding.title = without_hint(error);
  finding.action = correct(path, error.hint);
  return finding;
}

Finding missing(const std::string& server) {
  Finding finding;
  finding.state = State::warning;
  finding.code = "config.missing";
  finding.title = fmt::format("{} has no maintenance configuration", server);
  finding.detail = fmt::format("Neither {}/*.yml nor {} exists there. Names that do not end in .yml do not count.",
                               config_directory, legacy_config_path);
  finding.action = fmt::format("write {}/PROJECT.yml on the server, or take it out of the inventory", config_directory);
  return finding;
}

Finding passed_over(std::string code, std::string title, std::string action) {
  Finding finding;
  finding.state = State::warning;
  finding.code = std::move(code);
  finding.title = std::move(title);
  finding.action = std::move(action);
  return finding;
}

class Assessor {
 public:
  Assessor(const std::vector<CachedConfig>& remembered, const ConfigRules& rules, Assessment& result)
      : remembered_(remembered), rules_(rules), result_(result) {}

  void add(const FetchedConfig& config) {
    result_.files.push_back(config.path);
    ParsedProject parsed = config.problem.empty() ? parse_project_config(config.path, config.text, rules_)
                                                  : unreadable(config);
    result_.errors.insert(result_.errors.end(), parsed.errors.begin(), parsed.errors.end());
    const CachedConfig* before = find_path(remembered_, config.path);
    CachedConfig now{config.path, config.text, before != nullptr ? before->last_good : std::nullopt};
    if (parsed.usable) {
      now.last_good = config.text;
      accept(config.path, std::move(parsed));
    } else {
      fall_back(config.path, parsed.errors, now.last_good);
    }
    result_.to_remember.push_back(std::move(now));
  }

  // Nothing was seen of the files that were there: they are neither gone nor new, and their last good copies go on.
  void add_unreadable_directory(const FetchedConfig& directory) {
    const ParsedProject unusable = unreadable(directory);
    result_.errors.insert(result_.errors.end(), unusable.errors.begin(), unusable.errors.end());
    bool has_good_copy = false;
    for (const CachedConfig& before : remembered_) {
      if (!before.path.starts_with(directory.path + "/")) continue;
      has_good_copy = has_good_copy || before.last_good;
      ParsedProject parsed;
      parsed.usable = false;
      if (before.last_good == before.text) parsed = parse_project_config(before.path, before.text, rules_);
      if (!parsed.usable) {
        add({before.path, {}, directory.problem});  // what was wrong with it before is not over
        continue;
      }
      result_.to_remember.push_back(before);
      accept(before.path, std::move(parsed));
    }
    notes_of(result_, "").findings.push_back(broken_directory(directory.path, unusable.errors, has_good_copy));
    result_.to_remember.push_back({directory.path, {}, {}});  // never sound: looked at again at every run
  }

  // Planning weighs all tasks for the whole server against each other.
  void bound_server_tasks() {
    std::size_t count = 0;
    for (Project& project : result_.projects) {
      const auto surplus = std::stable_partition(project.tasks.begin(), project.tasks.end(), [&](const TaskSpec& task) {
        return !task.enabled || task.scope != Scope::server || ++count <= server_tasks_limit;
      });
      if (surplus == project.tasks.end()) continue;
      const Error error{ErrorKind::configuration,
                        fmt::format("only the first {} tasks of a server that are about all of it count",
                                    server_tasks_limit),
                        "one task for upgrades and one for reboots is enough for a project", surplus->where};
      result_.errors.push_back(error);
      notes_of(result_, project.name).findings.push_back(faulty_part(surplus->where.file, error));
      project.tasks.erase(surplus, project.tasks.end());
    }
  }

 private:
  static ParsedProject unreadable(const FetchedConfig& config) {
    ParsedProject parsed;
    parsed.usable = false;
    const std::string hint = config.problem == unreadable_problem ? "maintain's user there must be able to read it"
                                                                  : "";
    parsed.errors.push_back({ErrorKind::configuration, config.path + " " + config.problem, hint, {}});
    return parsed;
  }

  void fall_back(const std::string& path, const std::vector<Error>& errors, const std::optional<std::string>& good) {
    ParsedProject last_good;
    last_good.usable = false;
    if (good) last_good = parse_project_config(path, *good, rules_);
    const std::string project = last_good.usable ? last_good.project.name : std::string();
    notes_of(result_, project).findings.push_back(broken(path, errors, last_good.usable));
    if (last_good.usable) return accept(path, std::move(last_good));
    // Planning must know of it: what such a project forbids to others is not known.
    Project unknown{path == legacy_config_path ? "" : std::filesystem::path(path).stem().string(), path};
    unknown.unreadable = true;
    result_.projects.push_back(std::move(unknown));
  }

  void accept(const std::string& path, ParsedProject parsed) {
    const std::string& name = parsed.project.name;
    if (!names_.insert(name).second) {
      const Error taken{ErrorKind::configuration, fmt::format("the project '{}' is declared by another file too", name),
                        "give one of them another name", Position{path, 0, 0}};
      result_.errors.push_back(taken);
      notes_of(result_, name).findings.push_back(faulty_part(path, taken));
      return;
    }
    ProjectNotes& notes = notes_of(result_, name);
    notes.contact = parsed.project.contact;
    for (const Error& error : parsed.errors) notes.findings.push_back(faulty_part(path, error));
    result_.projects.push_back(std::move(parsed.project));
  }

  const std::vector<CachedConfig>& remembered_;
  const ConfigRules& rules_;
  Assessment& result_;
  std::set<std::string> names_;
};

}  // namespace

Assessment assess_configs(const std::string& server, const Survey& survey, const std::vector<CachedConfig>& remembered,
                          const ConfigRules& rules) {
  Assessment result;
  result.notes.push_back({});  // the server's
  Assessor assessor(remembered, rules, result);
  for (const FetchedConfig& config : survey.configs) {
    if (config.path == config_directory && !config.problem.empty()) assessor.add_unreadable_directory(config);
    else assessor.add(config);
  }
  assessor.bound_server_tasks();

  std::vector<Finding>& about_server = notes_of(result, "").findings;
  if (survey.configs.empty()) about_server.push_back(missing(server));
  if (survey.odd_names)
    about_server.push_back(passed_over("config.names",
                                       fmt::format("files in {} were passed over for their names", config_directory),
                                       "use letters, digits, dot, hyphen and underscore in their names"));
  if (survey.too_many)
    about_server.push_back(passed_over("config.too_many",
                                       fmt::format("only the first {} files of {} were read", config_count_limit,
                                                   config_directory),
                                       "join some of them"));
  return result;
}

bool is_sound(const std::vector<CachedConfig>& remembered) {
  return !remembered.empty() && std::all_of(remembered.begin(), remembered.end(), [](const CachedConfig& config) {
    return config.last_good && *config.last_good == config.text;
  });
}

Survey recalled(const std::vector<CachedConfig>& remembered) {
  Survey survey;
  for (const CachedConfig& config : remembered) survey.configs.push_back({config.path, config.text});
  return survey;
}

std::vector<Finding> compare_facts(const std::map<std::string, std::string>& expected, const std::string& facts) {
  std::vector<Finding> findings;
  if (expected.empty()) return findings;
  const nlohmann::json known = nlohmann::json::parse(facts, nullptr, false);
  const auto fact = [&](const std::string& name) -> std::string {
    const auto found = known.is_object() ? known.find(name) : known.end();
    if (!known.is_object() || found == known.end()) return "(no such fact)";
    return found->is_string() ? found->get<std::string>() : found->dump();
  };
  for (const auto& [name, wanted] : expected) {
    const std::string actual = name == "os" ? fact("os_id") + "-" + fact("os_version") : fact(name);
    if (actual == wanted) continue;
    Finding finding;
    finding.state = State::warning;
    finding.code = "server.unexpected";
    finding.subject = name;
    finding.title = fmt::format("{} is {}, expected {}", name, actual.empty() ? "unknown" : actual, wanted);
    finding.action = "see whether this is the right server; else change `expect` in servers.yml";
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace maintain
