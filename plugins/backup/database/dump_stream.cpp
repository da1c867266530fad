#include "backup/database/dump_stream.hpp"

#include <algorithm>
#include <limits>

#include "common/program.hpp"

namespace maintain::plugins::backup {
namespace {

constexpr sdk::Milliseconds longest_silence = std::chrono::minutes(10);
constexpr std::uint64_t told_every = 16 * 1024 * 1024;

// The end of what a program complains about; the server could send any amount.
class LastBytes {
 public:
  void add(std::string_view bytes) {
    text_ += bytes.substr(bytes.size() - std::min(bytes.size(), most));
    if (text_.size() > 2 * most) text_.erase(0, text_.size() - most);
  }
  const std::string& text() const { return text_; }

 private:
  static constexpr std::size_t most = 16 * 1024;
  std::string text_;
};

}  // namespace

std::string program_name(const sdk::Command& command) {
  return command.script.empty() ? std::string(base_name(command.argv.front())) : "the command";
}

StreamedDump stream_dump(sdk::Context& context, const DatabaseDump& dump) {
  DumpCheck check(dump.rule);
  LastBytes said;
  std::uint64_t told = 0;
  sdk::Command command = dump.command;
  command.bulk = true;
  command.idle_timeout = longest_silence;
  command.output_limit = std::numeric_limits<std::uint64_t>::max();  // the draft's bounds are those that count
  command.on_output = [&](std::string_view bytes) {
    context.write_file(bytes);
    check.add(bytes);
    if (dump.archive) dump.archive->add(bytes);
    if (check.bytes() - told < told_every) return;
    told = check.bytes();
    context.progress(told, 0, "bytes");
  };
  command.on_error_output = [&](std::string_view bytes) { said.add(bytes); };
  try {
    context.create_file(dump.file);
    const sdk::Completed ended = context.exec(command);
    const sdk::StoredFile stored = context.close_file();
    StreamedDump streamed{.said = said.text(), .bytes = stored.bytes, .sha256 = stored.sha256};
    const auto problem = check.problem();
    if (!ended.ok()) streamed.problem = program_name(command) + " ended with " + how_it_ended(ended);
    else if (ended.truncated) streamed.problem = "its output was cut off";
    else if (stored.bytes != check.bytes()) streamed.problem = "not all of it was stored";
    else if (problem) streamed.problem = program_name(command) + " succeeded, but " + *problem;
    return streamed;
  } catch (const sdk::Failure& failure) {
    const std::string more = said.text().empty() ? "" : " (" + last_said(said.text(), 1) + ")";
    throw sdk::Failure(failure.status(), dump.title + " was cut off: " + failure.what() + more);
  }
}

}  // namespace maintain::plugins::backup
