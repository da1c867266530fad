#include "plugin/manifest.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <maintain/plugin.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "http/url_beginning.hpp"
#include "model/names.hpp"
#include "plugin/elf_note.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_json = 256 * 1024;
constexpr std::size_t most_depth = 32;
constexpr std::size_t most_task_types = 100;

// Thrown inside this file only; parse_manifest turns it into an Error.
struct Wrong {
  std::string key;
  std::string what;
};

const Json& required(const Json& object, const std::string& path, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Wrong{path + key, "is missing"};
  return *found;
}

std::string text_at(const Json& value, const std::string& path) {
  if (!value.is_string()) throw Wrong{path, "must be a string"};
  return value.get<std::string>();
}

// Text that people will see on a terminal.
std::string line_at(const Json& object, const std::string& path, const char* key) {
  const std::string line = printable(text_at(required(object, path, key), path + key));
  if (trim(line).empty()) throw Wrong{path + key, "must not be empty"};
  return shorten(line, 300);
}

std::string name_at(const Json& object, const std::string& path, const char* key) {
  std::string name = text_at(required(object, path, key), path + key);
  if (!is_valid_name(name)) throw Wrong{path + key, "must be [a-z0-9][a-z0-9._-]*, at most 100 bytes"};
  return name;
}

std::string optional_text(const Json& object, const std::string& path, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::string{} : text_at(*found, path + key);
}

std::optional<Seconds> optional_duration(const Json& object, const std::string& path, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  const auto span = parse_duration(text_at(*found, path + key));
  if (!span) throw Wrong{path + key, span.error().message};
  if (*span <= Seconds(0)) throw Wrong{path + key, "must be longer than nothing"};
  return *span;
}

std::string optional_object(const Json& object, const std::string& path, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "{}";
  if (!found->is_object()) throw Wrong{path + key, "must be an object"};
  return found->dump();
}

void refuse_unknown_keys(const Json& object, const std::string& path, const std::vector<std::string>& known) {
  if (!object.is_object()) throw Wrong{path, "must be an object"};
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = nearest(key, known);
    throw Wrong{path + printable(key),
                near.empty() ? "is not a known key" : "is not a known key; did you mean '" + near + "'?"};
  }
}

std::vector<std::string> extension_ids(const Json& object, const char* key) {
  std::vector<std::string> ids;
  const auto found = object.find(key);
  if (found == object.end()) return ids;
  if (!found->is_array()) throw Wrong{key, "must be a list of extension ids"};
  for (const Json& id : *found) ids.push_back(text_at(id, key));
  return ids;
}

std::vector<std::string> url_beginnings(const Json& root) {
  std::vector<std::string> urls;
  const auto found = root.find("http");
  if (found == root.end()) return urls;
  if (!found->is_array()) throw Wrong{"http", "must be a list of beginnings of URLs"};
  for (const Json& url : *found) {
    urls.push_back(text_at(url, "http"));
    if (!is_url_beginning(urls.back()))
      throw Wrong{"http", "'" + printable(urls.back()) + "' must be like https://index.example.org/simple/"};
  }
  return urls;
}

void parse_abi(const Json& root, Manifest& manifest) {
  const std::string abi = text_at(required(root, "", "abi"), "abi");
  const auto parts = split(abi, '.');
  const auto number = [](const std::string& digits) {
    return !digits.empty() && digits.size() <= 4 && digits.find_first_not_of("0123456789") == std::string::npos;
  };
  if (parts.size() != 2 || !number(parts[0]) || !number(parts[1]))
    throw Wrong{"abi", "must be \"major.minor\", like \"1.0\""};
  manifest.abi_major = static_cast<unsigned>(std::stoul(parts[0]));
  manifest.abi_minor = static_cast<unsigned>(std::stoul(parts[1]));
}

bool is_known_abi(const Manifest& manifest) {
  return manifest.abi_major == MAINTAIN_ABI_MAJOR && manifest.abi_minor <= MAINTAIN_ABI_MINOR;
}

