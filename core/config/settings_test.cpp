#include "config/settings_file.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <map>

#include "base/fd.hpp"
#include "config/scratch_directory.hpp"

using namespace maintain;
using namespace maintain::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Machine {
  Platform platform;
  std::map<std::string, std::string> environment;

  explicit Machine(bool system_user, std::map<std::string, std::string> variables = {})
      : environment(std::move(variables)) {
    platform.system_user = system_user;
    platform.home = "/home/ann";
    platform.environment = [this](const char* name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
  }
  Machine(const Machine&) = delete;

  Settings read(std::string_view text) {
    const auto settings = parse_settings(platform, "/etc/maintain", "/etc/maintain/maintain.yml", text);
    INFO((settings ? "" : settings.error().describe()));
    REQUIRE(settings);
    return *settings;
  }
  std::string refused(std::string_view text) {
    const auto settings = parse_settings(platform, "/etc/maintain", "/etc/maintain/maintain.yml", text);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().kind == ErrorKind::configuration);
    return settings.error().describe();
  }
};

}  // namespace

TEST_CASE("a system user has the directories of a service") {
  Machine machine(true);
  const Settings settings = machine.read("");
  CHECK(settings.config_directory == "/etc/maintain");
  CHECK(settings.state_directory == "/var/lib/maintain");
  CHECK(settings.backup_directory == "/var/lib/maintain/backups");
  CHECK(settings.run_directory == "/var/lib/maintain/run");  // needs nothing of root, survives a reboot
  CHECK(settings.known_hosts_files ==
        std::vector<std::string>{"/etc/maintain/known_hosts", "/home/ann/.ssh/known_hosts",
                                 "/etc/ssh/ssh_known_hosts"});
  CHECK(settings.forks == 16);
  CHECK(settings.plugin_directories.size() == 1);
  CHECK(settings.worker_command.empty());
}

TEST_CASE("a user has the XDG directories") {
  Machine plain(false);
  Settings settings = plain.read("");
  CHECK(settings.state_directory == "/home/ann/.local/state/maintain");
  CHECK(settings.backup_directory == "/home/ann/.local/state/maintain/backups");
  CHECK(settings.run_directory == "/home/ann/.local/state/maintain/run");

  Machine set(false, {{"XDG_STATE_HOME", "/data/state"}, {"XDG_RUNTIME_DIR", "/run/user/1000"}});
  settings = set.read("");
  CHECK(settings.state_directory == "/data/state/maintain");
  CHECK(settings.run_directory == "/run/user/1000/maintain");

  Machine relative(false, {{"XDG_STATE_HOME", "state"}});
  CHECK(relative.read("").state_directory == "/home/ann/.local/state/maintain");
}

TEST_CASE("the configuration directory: option, environment, working directory, platform") {
  const ScratchDirectory here;
  Machine user(false), system(true);
  CHECK(find_config_directory(user.platform, {}, here.path) == "/home/ann/.config/maintain");
  CHECK(find_config_directory(system.platform, {}, here.path) == "/etc/maintain");
  user.environment["XDG_CONFIG_HOME"] = "/data/config";
  CHECK(find_config_directory(user.platform, {}, here.path) == "/data/config/maintain");

  REQUIRE(write_file_atomically(here.path / "servers.yml", "servers: []\n"));
  CHECK(find_config_directory(user.platform, {}, here.path) == here.path);
  user.environment["MAINTAIN_CONFIG_DIR"] = "/srv/maintain";
  CHECK(find_config_directory(user.platform, {}, here.path) == "/srv/maintain");
  CHECK(find_config_directory(user.platform, "conf", here.path) == here.path / "conf");
  CHECK(find_config_directory(user.platform, "/conf", here.path) == "/conf");
}

