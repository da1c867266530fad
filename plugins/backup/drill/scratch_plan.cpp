#include "backup/drill/scratch_plan.hpp"

#include <charconv>

#include "common/shell_words.hpp"

namespace maintain::plugins::backup {
namespace {

// The working directory must be one that everybody can walk to: PostgreSQL changes back to it. Descriptor 9 is how
// programs reach their data, see Scratch::inside. No signal is caught: bash would put it off until the program that it
// waits for has ended; killed at once, it takes all of them along.
constexpr std::string_view prelude = R"(set -u -o pipefail
dir=$1
exec </dev/null 9<"$dir/data" || exit 125
cd / || exit 125
server=
stop() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
  [ -z "$server" ] || wait "$server" 2>/dev/null
}
failed() { stop; printf 'failed %d %d\n' "$1" "$2"; exit 0; }
)";

// The servers tell only those who ask whether they answer already: asked 600 times at most, and not once they have
// died. $1: the number of the step that waiting is reported as.
constexpr std::string_view await_server = R"(
answers=
for ((tries = 0; tries < 600; tries++)); do
  if timeout 5 "${box[@]}" %READY% >/dev/null 2>&1; then answers=1; break; fi
  kill -0 "$server" 2>/dev/null || break
  sleep 0.05
done
if [ -z "$answers" ]; then tail -c 2000 "$dir/log" >&2; failed %STEP% 0; fi
)";

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  if (const std::size_t at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
  return text;
}

std::string boxed(const ScratchProgram& program) {
  return (program.searches ? "\"${searching[@]}\" " : "\"${box[@]}\" ") + shell_words(program.argv);
}

std::string step_text(const ScratchStep& step, std::size_t number) {
  std::string text = boxed(step.program);
  const std::string file = step.input_file.empty() ? "" : " <" + shell_word(step.input_file);
  if (step.unzip) text = "gzip -dc" + file + " | " + text;
  else text += file;
  if (step.question)
    return text + " 2>&1 | head -c " + std::to_string(scratch_answer_limit) +
           " >\"$dir/answer\"; status=${PIPESTATUS[0]}\nprintf 'answer %d ' \"$status\"\n"
           "od -An -v -tx1 \"$dir/answer\" | tr -d ' \\n'; echo\n";
  // What a restore prints is of no use and may be much; what fails is kept short by failing.
  text += step.input_file.empty() ? " >&2" : " >/dev/null";
  if (step.may_fail) return text + " 2>/dev/null\n";
  return text + " || failed " + std::to_string(number) + " $?\n";
}

std::optional<std::string> from_hexadecimal(std::string_view text) {
  std::string bytes;
  for (; text.size() >= 2; text.remove_prefix(2)) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
    if (error != std::errc() || end != text.data() + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return text.empty() ? std::optional(bytes) : std::nullopt;
}

// "3 1" -> 3 and " 1"; nothing when it is no number.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return number;
}

std::string what_failed(const ScratchPlan& plan, std::size_t number, std::size_t status) {
  if (plan.server && number == plan.before.size())
    return "the scratch " + plan.server->name + " did not start";
  std::string what = "the drill";
  if (number < plan.before.size()) what = plan.before[number].what;
  else if (const std::size_t step = number - plan.before.size() - 1; step < plan.steps.size())
    what = plan.steps[step].what;
  return what + (status > 128 ? " was ended by signal " + std::to_string(status - 128)
                              : " failed with exit status " + std::to_string(status));
}

}  // namespace

std::string scratch_script(const ScratchPlan& plan, const ScratchBox& box) {
  std::string text(prelude);
  text += "box=(" + shell_words(box.words) + ")\nsearching=(" + shell_words(box.searching) + ")\n";
  std::size_t number = 0;
  for (const ScratchStep& step : plan.before) text += step_text(step, number++);
  if (plan.server) {
    text += boxed(plan.server->program) + " >\"$dir/log\" 2>&1 & server=$!";
    text += replaced(replaced(std::string(await_server), "%STEP%", std::to_string(number)), "%READY%",
                     shell_words(plan.server->ready.argv));
  }
  ++number;
  for (const ScratchStep& step : plan.steps) text += step_text(step, number++);
  return text + "stop\necho done\n";
}

ScratchReport parse_scratch_report(const ScratchPlan& plan, std::string_view output) {
  ScratchReport report;
  report.failed = "the drill's programs were ended from outside";
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    if (end == std::string_view::npos) break;  // cut off
    std::string_view line = output.substr(0, end);
    output.remove_prefix(end + 1);
    if (line == "done") {
      report.done = true;
      report.failed.clear();
    } else if (line.starts_with("answer ")) {
      line.remove_prefix(7);
      const auto status = take_number(line);
      const auto bytes = from_hexadecimal(line);
      if (status && bytes) report.answers.push_back({*status == 0, *bytes});
    } else if (line.starts_with("failed ")) {
      line.remove_prefix(7);
      const auto number = take_number(line);
      const auto status = take_number(line);
      if (number && status) report.failed = what_failed(plan, *number, *status);
    }
  }
  return report;
}

}  // namespace maintain::plugins::backup