std::vector<LegacyClaim> parse_legacy(const Json& task, const std::string& path) {
  std::vector<LegacyClaim> claims;
  const auto found = task.find("legacy");
  if (found == task.end()) return claims;
  if (!found->is_array()) throw Wrong{path + "legacy", "must be a list"};
  for (std::size_t i = 0; i < found->size(); ++i) {
    const Json& json = (*found)[i];
    const std::string here = fmt::format("{}legacy[{}].", path, i);
    refuse_unknown_keys(json, here, {"key", "status_key", "nickname", "options", "defaults"});
    LegacyClaim claim;
    claim.key = text_at(required(json, here, "key"), here + "key");
    claim.status_key = optional_text(json, here, "status_key");
    claim.nickname = optional_text(json, here, "nickname");
    claim.options = optional_object(json, here, "options");
    claim.defaults = optional_object(json, here, "defaults");
    if (json.contains("options"))
      for (const auto& [from, to] : json["options"].items()) text_at(to, here + "options." + from);
    claims.push_back(std::move(claim));
  }
  return claims;
}

std::vector<Companion> parse_companions(const Json& task, const std::string& path) {
  std::vector<Companion> companions;
  const auto found = task.find("companions");
  if (found == task.end()) return companions;
  if (!found->is_array()) throw Wrong{path + "companions", "must be a list"};
  for (std::size_t i = 0; i < found->size(); ++i) {
    const std::string here = fmt::format("{}companions[{}].", path, i);
    refuse_unknown_keys((*found)[i], here, {"key", "type"});
    companions.push_back({name_at((*found)[i], here, "key"), name_at((*found)[i], here, "type")});
  }
  return companions;
}

// What a task type names must be there, and must not be usable by itself: it works on the other's copies.
void check_dependents(const Manifest& manifest) {
  const auto require_dependent = [&](const std::string& name, const std::string& path) {
    for (const TaskType& type : manifest.task_types)
      if (type.name == name && !type.standalone) return;
    throw Wrong{path, "names '" + printable(name) +
                          "', which is no task type of this plugin with \"standalone\": false"};
  };
  for (std::size_t i = 0; i < manifest.task_types.size(); ++i) {
    const TaskType& type = manifest.task_types[i];
    for (std::size_t c = 0; c < type.companions.size(); ++c)
      require_dependent(type.companions[c].type, fmt::format("tasks[{}].companions[{}].type", i, c));
    if (!type.restore.empty()) require_dependent(type.restore, fmt::format("tasks[{}].restore", i));
  }
}

TaskType parse_task(const Json& json, const std::string& path, const Manifest& manifest) {
  if (is_known_abi(manifest))
    refuse_unknown_keys(json, path, {"type", "summary", "scope", "order", "changes", "permission", "window", "timeout",
                                     "schema", "legacy", "companions", "standalone", "restore"});
  else if (!json.is_object())
    throw Wrong{path, "must be an object"};
  TaskType task;
  task.plugin = manifest.id;
  task.name = name_at(json, path, "type");
  task.summary = line_at(json, path, "summary");
  if (json.contains("scope")) {
    const auto scope = parse_scope(text_at(json["scope"], path + "scope"));
    if (!scope) throw Wrong{path + "scope", "must be \"project\" or \"server\""};
    task.scope = *scope;
  }
  if (json.contains("order")) {
    const auto order = parse_order(text_at(json["order"], path + "order"));
    if (!order) throw Wrong{path + "order", "must be very_first, first, middle, last or very_last"};
    task.order = *order;
  }
  const auto boolean = [&](const char* key, bool& into) {
    if (!json.contains(key)) return;
    if (!json[key].is_boolean()) throw Wrong{path + key, "must be true or false"};
    into = json[key].get<bool>();
  };
  boolean("changes", task.changes);
  boolean("standalone", task.standalone);
  task.restore = optional_text(json, path, "restore");
  task.companions = parse_companions(json, path);
  static const std::set<std::string> permissions = {"report", "backup", "patch", "reboot", "command"};
  task.permission = text_at(required(json, path, "permission"), path + "permission");
  if (!permissions.contains(task.permission))
    throw Wrong{path + "permission", "must be report, backup, patch, reboot or command"};
  task.default_window = optional_duration(json, path, "window");
  task.default_timeout = optional_duration(json, path, "timeout").value_or(task.default_timeout);
  const Json& schema = required(json, path, "schema");
  if (!schema.is_object()) throw Wrong{path + "schema", "must be an object"};
  task.schema = schema.dump();
  task.legacy = parse_legacy(json, path);
  return task;
}

