#include <memory>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "run/run_lock.hpp"
#include "store/import_legacy.hpp"

namespace maintain {
namespace {

constexpr std::size_t largest_status = 16 * 1024 * 1024;

void import(Program& program, const std::string& file) {
  const Time now = program.clock().now();
  const std::string text = value_or_fatal(read_file(file, largest_status));
  const LegacyStatus status = value_or_fatal(parse_legacy_status(file, text, now));
  const auto store = program.writable_store();
  const RunLock lock = value_or_fatal(take_run_lock(program.settings().state_directory, now));
  ok_or_fatal(store->save_legacy_marks(status.marks));
  for (const Error& warning : status.warnings)
    std::fprintf(stderr, "maintain: %s\n", printable(warning.describe()).c_str());
  if (program.json)
    print(fmt::format("{{\"imported\": {}, \"passed_over\": {}}}\n", status.marks.size(), status.warnings.size()));
  else
    print(fmt::format("{}: {} taken over; each counts once its server's configuration has been read\n", file,
                      count_of(status.marks.size(), "time")));
}

}  // namespace

void add_import_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "import", "import");
  const auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "maintenance-status.json of the earlier bot")->required()->type_name("FILE");
  command->callback([&program, file] { import(program, *file); });
}

}  // namespace maintain
