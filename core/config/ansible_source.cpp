#include "config/ansible_source.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "config/ansible_formats.hpp"
#include "config/ansible_vars.hpp"

namespace maintain {
namespace fs = std::filesystem;
namespace {

constexpr int deepest_directory = 10;

class SourceReader {
 public:
  SourceReader(AnsibleInventory& inventory, Milliseconds timeout) : inventory_(inventory), timeout_(timeout) {}

  Result<void> read(const fs::path& path, int depth = 0) {
    std::error_code error;
    if (fs::is_directory(path, error)) return read_directory(path, depth);
    const std::string extension = path.extension().string();
    const bool says_data = extension == ".yml" || extension == ".yaml" || extension == ".json" || extension == ".ini";
    if (!says_data && ::access(path.c_str(), X_OK) == 0 && is_program(path)) return run(path);
    const Result<std::string> text = read_file(path, ansible_yaml_limits().bytes);
    if (!text) return fail(text.error());
    const bool yaml = extension == ".ini" ? false : says_data ? true : looks_like_ansible_yaml(*text);
    if (!yaml) return read_ansible_ini(inventory_, path.string(), *text);
    const Result<YamlDocument> document = parse_yaml(path.string(), *text, ansible_yaml_limits());
    if (!document) return fail(document.error());
    return read_ansible_yaml(inventory_, *document);
  }

 private:
  // Files that are no program are executable by accident, on a file system without modes for example.
  static bool is_program(const fs::path& path) {
    std::string start(4, '\0');
    std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
    return start.starts_with("#!") || start == "\x7f""ELF";
  }

  Result<void> run(const fs::path& path) {
    LocalCommand command;
    command.argv = {path.string(), "--list"};
    command.directory = path.parent_path().string();
    command.timeout = timeout_;
    const auto wrong = [&](const std::string& what, std::string hint) {
      return fail(Error{ErrorKind::configuration, "the inventory " + what, std::move(hint), Position{path.string()}});
    };
    const Result<LocalExit> exit = run_local(command);
    if (!exit) return wrong("could not be run: " + exit.error().message, exit.error().hint);
    if (!exit->ok()) {
      return wrong(fmt::format("failed with --list, {}: {}", exit->describe(),
                               shorten(printable(exit->error_output), 500)), "");
    }
    if (exit->truncated) return wrong(fmt::format("printed more than {} bytes", command.output_limit), "");
    return read_ansible_json(inventory_, path.string(), exit->output);
  }

  // Its files in the order of their names, without what Ansible leaves out, too.
  Result<void> read_directory(const fs::path& directory, int depth) {
    if (depth > deepest_directory) return fail(ErrorKind::refused, directory.string() + " is nested too deep");
    std::error_code error;
    std::vector<fs::path> paths;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
      if (!is_left_out(entry->path().filename().string())) paths.push_back(entry->path());
    }
    if (error) return fail_errno("cannot list " + directory.string(), error.value());
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
      if (Result<void> done = read(path, depth + 1); !done) return done;
    }
    return {};
  }

  static bool is_left_out(const std::string& name) {
    static constexpr std::string_view endings[] = {".pyc", ".pyo", ".swp", ".bak", "~",    ".rpm",  ".md",
                                                   ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry"};
    if (name.starts_with('.') || name == "group_vars" || name == "host_vars" || name == "vars_plugins") return true;
    return std::any_of(std::begin(endings), std::end(endings),
                       [&](std::string_view end) { return name.ends_with(end); });
  }

  AnsibleInventory& inventory_;
  Milliseconds timeout_;
};

}  // namespace

Result<AnsibleInventory> read_ansible_inventory(const fs::path& path, Milliseconds timeout) {
  AnsibleInventory inventory;
  if (Result<void> done = SourceReader(inventory, timeout).read(path); !done) return fail(done.error());
  if (Result<void> done = inventory.settle(); !done) return fail(done.error());
  std::error_code ignored;
  const fs::path directory = fs::is_directory(path, ignored) ? path : path.parent_path();
  if (Result<void> done = read_variable_files(inventory, directory); !done) return fail(done.error());
  return inventory;
}

}  // namespace maintain
