// The project's own command: what it prints is the dump.
#include "backup/database/database_engine.hpp"

namespace maintain::plugins::backup {
namespace {

// $1 is the project's text. Where there is a bash, a pipe fails with any of its commands: `dump | gzip` must not end
// well because gzip did.
constexpr const char* with_pipefail =
    "command -v bash >/dev/null && exec bash -o pipefail -c \"$1\"; exec /bin/sh -c \"$1\"";

class CommandEngine final : public DatabaseEngine {
 public:
  explicit CommandEngine(DatabaseOptions options) : options_(std::move(options)) {}

  std::string title() const override { return "the output of " + shown(); }
  std::string format() const override { return "as the command prints it"; }

  Survey survey(sdk::Context&, bool) override { return {.databases = {{.name = "dump"}}}; }

  std::vector<DatabaseDump> dumps(const Survey&) const override {
    // Not marked as reading only: what it does besides is its own.
    return {{.database = "dump",
             .title = "the command's dump",
             .file = "dump",
             .command = {.argv = options_.script.empty() ? options_.argv : std::vector<std::string>{options_.script},
                         .script = options_.script.empty() ? "" : with_pipefail,
                         .become_user = options_.user,
                         .quiet = true},
             .rule = {.end_text = options_.trailer, .may_be_empty = options_.allow_empty}}};
  }

  DumpProof prove(sdk::Context&, const DatabaseDump&, const std::string&) override {
    if (options_.trailer.empty()) return {.how = "exit status"};
    return {.how = "exit status, trailer", .detail = options_.trailer};
  }

 private:
  // As a person would type it, as far as a line goes.
  std::string shown() const {
    constexpr std::size_t most = 100;
    std::string text = options_.script.substr(0, options_.script.find('\n'));
    for (const std::string& word : options_.argv) text += (text.empty() ? "" : " ") + word;
    return text.size() <= most ? text : text.substr(0, most) + " ...";
  }

  DatabaseOptions options_;
};

}  // namespace

std::unique_ptr<DatabaseEngine> make_command_engine(const DatabaseOptions& options) {
  return std::make_unique<CommandEngine>(options);
}

}  // namespace maintain::plugins::backup