TEST_CASE("every setting can be set") {
  Machine machine(true);
  const Settings settings = machine.read(R"(
paths:
  state: /data/maintain
  run: ~/run
  inventory: ../ansible/hosts
  plugins: [/opt/plugins, mine]
ssh:
  identity_files: [~/.ssh/maintain, keys/second]
  known_hosts_files: []
  connect_timeout: 5s
  handshake_timeout: 6s
  authentication_timeout: 1m
  keepalive: 0s
run:
  forks: 64
  config_cache: 1h30m
  worker: [/usr/lib/maintain/maintain-worker, --debug]
report:
  reminder: 7d
backups:
  min_free: 20GiB
  snapshots: links
  keep: {daily: 14, within: 2d}
history:
  keep_successes: 2w
  keep_failures: 100d
  output_limit: 512 KiB
)");
  CHECK(settings.state_directory == "/data/maintain");
  CHECK(settings.backup_directory == "/data/maintain/backups");  // follows the state
  CHECK(settings.run_directory == "/home/ann/run");
  CHECK(settings.inventory == "/etc/maintain/../ansible/hosts");
  CHECK(settings.plugin_directories ==
        std::vector<fs::path>{"/opt/plugins", "/etc/maintain/mine", machine.read("").plugin_directories.at(0)});
  CHECK(settings.identity_files == std::vector<std::string>{"/home/ann/.ssh/maintain", "/etc/maintain/keys/second"});
  CHECK(settings.known_hosts_files == std::vector<std::string>{"/etc/maintain/known_hosts"});
  CHECK(settings.connect_timeout == 5s);
  CHECK(settings.handshake_timeout == 6s);
  CHECK(settings.authentication_timeout == 60s);
  CHECK(settings.keepalive == 0s);
  CHECK(settings.forks == 64);
  CHECK(settings.config_cache == 90min);
  CHECK(settings.worker_command == std::vector<std::string>{"/usr/lib/maintain/maintain-worker", "--debug"});
  CHECK(settings.reminder == 24h * 7);
  CHECK(settings.keep_successes == 24h * 14);
  CHECK(settings.keep_failures == 24h * 100);
  CHECK(settings.output_limit == 512 * 1024);
  CHECK(settings.min_free == std::uint64_t{20} << 30);
  CHECK(settings.snapshots == "links");
  CHECK(machine.read("").snapshots == "auto");
  CHECK(machine.read("backups: {snapshots: zfs}").snapshots == "zfs");
  CHECK(settings.keep_copies == R"({"daily":14,"within":"2d"})");
  CHECK(machine.read("").min_free == std::uint64_t{1} << 30);
  CHECK(machine.read("backups: {min_free: '0'}").min_free == 0);
  CHECK(machine.read("backups: {min_free: 512 MiB}").min_free == std::uint64_t{512} << 20);
  CHECK(machine.read("history: {output_limit: 2MiB}").output_limit == 2 * 1024 * 1024);
  CHECK(machine.read("paths: {backups: /backup}").backup_directory == "/backup");
  CHECK(machine.read("paths: {state: /data}").run_directory == "/data/run");
}

TEST_CASE("the plugins installed with the program are found wherever both were put") {
  const ScratchDirectory prefix;
  fs::create_directories(prefix.path / "bin");
  Machine machine(true);
  machine.platform.program_directory = prefix.path / "bin";
  const fs::path built_for = machine.read("").plugin_directories.at(0);
  const fs::path beside = (prefix.path / "bin" / MAINTAIN_PLUGINS_FROM_PROGRAM).lexically_normal();
  CHECK(built_for != beside);
  fs::create_directories(beside);
  CHECK(machine.read("").plugin_directories == std::vector<fs::path>{beside});
}

TEST_CASE("a section may be empty") {
  Machine machine(true);
  CHECK(machine.read("paths:\nrun:\n  forks: 2\n").forks == 2);
}

TEST_CASE("the environment's plugin path is all there is") {
  Machine machine(true, {{"MAINTAIN_PLUGIN_PATH", "/build/plugins::/other"}});
  CHECK(machine.read("paths: {plugins: [/opt/plugins]}").plugin_directories ==
        std::vector<fs::path>{"/build/plugins", "/other"});
}

TEST_CASE("mistakes are told with their place, all at once") {
  Machine machine(true);
  CHECK(machine.refused("run:\n  fork: 3\n") ==
        "/etc/maintain/maintain.yml:2:3: unknown key 'run.fork' (did you mean 'forks'?)");
  CHECK_THAT(machine.refused("run:\n  forks: many\n"),
             Catch::StartsWith("/etc/maintain/maintain.yml:2:10: 'run.forks' must be a whole number"));
  CHECK_THAT(machine.refused("run: {forks: 0}"), Catch::Contains("at least 1"));
  CHECK_THAT(machine.refused("run: {forks: 257}"), Catch::Contains("at most 256"));
  CHECK_THAT(machine.refused("report: {reminder: 24}"), Catch::Contains("must be a duration"));
  CHECK_THAT(machine.refused("history: {output_limit: 3}"), Catch::Contains("output_limit"));
  CHECK_THAT(machine.refused("backups: {min_free: 3 bananas}"), Catch::Contains("min_free"));
  CHECK_THAT(machine.refused("backups: {snapshots: xfs}"), Catch::Contains("snapshots"));
  CHECK_THAT(machine.refused("backups: {keep: {}}"), Catch::Contains("keep"));
  CHECK(machine.refused("backups:\n  keep: {dayly: 7, last: 1}\n") ==
        "/etc/maintain/maintain.yml:2:10: unknown key 'backups.keep.dayly' (did you mean 'daily'?)");
  CHECK_THAT(machine.refused("ssh:\n  keepalive: 0s\n  handshake_timeout: 0s\n"),
             Catch::StartsWith("/etc/maintain/maintain.yml:3:22: 'ssh.handshake_timeout' must be longer than nothing"));
  CHECK_THAT(machine.refused("run: {forks: 2}\nrun: {forks: 3}\n"), Catch::Contains("'run' is repeated"));
  CHECK_THAT(machine.refused("[1, 2]"), Catch::Contains("not a list"));
  CHECK_THAT(machine.refused("run: {forks"), Catch::StartsWith("/etc/maintain/maintain.yml:"));
  const std::string both = machine.refused("run: {forks: 0}\nreports: {}\n");
  CHECK_THAT(both, Catch::Contains(":1:14: ") && Catch::Contains("\n/etc/maintain/maintain.yml:2:1: "));
}

