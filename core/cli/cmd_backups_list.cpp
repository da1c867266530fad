#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "cli/backups.hpp"
#include "cli/commands.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

std::string proof_of(const CopyManifest& copy) {
  if (!copy.damage.empty()) return shorten(copy.damage, 200);
  if (copy.state == CopyState::quarantined) return copy.reason;
  std::vector<std::string> proofs;
  for (const Verification& one : copy.verified) proofs.push_back(one.how);
  if (copy.accepted) proofs.push_back("accepted " + format_time(*copy.accepted));
  return shorten(printable(join(proofs, ", ")), 100);
}

void list(Program& program, const CopiesOf& of) {
  const Time now = program.clock().now();
  Json all = Json::array();
  TextTable table({"TASK", "COPY", "AGE", "STATE", "SIZE", "NEW", "FILES", "HOW VERIFIED"});
  for (const TaskKey& key : select_copies(program, of)) {
    const TaskCopies copies(program.settings().backup_directory, key);
    for (const CopyManifest& copy : value_or_fatal(copies.list())) {
      if (program.json) all.push_back(Json::parse(encode_manifest(copy)));
      const Seconds age = std::max(now - copy.started, Seconds::zero());
      table.add({to_string(key), copy.id, format_duration(age), to_string(copy.state), size_text(copy.bytes),
                 size_text(copy.new_bytes), std::to_string(copy.files), proof_of(copy)});
    }
  }
  if (program.json) return print(Json{{"copies", all}}.dump(2) + "\n");
  if (table.empty())
    return print(fmt::format("There are no copies in {}.\n", program.settings().backup_directory.string()));
  print(table.render());
}

}  // namespace

void add_backups_list(CLI::App& backups, Program& program) {
  CLI::App* command = add_command(backups, "list", "backups", "List copies, the newest of each task first");
  const auto of = std::make_shared<CopiesOf>();
  add_copies_arguments(*command, *of, false);
  command->callback([&program, of] { list(program, *of); });
}

}  // namespace maintain
