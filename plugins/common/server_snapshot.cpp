#include "common/server_snapshot.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "common/sections.hpp"

namespace maintain::plugins {
namespace {

// A hostile or broken server may list as much as it likes; nobody needs more than this.
constexpr std::size_t most_items = 4000;

using Properties = std::map<std::string_view, std::string_view>;

std::string_view property(const Properties& properties, std::string_view name) {
  const auto found = properties.find(name);
  return found == properties.end() ? std::string_view{} : found->second;
}

// Our own login makes user@0.service and its like come and go; a user's manager is no service of the server.
bool is_session_unit(std::string_view name) {
  return name.starts_with("user@") || name.starts_with("user-runtime-dir@") || name.starts_with("session-");
}

std::optional<Unit> unit_of(const Properties& properties) {
  const std::string_view name = property(properties, "Id");
  const std::string_view active = property(properties, "ActiveState");
  if (name.empty() || active.empty() || active == "inactive" || is_session_unit(name)) return std::nullopt;
  if (property(properties, "UnitFileState") == "transient") return std::nullopt;
  const bool pulled_in = !property(properties, "WantedBy").empty() || !property(properties, "RequiredBy").empty();
  const bool activated = !property(properties, "TriggeredBy").empty() || !property(properties, "BusName").empty();
  return Unit{.name = std::string(name),
              .active = std::string(active),
              .sub = std::string(property(properties, "SubState")),
              .result = std::string(property(properties, "Result")),
              .on_demand = activated && !pulled_in,
              .restarts = parse_number(property(properties, "NRestarts")).value_or(0)};
}

// `systemctl show`: blocks of NAME=VALUE with an empty line between them.
std::vector<Unit> parse_units(std::string_view body) {
  std::vector<Unit> units;
  Properties block;
  const auto close = [&] {
    if (auto unit = unit_of(block); unit && units.size() < most_items) units.push_back(std::move(*unit));
    block.clear();
  };
  for (const std::string_view line : split_lines(body)) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) block[line.substr(0, equals)] = line.substr(equals + 1);
    else if (line.empty()) close();
  }
  close();
  return units;
}

// NAME, IMAGE and STATUS, tab separated. Docker before 20.10 knows no State, so the words of Status decide.
std::vector<Container> parse_containers(std::string_view engine, std::string_view body) {
  std::vector<Container> containers;
  for (const std::string_view line : split_lines(body)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    if (second == std::string_view::npos || first == 0 || containers.size() == most_items) continue;
    const std::string_view status = line.substr(second + 1);
    containers.push_back({.name = std::string(line.substr(0, first)),
                          .engine = std::string(engine),
                          .image = std::string(line.substr(first + 1, second - first - 1)),
                          .status = std::string(status),
                          .running = status.starts_with("Up") && status.find("(Paused)") == std::string_view::npos,
                          .unhealthy = status.find("(unhealthy)") != std::string_view::npos});
  }
  return containers;
}

// A resolver or a time client opens another UDP port at every start.
bool counts(const Listener& listener) {
  constexpr int first_ephemeral = 32768;
  return listener.port > 0 && listener.port < 65536 &&
         (listener.protocol == "tcp" || (listener.protocol == "udp" && listener.port < first_ephemeral));
}

void add_listener(std::vector<Listener>& listeners, Listener listener) {
  if (!counts(listener) || listeners.size() == most_items) return;
  const auto same = [&](const Listener& other) {
    return other.protocol == listener.protocol && other.address == listener.address && other.port == listener.port;
  };
  if (std::none_of(listeners.begin(), listeners.end(), same)) listeners.push_back(std::move(listener));
}

// ss -Hltunp: tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=812,fd=3))
std::vector<Listener> parse_ss(std::string_view body) {
  std::vector<Listener> listeners;
  for (const std::string_view line : split_lines(body)) {
    const auto words = split_words(line);
    if (words.size() < 6) continue;
    const std::size_t colon = words[4].rfind(':');
    if (colon == std::string_view::npos) continue;
    Listener listener{.protocol = std::string(words[0]), .address = std::string(words[4].substr(0, colon))};
    listener.port = static_cast<int>(std::min(parse_number(words[4].substr(colon + 1)).value_or(0), 65536LL));
    constexpr std::string_view users = "users:((\"";
    if (const std::size_t at = line.find(users); at != std::string_view::npos) {
      const std::string_view rest = line.substr(at + users.size());
      listener.process = rest.substr(0, rest.find('"'));
    }
    add_listener(listeners, std::move(listener));
  }
  return listeners;
}

std::optional<unsigned> parse_hex(std::string_view text) {
  unsigned value = 0;
  if (text.empty() || text.size() > 8) return std::nullopt;
  for (const char c : text) {
    const std::size_t digit = std::string_view("0123456789ABCDEF").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(digit);
  }
  return value;
}

// The address of /proc/net/tcp, a little-endian word; those of tcp6 stay as they are, only the wildcard has a name.
std::string address_of(std::string_view hex, bool six) {
  if (six) return hex.find_first_not_of('0') == std::string_view::npos ? "[::]" : "[" + std::string(hex) + "]";
  const auto word = parse_hex(hex);
  if (!word) return std::string(hex);
  return std::to_string(*word & 255) + "." + std::to_string(*word >> 8 & 255) + "." +
         std::to_string(*word >> 16 & 255) + "." + std::to_string(*word >> 24);
}

