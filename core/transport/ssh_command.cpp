#include "transport/ssh_command.hpp"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "transport/identities.hpp"
#include "transport/jump_host.hpp"
#include "transport/known_hosts.hpp"
#include "transport/quoting.hpp"

namespace maintain {
namespace {

std::string seconds(Milliseconds span) {
  return std::to_string(std::max<Seconds::rep>(1, std::chrono::ceil<Seconds>(span).count()));
}

bool has_aes_instructions() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") != 0;
#elif defined(__aarch64__)
  return (getauxval(AT_HWCAP) & HWCAP_AES) != 0;
#else
  return false;
#endif
}

bool fits(const std::string& word, std::string_view further) {
  const auto good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           further.find(c) != std::string_view::npos;
  };
  return !word.empty() && word[0] != '-' && std::all_of(word.begin(), word.end(), good);
}

// AES-GCM is two to three times as fast as ssh's first choice where the processor helps, and slower where not.
constexpr const char* fast_ciphers =
    "-oCiphers=aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,"
    "aes256-ctr";

struct Meaning {
  std::string_view text;
  ErrorKind kind;
  std::string_view summary;
};

// In the order in which they are looked for: what is more to the point comes first.
constexpr std::array meanings{
    Meaning{"REMOTE HOST IDENTIFICATION HAS CHANGED", ErrorKind::host_key, "the host key has changed"},
    Meaning{"is marked as revoked", ErrorKind::host_key, "the host key is marked as revoked"},
    Meaning{"revoked by file", ErrorKind::host_key, "the host key is marked as revoked"},
    Meaning{"host key is known for", ErrorKind::host_key, "the host key is not known"},
    Meaning{"Host key verification failed", ErrorKind::host_key, "the host key could not be verified"},
    Meaning{"no matching host key type found", ErrorKind::host_key, "no common type of host key"},
    Meaning{"Too many authentication failures", ErrorKind::authentication, "the server refused our keys"},
    Meaning{"Permission denied", ErrorKind::authentication, "the server refused our keys"},
    Meaning{"Bad configuration option", ErrorKind::configuration, "ssh does not accept its options"},
    Meaning{"Bad owner or permissions on", ErrorKind::configuration, "ssh does not accept its configuration"},
    Meaning{"Could not resolve hostname", ErrorKind::unreachable, "the name cannot be looked up"},
};

// "ED25519 SHA256:..." from: The fingerprint for the ED25519 key sent by the remote host is\nSHA256:....
std::string changed_fingerprint(std::string_view text) {
  constexpr std::string_view before = "The fingerprint for the ";
  const std::size_t at = text.find(before), print = text.find("\nSHA256:", at);
  if (at == std::string_view::npos || print == std::string_view::npos) return {};
  const std::string_view type = text.substr(at + before.size()).substr(0, text.substr(at + before.size()).find(' '));
  std::string_view value = text.substr(print + 1).substr(0, text.substr(print + 1).find_first_of("\r\n"));
  if (value.ends_with('.')) value.remove_suffix(1);
  return fmt::format("{} {}", printable(type), printable(value));
}

// From: Offending ED25519 key in /etc/maintain/known_hosts:12
std::optional<Position> offending_line(std::string_view text) {
  constexpr std::string_view before = " key in ";
  const std::size_t at = text.find(before, std::min(text.find("Offending "), text.size()));
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view place = text.substr(at + before.size())
      .substr(0, text.substr(at + before.size()).find_first_of("\r\n"));
  const std::size_t colon = place.rfind(':');
  Position position{std::string(place.substr(0, colon)), 0, 0};
  if (colon != std::string_view::npos)
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), position.line);
  return position;
}

// What holds for every ssh that we start, for the server or on the way to it.
std::vector<std::string> policy_words(const Server& server, const TransportSettings& settings) {
  std::string known_hosts;
  for (const std::string& file : settings.known_hosts_files) {
    if (!known_hosts.empty()) known_hosts += ' ';
    known_hosts += ssh_file_value(file);
  }
  std::vector<std::string> words = {"ssh",
                                    "-oBatchMode=yes",
                                    "-oStrictHostKeyChecking=yes",
                                    "-oUserKnownHostsFile=" + (known_hosts.empty() ? "none" : known_hosts),
                                    "-oGlobalKnownHostsFile=/dev/null",
                                    "-oUpdateHostKeys=no",
                                    "-oConnectTimeout=" + seconds(settings.connect_timeout),
                                    "-oForwardAgent=no",
                                    "-oForwardX11=no",
                                    "-oClearAllForwardings=yes",
                                    "-oPermitLocalCommand=no",
                                    "-oRequestTTY=no"};
  if (settings.keepalive.count() > 0) {
    words.push_back("-oServerAliveInterval=" + seconds(settings.keepalive));
    words.push_back("-oServerAliveCountMax=3");
  }
  if (!settings.use_agent) words.push_back("-oIdentityAgent=none");
  const std::vector<std::string>& identities = named_identity_files(server, settings);
  if (!identities.empty()) words.push_back("-oIdentitiesOnly=yes");
  for (const std::string& file : identities) words.push_back("-oIdentityFile=" + ssh_file_value(file));
  return words;
}

