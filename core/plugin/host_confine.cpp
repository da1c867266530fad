#include "plugin/host_confine.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::uint64_t most_paths = 1000;  // all of them are words of a command line
constexpr Milliseconds check_limit = std::chrono::seconds(30);

tl::unexpected<HostFailure> unsupported(Error error) {
  return tl::make_unexpected(HostFailure{MAINTAIN_UNSUPPORTED, Error{ErrorKind::refused, error.describe(), {}, {}}});
}

HostResult check(const Host& host, const std::string& program) {
  if (program.empty())
    return unsupported({ErrorKind::not_found, "maintain-confine is not installed beside maintain-worker",
                        "install maintain completely"});
  LocalCommand command{.argv = {program, "--check"}};
  command.directory = host.call().directory;
  command.timeout = host.time_for(check_limit);
  command.cancelled = [&host] { return host.cancelled(); };
  const auto ended = run_local(command);
  if (!ended && (ended.error().kind == ErrorKind::cancelled || ended.error().kind == ErrorKind::timed_out))
    return host_fail(ended.error());
  if (!ended) return unsupported(ended.error());
  if (ended->ok()) return {};
  const std::string said = ended->error_output;
  const auto line_end = said.find('\n');
  const std::string hint = line_end == std::string::npos ? "" : said.substr(line_end + 1);
  if (line_end == 0 || line_end == std::string::npos)
    return unsupported({ErrorKind::refused, "maintain-confine failed with " + ended->describe(), {}, {}});
  return unsupported({ErrorKind::refused, printable(said.substr(0, line_end)),
                      printable(hint.substr(0, hint.find('\n'))), {}});
}

HostResult add(std::vector<std::string>& words, const char* option, std::uint64_t count, const maintain_text* paths) {
  if (count > most_paths || (count > 0 && paths == nullptr))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a confinement counts paths that are not there, or too many");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string path = to_string(paths[i]);
    if (path.empty() || path[0] != '/' || path.find('\0') != std::string::npos)
      return host_fail(MAINTAIN_INVALID_ARGUMENT, "a confinement's paths must be absolute");
    words.insert(words.end(), {option, path});
  }
  return {};
}

}  // namespace

HostWords confined_words(const Host& host, const std::vector<std::string>& argv, const maintain_confinement* raw) {
  // A flag of later times would ask for something that is not done here.
  if (raw == nullptr || !MAINTAIN_HAS(raw, writable) || raw->flags != 0)
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a confinement has a wrong struct_size, or flags");
  const std::string& program = host.call().confine_program;
  std::vector<std::string> words = {program};
  if (auto added = add(words, "--read", raw->readable_count, raw->readable); !added)
    return tl::make_unexpected(added.error());
  if (auto added = add(words, "--write", raw->writable_count, raw->writable); !added)
    return tl::make_unexpected(added.error());
  words.emplace_back("--");
  words.insert(words.end(), argv.begin(), argv.end());
  if (auto good = check(host, program); !good) return tl::make_unexpected(good.error());
  return words;
}

}  // namespace maintain