// /proc/net/{tcp,tcp6,udp,udp6}, each headed by "== NAME". 0A is LISTEN; an unconnected UDP socket is 07.
std::vector<Listener> parse_proc_net(std::string_view body) {
  std::vector<Listener> listeners;
  std::string_view table;
  for (const std::string_view line : split_lines(body)) {
    if (line.starts_with("== ")) table = line.substr(3);
    const auto words = split_words(line);
    const bool tcp = table.starts_with("tcp");
    if (words.size() < 4 || words[3] != (tcp ? "0A" : "07")) continue;
    const std::size_t colon = words[1].find(':');
    if (colon == std::string_view::npos) continue;
    const auto port = parse_hex(words[1].substr(colon + 1));
    add_listener(listeners, {.protocol = tcp ? "tcp" : "udp",
                             .address = address_of(words[1].substr(0, colon), table.ends_with('6')),
                             .port = port && *port < 65536 ? static_cast<int>(*port) : 0});
  }
  return listeners;
}

bool holds_data(const Mount& mount) {
  static constexpr std::array other_types{
      "aufs", "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs",
      "efivarfs", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "fusectl", "hugetlbfs", "mqueue", "nsfs", "overlay",
      "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs"};
  static constexpr std::array other_places{"/dev/", "/proc/", "/run/", "/snap/", "/sys/", "/var/lib/containers/",
                                           "/var/lib/docker/", "/var/snap/"};
  const auto is = [&](const char* type) { return mount.type == type; };
  const auto below = [&](const char* place) { return mount.target.starts_with(place); };
  return std::none_of(other_types.begin(), other_types.end(), is) &&
         std::none_of(other_places.begin(), other_places.end(), below);
}

// /proc/self/mounts: SOURCE TARGET TYPE OPTIONS 0 0
std::vector<Mount> parse_mounts(std::string_view body) {
  std::vector<Mount> mounts;
  std::vector<std::string> automounted;
  for (const std::string_view line : split_lines(body)) {
    const auto words = split_words(line);
    if (words.size() < 4) continue;
    Mount mount{.target = std::string(words[1]), .source = std::string(words[0]), .type = std::string(words[2])};
    if (mount.type == "autofs") automounted.push_back(mount.target);
    else if (holds_data(mount) && mounts.size() < most_items) mounts.push_back(std::move(mount));
  }
  std::erase_if(mounts, [&](const Mount& mount) {  // these come and go as they are used
    return std::any_of(automounted.begin(), automounted.end(), [&](const std::string& place) {
      return mount.target == place || mount.target.starts_with(place + "/");
    });
  });
  return mounts;
}

// Why a section is of no use, in one line; empty when it is fine.
std::string problem_of(const Section* section) {
  if (section == nullptr) return "the server printed nothing about it";
  if (!section->status) return "the list was cut off";
  if (*section->status == 0) return {};
  const auto lines = split_lines(trim(section->body));
  const std::string last = lines.empty() ? std::string{} : ": " + std::string(lines.back().substr(0, 300));
  return "exit status " + std::to_string(*section->status) + last;
}

template <typename T, typename Parse>
Listed<T> listed(const Sections& sections, std::string_view name, Parse parse) {
  Listed<T> list;
  const Section* section = find_section(sections, name);
  list.problem = problem_of(section);
  if (!list.problem.empty()) return list;
  if (trim(section->body) == "absent") list.absent = true;
  else list.items = parse(section->body);
  return list;
}

Listed<Container> all_containers(const Sections& sections) {
  Listed<Container> all{.absent = true};
  for (const std::string_view engine : {"docker", "podman"}) {
    auto some = listed<Container>(sections, engine,
                                  [&](std::string_view body) { return parse_containers(engine, body); });
    if (!some.problem.empty() && all.problem.empty()) all.problem = std::string(engine) + ": " + some.problem;
    if (!some.absent) all.absent = false;
    all.items.insert(all.items.end(), some.items.begin(), some.items.end());
  }
  return all;
}

}  // namespace

std::string snapshot_script() {
  // `docker ps` waits for ever on a hung daemon. Without a running daemon its client is only a client: "absent" is
  // for servers without the program. The snapshot of a server where podman never ran must not create its storage.
  return section_prelude() + R"(
units() {
  [ -d /run/systemd/system ] || { echo absent; return 0; }
  systemctl show --no-pager '*.service' '*.socket' '*.timer' '*.path' '*.swap' \
    --property=Id,ActiveState,SubState,Result,UnitFileState,TriggeredBy,BusName,WantedBy,RequiredBy,NRestarts
}
engine() {
  command -v "$1" >/dev/null || { echo absent; return 0; }
  [ "$1" != podman ] || [ -d /var/lib/containers/storage ] || { echo absent; return 0; }
  timeout 30 "$1" ps -a --no-trunc --format '{{.Names}}	{{.Image}}	{{.Status}}'
}
proc_net() {
  for table in tcp tcp6 udp udp6; do
    [ ! -r "/proc/net/$table" ] || { echo "== $table"; cat "/proc/net/$table"; }
  done
}
section units units
section docker engine docker
section podman engine podman
if command -v ss >/dev/null; then section listeners ss -Hltunp; else section proc_net proc_net; fi
section mounts cat /proc/self/mounts
)";
}

ServerSnapshot parse_snapshot(std::string_view output) {
  const Sections sections = parse_sections(printable(output));
  const bool has_ss = find_section(sections, "proc_net") == nullptr;
  return {.units = listed<Unit>(sections, "units", parse_units),
          .containers = all_containers(sections),
          .listeners = has_ss ? listed<Listener>(sections, "listeners", parse_ss)
                              : listed<Listener>(sections, "proc_net", parse_proc_net),
          .mounts = listed<Mount>(sections, "mounts", parse_mounts)};
}

std::vector<std::string> journal_command(std::string_view unit, int lines) {
  return {"journalctl", "--no-pager", "--quiet", "--output=short-iso", "--lines=" + std::to_string(lines),
          "--unit=" + std::string(unit)};
}

}  // namespace maintain::plugins
