#include <charconv>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/backups.hpp"
#include "cli/commands.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  CopiesOf of;
  std::string at = "latest";
  std::string subset;
};

struct Part {
  unsigned number = 1;
  unsigned of = 1;
};

// "2/7", as restic's option of the same name.
Part parse_part(const std::string& text) {
  Part part;
  if (text.empty()) return part;
  const std::size_t slash = text.find('/');
  const auto number = [&](std::string_view digits, unsigned& into) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
  };
  const std::string_view all = text;
  if (slash == std::string::npos || !number(all.substr(0, slash), part.number) ||
      !number(all.substr(slash + 1), part.of) || part.number < 1 || part.of < part.number)
    fatal({ErrorKind::usage, fmt::format("--read-data-subset: '{}' is no n/m", printable(text)),
           "1/7 to 7/7 read all files in seven goes", {}});
  return part;
}

std::vector<std::string> wanted_copies(const TaskCopies& copies, const Options& options) {
  if (options.at != "all") return {options.at};
  std::vector<std::string> ids;
  for (const CopyManifest& copy : value_or_fatal(copies.list())) ids.push_back(copy.id);
  return ids;
}

void verify(Program& program, const Options& options) {
  const Part part = parse_part(options.subset);
  Json all = Json::array();
  std::string text;
  for (const TaskKey& key : select_copies(program, options.of)) {
    const TaskCopies copies(program.settings().backup_directory, key);
    for (const std::string& which : wanted_copies(copies, options)) {
      auto copy = copies.open(which);
      // Of all tasks, those that have no verified copy yet are not what was asked for.
      if (!copy && copy.error().kind == ErrorKind::not_found && options.of.task.empty()) {
        text += fmt::format("{}  {}\n", to_string(key), copy.error().message);
        continue;
      }
      const OpenCopy opened = value_or_fatal(std::move(copy));
      const VerifyReport report =
          value_or_fatal(TaskCopies::verify(opened, part.number, part.of, never_interrupted));
      const auto marked = copies.remember(opened, report, program.clock().now());
      Json wrong = Json::array();
      text += fmt::format("{}  {}  {} in {} read, {}\n", to_string(key), opened.manifest.id, size_text(report.bytes),
                          count_of(static_cast<std::size_t>(report.files), "file"),
                          report.wrong.empty() ? "as they were written" : "NOT as they were written:");
      for (const auto& one : report.wrong) {
        wrong.push_back({{"file", one.file}, {"problem", one.problem}});
        text += fmt::format("    {}: {}\n", one.file, one.problem);
      }
      if (!marked) {
        std::fprintf(stderr, "maintain: %s\n", printable(marked.error().describe()).c_str());
        program.exit_status = ExitStatus::findings;
      } else if (!marked->empty()) {
        text += fmt::format("    marked as damaged: {}\n", join(*marked, ", "));
      }
      all.push_back({{"server", key.server}, {"project", key.project}, {"task", key.task}, {"id", opened.manifest.id},
                     {"files", report.files}, {"bytes", report.bytes}, {"wrong", wrong},
                     {"marked", marked.value_or(std::vector<std::string>())}});
      if (!report.wrong.empty()) program.exit_status = ExitStatus::findings;
    }
  }
  if (program.json) return print(Json{{"verified", all}}.dump(2) + "\n");
  if (text.empty()) text = fmt::format("There are no copies in {}.\n", program.settings().backup_directory.string());
  print(text);
}

}  // namespace

void add_backups_verify(CLI::App& backups, Program& program) {
  CLI::App* command = add_command(backups, "verify", "backups", "Read copies again and compare their checksums");
  const auto options = std::make_shared<Options>();
  add_copies_arguments(*command, options->of, false);
  command->add_option("--at", options->at, "Which copy: its id, a moment or day (the newest until then), latest, or all")
      ->capture_default_str()->type_name("COPY");
  command->add_option("--read-data-subset", options->subset, "Only the nth of m parts of the files")->type_name("N/M");
  command->callback([&program, options] { verify(program, *options); });
}

}  // namespace maintain
