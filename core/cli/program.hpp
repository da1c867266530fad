// What all commands share: the global options, and the settings, inventory, plugins and store they lead to.
// Everything is read when first asked for, so that `maintain plugins list` needs no inventory.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/inventory.hpp"
#include "config/settings.hpp"
#include "model/server.hpp"
#include "plugin/catalog.hpp"
#include "report/exit_status.hpp"
#include "store/state_store.hpp"

namespace maintain {

class Program {
 public:
  // Global options, set by CLI11.
  std::optional<std::string> config_directory;
  bool json = false;
  bool debug = false;
  // Set by `maintain legacy`: where the earlier bot's command line wants backups.
  std::optional<std::filesystem::path> backup_directory;

  // What main() returns; commands set it.
  ExitStatus exit_status = ExitStatus::well;
  // SIGINT or SIGTERM came. Then nothing is well, nor is a server that did not answer the only trouble.
  bool interrupted = false;
  ExitStatus settled(ExitStatus status) const;

  // Throw Fatal(usage) with the file and line that is wrong.
  const Settings& settings();
  const Inventory& inventory();
  const Catalog& catalog();

  // Opened for writing (creating it) or for looking. Fatal when it cannot be.
  std::unique_ptr<StateStore> writable_store();
  // nullptr when there is none yet: nothing has ever run.
  std::unique_ptr<StateStore> readable_store();

  // Fatal when root is about to make directories in the state directory of another user: the packaged `maintain`, whom
  // cron runs as, could not use them. (The store refuses by itself to be written by anybody else than its owner.)
  void refuse_state_of_another();

  // Servers by name or @group, in the inventory's order; all enabled ones when `names` is empty. Fatal for a name
  // that is not there.
  std::vector<Server> select_servers(const std::vector<std::string>& names);

  const Clock& clock() const { return clock_; }
  bool standard_output_is_terminal() const;
  bool standard_error_is_terminal() const;
  int table_width() const;  // columns of the terminal that standard output is; 0 when it is none
  bool colours() const;  // on a terminal, unless NO_COLOR is set (https://no-color.org)
  bool utf8_locale() const;  // by the environment, as locale(7) has it

 private:
  std::optional<Settings> settings_;
  std::optional<Inventory> inventory_;
  std::optional<Catalog> catalog_;
  SystemClock clock_;
};

// The value, or Fatal with the error.
[[noreturn]] inline void fatal(const Error& error) { throw Fatal(static_cast<int>(exit_status(error)), error); }
template <class T>
T value_or_fatal(Result<T> result) {
  if (!result) fatal(result.error());
  return std::move(*result);
}
inline void ok_or_fatal(const Result<void>& result) {
  if (!result) fatal(result.error());
}

// To standard output, flushed. Fatal when it cannot be written: a digest that nobody got must not count as told.
void print(const std::string& text);

}  // namespace maintain