Manifest parse(const Json& root) {
  if (!root.is_object()) throw Wrong{"", "must be a JSON object"};
  Manifest manifest;
  parse_abi(root, manifest);
  if (is_known_abi(manifest))
    refuse_unknown_keys(root, "", {"$schema", "abi", "id", "version", "summary", "needs", "wants", "http", "tasks"});
  manifest.id = name_at(root, "", "id");
  manifest.version = line_at(root, "", "version");
  manifest.summary = line_at(root, "", "summary");
  manifest.needs = extension_ids(root, "needs");
  manifest.wants = extension_ids(root, "wants");
  manifest.http = url_beginnings(root);
  const Json& tasks = required(root, "", "tasks");
  if (!tasks.is_array() || tasks.empty() || tasks.size() > most_task_types)
    throw Wrong{"tasks", fmt::format("must be a list of 1 to {} task types", most_task_types)};
  std::set<std::string> names;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const std::string path = fmt::format("tasks[{}].", i);
    manifest.task_types.push_back(parse_task(tasks[i], path, manifest));
    if (!names.insert(manifest.task_types.back().name).second) throw Wrong{path + "type", "is listed twice"};
  }
  check_dependents(manifest);
  return manifest;
}

// nlohmann's parser keeps its state on the heap, but dump() and the destructor recurse.
bool is_too_deep(std::string_view json) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (in_string) {
      if (json[i] == '\\') ++i;
      else if (json[i] == '"') in_string = false;
      continue;
    }
    if (json[i] == '"') in_string = true;
    if (json[i] == '{' || json[i] == '[') ++depth;
    if ((json[i] == '}' || json[i] == ']') && depth > 0) --depth;
    if (depth > most_depth) return true;
  }
  return false;
}

}  // namespace

Result<std::string> read_manifest_note(const std::filesystem::path& library) {
  const UniqueFd fd(::open(library.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a fifo must not block us
  if (!fd) return fail_errno("cannot open " + library.string(), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot stat " + library.string(), errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::refused, library.string() + " is not a regular file");
  ByteSource source;
  source.size = static_cast<std::uint64_t>(status.st_size);
  source.read = [&](std::uint64_t offset, std::uint64_t size) -> Result<std::string> {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(fd.get(), bytes.data(), size, static_cast<off_t>(offset));
    if (got < 0) return fail_errno("cannot read " + library.string(), errno);
    if (static_cast<std::uint64_t>(got) != size)
      return fail(ErrorKind::refused, library.string() + " became shorter while it was read");
    return bytes;
  };
  auto note = find_elf_note(source, MAINTAIN_NOTE_NAME, MAINTAIN_NOTE_TYPE);
  if (note) return note;
  Error error = note.error();
  error.message = library.string() + ": " + error.message;
  if (error.kind == ErrorKind::not_found)
    error.hint = "it is not a maintain plugin, or was not built with maintain_add_plugin()";
  return fail(std::move(error));
}

Result<Manifest> parse_manifest(std::string_view json) {
  const auto refuse = [](std::string what) {
    return fail(ErrorKind::refused, "manifest: " + std::move(what), "this is for the plugin's author to mend");
  };
  if (json.size() > most_json) return refuse("larger than 256 KiB");
  if (is_too_deep(json)) return refuse("nested too deep");
  const Json root = Json::parse(json, nullptr, false);
  if (root.is_discarded()) return refuse("not valid JSON");
  try {
    return parse(root);
  } catch (const Wrong& wrong) {
    return refuse(wrong.key.empty() ? wrong.what : wrong.key + " " + wrong.what);
  } catch (const Json::exception& defect) {  // text that is not UTF-8 fails in dump()
    return refuse(defect.what());
  }
}

}  // namespace maintain