// Both ssh and its shell read this: % begins a token of the first.
std::string proxy_command(const JumpHost& jump, std::vector<std::string> words) {
  if (jump.port != 0) words.push_back("-oPort=" + std::to_string(jump.port));
  if (!jump.user.empty()) words.push_back("-oUser=" + jump.user);
  std::string command;
  for (const char c : quote_words(words)) command += c == '%' ? "%%" : std::string(1, c);
  return command + " -W '[%h]:%p' " + quote_word(jump.host);
}

}  // namespace

std::string ssh_file_value(const std::string& path) {
  std::string value;
  for (const char c : path) value += c == '%' ? "%%" : std::string(1, c);
  return value.find(' ') == std::string::npos ? value : '"' + value + '"';
}

std::string name_of(const Server& server) {
  const std::string at = fmt::format("{}:{}", server.host(), server.port);
  return server.host() == server.name && server.port == 22 ? server.name : fmt::format("{} ({})", server.name, at);
}

Result<void> check_destination(const Server& server) {
  const auto wrong = [&](const std::string& what, const std::string& value) {
    return fail(Error{ErrorKind::configuration, fmt::format("{}: '{}' is not {}", server.name, printable(value), what),
                      {}, server.where});
  };
  if (!fits(server.host(), "._:%-")) return wrong("an address", server.host());
  if (!server.user.empty() && !fits(server.user, "._@$\\+-")) return wrong("a user name", server.user);
  return {};
}

std::vector<std::string> ssh_words(const Server& server, const TransportSettings& settings) {
  std::vector<std::string> words = policy_words(server, settings);
  std::vector<std::string> options = server.ssh_options;
  if (const auto jump = take_jump_host(options))
    words.push_back("-oProxyCommand=" + proxy_command(*jump, policy_words(server, settings)));
  if (server.port != 22) words.push_back("-oPort=" + std::to_string(server.port));
  if (!server.user.empty()) words.push_back("-oUser=" + server.user);
  words.insert(words.end(), options.begin(), options.end());
  if (settings.bulk && has_aes_instructions()) words.push_back(fast_ciphers);  // unless the options name others
  return words;
}

Result<std::vector<std::string>> bulk_shell(const Server& server, const TransportSettings& settings,
                                            bool with_destination) {
  if (auto checked = check_destination(server); !checked) return fail(checked.error());
  TransportSettings bulk = settings;
  bulk.bulk = true;
  std::vector<std::string> words = ssh_words(server, bulk);
  const std::vector<std::string> further = {"-oControlMaster=no", "-oControlPath=none", "-oLogLevel=ERROR"};
  words.insert(words.begin() + 1, further.begin(), further.end());
  if (with_destination) words.push_back(server.host());
  return words;
}

Error explain_ssh_failure(const Server& server, std::string_view error_output) {
  std::string detail = shorten(printable(trim(error_output)), 500);
  const auto says = [&](std::string_view text) { return error_output.find(text) != std::string_view::npos; };
  Error error{ErrorKind::unreachable, {}, {}, {}};
  std::string summary = "ssh could not connect";
  for (const Meaning& meaning : meanings) {
    if (!says(meaning.text)) continue;
    error.kind = meaning.kind;
    summary = meaning.summary;
    break;
  }
  // The warning about a changed key is a screenful; the fingerprint and the line are what matters of it.
  if (const std::string offered = changed_fingerprint(error_output); !offered.empty()) {
    detail = "offered is " + offered;
    error.where = offending_line(error_output);
  }
  error.message = fmt::format("{}: {}{}{}", name_of(server), summary, detail.empty() ? "" : ": ", detail);
  if (error.kind == ErrorKind::host_key)
    error.hint = fmt::format("compare with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub on the server's console, then: "
                             "maintain trust {}{}", server.name, error.where ? " --replace" : "");
  std::vector<std::string> options = server.ssh_options;
  const auto jump = take_jump_host(options);
  const auto unknown = [&] {
    return says("host key is known for " + known_hosts_name(jump->host, jump->port == 0 ? 22 : jump->port));
  };
  if (jump && error.kind == ErrorKind::host_key && unknown())
    error.hint = fmt::format("this is the jump host: store its key first, with maintain trust if it is a server in the "
                             "inventory, or with ssh-keyscan {}", jump->host);
  if (error.kind == ErrorKind::authentication)
    error.hint = "add our public key to ~/.ssh/authorized_keys of that user on the server";
  return error;
}

}  // namespace maintain
