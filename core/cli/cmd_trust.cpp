#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "run/transport_settings.hpp"
#include "transport/host_key_scan.hpp"
#include "transport/ssh_wire.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string server;
  std::vector<std::string> fingerprints;
  bool yes = false;
  bool replace = false;
};

// Only the keys that were told out of band, when they were; one that is told and not offered is an alarm.
std::vector<HostKey> expected_keys(const std::vector<HostKey>& offered, const Options& options) {
  if (options.fingerprints.empty()) return offered;
  std::vector<HostKey> expected;
  for (const std::string& fingerprint : options.fingerprints) {
    const std::string wanted = fingerprint.starts_with("SHA256:") ? fingerprint : "SHA256:" + fingerprint;
    const auto found = std::find_if(offered.begin(), offered.end(),
                                    [&](const HostKey& key) { return key.fingerprint == wanted; });
    if (found == offered.end())
      fatal({ErrorKind::host_key, fmt::format("{} offers no key with the fingerprint {}", options.server, fingerprint),
             "this may be another machine; on the server, ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows its "
             "own", {}});
    expected.push_back(*found);
  }
  return expected;
}

bool agreed(Program& program, const Options& options) {
  if (options.yes || !options.fingerprints.empty()) return true;
  if (::isatty(STDIN_FILENO) != 1 || program.json)
    fatal({ErrorKind::usage, "nothing was pinned: nobody is here to compare the fingerprints",
           "give the right one with --fingerprint, or --yes to believe what the server says", {}});
  std::fprintf(stderr, "Are these the server's own? On it, ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows "
                       "them. [yes/no] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes" || answer == "y";
}

// Before anybody compares fingerprints for nothing. /etc/maintain is root's, also where the `maintain` user runs us.
void refuse_unless_writable(const std::filesystem::path& file, const std::string& server) {
  const std::filesystem::path directory = file.parent_path();
  if (::access(directory.c_str(), F_OK) != 0 || ::access(directory.c_str(), W_OK) == 0) return;
  fatal({ErrorKind::refused, fmt::format("you may not write {}, where host keys are pinned", file.string()),
         fmt::format("do it as who owns {}: sudo maintain trust {}", directory.string(), server), {}});
}

void trust(Program& program, const Options& options) {
  const Settings& settings = program.settings();
  const std::vector<Server> servers = program.select_servers({options.server});
  const Server& server = servers.front();
  const std::string& file = settings.known_hosts_files.front();
  refuse_unless_writable(file, server.name);
  const auto offered = value_or_fatal(scan_host_keys(server, transport_settings(settings, settings.run_directory)));
  const auto keys = expected_keys(offered, options);
  if (!program.json) {
    std::string text = fmt::format("{} ({}:{}) offers:\n", server.name, server.host(), server.port);
    for (const HostKey& key : offered) text += fmt::format("  {} {}\n", key.fingerprint, printable(key.type));
    print(text);
  }
  // Another key that is pinned, or the same, is told before anybody is asked to compare fingerprints.
  const bool pinned = value_or_fatal(are_pinned(server, keys, settings.known_hosts_files, options.replace));
  if (!pinned && !agreed(program, options)) {
    program.exit_status = ExitStatus::findings;
    return print("Nothing was pinned.\n");
  }
  const TrustChange change = value_or_fatal(trust_host_keys(server, keys, settings.known_hosts_files, options.replace));
  if (program.json) {
    Json json{{"server", server.name}, {"file", file}, {"removed", change.removed}, {"added", Json::array()}};
    for (const HostKey& key : change.added)
      json["added"].push_back({{"type", key.type}, {"fingerprint", key.fingerprint}});
    json["left"] = Json::array();
    for (const KnownKey& key : change.left)
      json["left"].push_back({{"type", key.type}, {"fingerprint", fingerprint(key.blob)},
                              {"where", to_string(key.where)}});
    return print(json.dump(2) + "\n");
  }
  for (const KnownKey& key : change.left)
    print(fmt::format("Still trusted as well: {} {} in {}\n", fingerprint(key.blob), printable(key.type),
                      to_string(key.where)));
  if (change.added.empty() && change.removed == 0) return print(fmt::format("Already pinned in {}\n", file));
  const std::string removed = count_of(static_cast<std::size_t>(change.removed), "old one");
  print(fmt::format("Pinned {} in {}{}\n", count_of(change.added.size(), "key"), file,
                    change.removed > 0 ? ", in place of " + removed : ""));
}

}  // namespace

void add_trust_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "trust", "trust");
  const auto options = std::make_shared<Options>();
  command->add_option("server", options->server, "The server whose host keys are to be pinned")->required()
      ->type_name("SERVER");
  command->add_option("--fingerprint", options->fingerprints, "Pin only this key, without asking (repeatable)")
      ->type_name("SHA256:…");
  command->add_flag("--yes", options->yes, "Pin what the server offers, without asking");
  command->add_flag("--replace", options->replace, "Forget the keys that were pinned before");
  command->callback([&program, options] { trust(program, *options); });
}

}  // namespace maintain
