// What runs on a server at one moment, and what is no longer as it was at a later one: "the update broke what ran".
// A snapshot is one read-only script and one round trip. It can be kept as JSON, because the moment after an
// upgrade or a reboot may lie in another run than the moment before.
//
// What could not be listed is unknown, never empty: compare() says so instead of reporting no difference.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace maintain::plugins {

// A systemd service, socket, timer, path or swap that is active, has failed or is on its way; inactive ones are
// left out, as are sessions, users' managers and transient units.
struct Unit {
  std::string name = {};
  std::string active = {};      // active, activating, deactivating, reloading, failed
  std::string sub = {};         // running, exited, auto-restart, ...
  std::string result = {};      // success, exit-code, timeout, ...
  bool on_demand = false;  // started by a socket, timer or the bus and pulled in by nothing: may stop by itself
  long long restarts = 0;  // automatic ones since it was last started
};

struct Container {
  std::string name = {};
  std::string engine = {};  // docker, podman
  std::string image = {};
  std::string status = {};  // the engine's words: "Up 3 hours (healthy)", "Exited (1) 2 minutes ago"
  bool running = false;
  bool unhealthy = false;
};

// A listening TCP port, or an open UDP port below the ephemeral range.
struct Listener {
  std::string protocol = {};  // tcp, udp
  std::string address = {};   // "127.0.0.1", "0.0.0.0", "*", "[::1]", "127.0.0.53%lo"
  int port = 0;
  std::string process = {};   // may be unknown: empty
};

// A mounted file system that holds data (not proc, tmpfs, a container's layers or what an automounter brings).
struct Mount {
  std::string target = {};
  std::string source = {};
  std::string type = {};
};

// One kind of thing. problem is set when it could not be listed; absent means that the server has no such
// manager (no systemd, no container engine).
template <typename T>
struct Listed {
  bool absent = false;
  std::string problem = {};
  std::vector<T> items = {};
};

struct ServerSnapshot {
  Listed<Unit> units;
  Listed<Container> containers;
  Listed<Listener> listeners;
  Listed<Mount> mounts;
};

// POSIX sh; run it as root (names of processes, containers), read-only. Needs about a second.
std::string snapshot_script();

// Pure; accepts any bytes.
ServerSnapshot parse_snapshot(std::string_view output);

// What the next comparison needs, and no more; bounded.
nlohmann::json snapshot_to_json(const ServerSnapshot& snapshot);
// Pure; what does not have the expected shape is skipped, a missing kind is a problem.
ServerSnapshot snapshot_from_json(const nlohmann::json& document);

enum class ChangeKind {
  unit_failed,         // failed now and did not before
  unit_stopped,        // was active, is inactive or gone
  unit_restarting,     // systemd restarts it again and again
  container_stopped,   // was running, is not
  container_unhealthy,
  listener_closed,
  mount_missing,
  unreadable,          // one of the lists could not be had on one side
};

// The word for it in a finding's code: "service_broken", "container_stopped", ...
std::string_view to_string(ChangeKind kind);

struct Change {
  ChangeKind kind = ChangeKind::unreadable;
  std::string name = {};         // unit, container, "tcp 0.0.0.0:80", mount point; for unreadable: the kind of thing
  std::string what = {};         // "was active (running), is failed (exit-code)"
  bool settling = false;    // on its way up or down: look again before alarming
  bool severe = true;       // false: worth a warning only
};

// What is worse afterwards, worst first. What is new and well is not told.
std::vector<Change> compare(const ServerSnapshot& before, const ServerSnapshot& after);

// The last lines of a unit's journal: argv of a read-only command, to be run as root.
std::vector<std::string> journal_command(std::string_view unit, int lines = 12);

}  // namespace maintain::plugins