TEST_CASE("settings are read from a directory") {
  const ScratchDirectory directory;
  const auto without = read_settings(directory.path);
  REQUIRE(without);
  CHECK(without->inventory.empty());

  REQUIRE(write_file_atomically(directory.path / "maintain.yml", "run: {forks: 3}\n"));
  REQUIRE(write_file_atomically(directory.path / "inventory", "[web]\n"));
  const auto with = read_settings(directory.path);
  REQUIRE(with);
  CHECK(with->forks == 3);
  CHECK(with->inventory == directory.path / "inventory");

  REQUIRE(write_file_atomically(directory.path / "maintain.yml", std::string(300 * 1024, '#')));
  CHECK_FALSE(read_settings(directory.path));
}

TEST_CASE("a size that is none is told with an example, not with an expression") {
  Machine machine(true);
  CHECK_THAT(machine.refused("history: {output_limit: 3 bananas}"),
             Catch::Contains("must be like 1MiB, not '3 bananas'"));
}

TEST_CASE("a file of ours that cannot be read is a matter of the configuration") {
  const ScratchDirectory scratch;
  fs::create_directory(scratch.path / "maintain.yml");
  const auto settings = read_settings(scratch.path);
  REQUIRE_FALSE(settings);
  CHECK(settings.error().kind == ErrorKind::configuration);
}

TEST_CASE("settings: what plugins may ask over HTTP, and what is asked in its place") {
  Machine machine(true);
  const Settings settings = machine.read("http:\n  allow: ['https://index.example.org/']\n"
                                         "  instead: {'https://pypi.org/': 'http://127.0.0.1:3141/root/pypi/'}\n");
  CHECK(settings.http_allow == std::vector<std::string>{"https://index.example.org/"});
  CHECK(settings.http_instead ==
        std::map<std::string, std::string>{{"https://pypi.org/", "http://127.0.0.1:3141/root/pypi/"}});
  CHECK_THAT(machine.refused("http: {allow: ['https://index.example.org']}"), Catch::Contains("https://index.example.org"));
  CHECK_THAT(machine.refused("http: {instead: {'https://a/': 'b'}}"), Catch::Contains("'b'"));
  CHECK_THAT(machine.refused("http: {instead: {'https://a': 'https://b/'}}"),
             Catch::Contains("'https://a' in 'http.instead'") && Catch::Contains("a slash at its end"));
}

TEST_CASE("settings: a second place for copies") {
  Machine machine(true);
  CHECK_FALSE(machine.read("backups: {min_free: 1GiB}").second);
  const auto second = machine.read("backups:\n  second: {repository: 'rest:https://backup.example.org/', "
                                   "password_file: key, max_age: 3d, keep: {daily: 30}}\n").second;
  REQUIRE(second);
  CHECK(second->repository == "rest:https://backup.example.org/");
  CHECK(second->password_file == "/etc/maintain/key");
  CHECK(second->max_age == 72h);
  CHECK(second->keep == R"({"daily":30})");
  CHECK(machine.read("backups: {second: {environment_file: ~/env}}").second->max_age == 48h);
  CHECK(machine.read("backups: {second: {repository: copies/restic, password_file: key}}").second->repository ==
        "/etc/maintain/copies/restic");

  CHECK_THAT(machine.refused("backups: {second: {repository: /srv/repo}}"), Catch::Contains("lacks 'password_file'"));
  CHECK_THAT(machine.refused("backups: {second: {}}"), Catch::Contains("lacks 'repository'"));
  CHECK_THAT(machine.refused("backups: {second: {repository: 'rest:https://me:secret@host/', password_file: x}}"),
             Catch::Contains("holds a password") && !Catch::Contains("secret"));
  CHECK_THAT(machine.refused("backups: {second: {environment_file: x, max_age: 0s}}"),
             Catch::Contains("longer than nothing"));
  CHECK_THAT(machine.refused("backups: {second: {environment_file: x, keep: {dayly: 1}}}"), Catch::Contains("dayly"));
}

TEST_CASE("settings: a policy that keeps nothing is refused where it stands") {
  Machine machine(true);
  for (const char* keep : {"{daily: 0}", "{daily: 0, weekly: 0, within: 0d0h}"}) {
    CHECK_THAT(machine.refused("backups:\n  keep: " + std::string(keep)),
               Catch::Contains("maintain.yml:2:9: 'backups.keep' would keep nothing at all"));
    CHECK_THAT(machine.refused("backups:\n  second:\n    environment_file: x\n    keep: " + std::string(keep)),
               Catch::Contains("maintain.yml:4:11: 'backups.second.keep' would keep nothing at all"));
  }
  for (const char* keep : {"{daily: 0, last: 1}", "{last: -1}", "{daily: 0, within: 10d}"}) {
    INFO(keep);
    CHECK_FALSE(machine.read("backups: {keep: " + std::string(keep) + "}").keep_copies.empty());
  }
}
