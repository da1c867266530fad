#include "apt/scripts.hpp"

#include "apt/apt_parse.hpp"
#include "common/lock_holders.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::apt {
namespace {

// Runs lock_holders on dpkg's locks, that of the package lists and that of the archives.
std::string locks_section() {
  return "section locks lock_holders " + std::string(dpkg_locks) +
         " /var/lib/apt/lists/lock /var/cache/apt/archives/lock\n";
}

constexpr std::string_view broken_functions = R"sh(
broken() {
  dpkg-query -W -f='${db:Status-Abbrev}\t${binary:Package}\t${Version}\n' | grep -e '^.[HUFWt]' -e '^..R'
  [ $? -le 1 ]
}
interrupted() { find /var/lib/dpkg/updates -name '[0-9]*' | head -n 5; }
check() { apt-get -qq -o Debug::NoLocking=true check; }
)sh";

// A preferences file for the pins, on top of the server's own, whose last line may have no end. $pins is set by the
// script.
constexpr std::string_view preferences_functions = R"sh(
work=
[ -z "$pins" ] || work=$(mktemp -d /run/maintain-apt.XXXXXX) || exit 90
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
prefer() {
  [ -z "$work" ] || { cat /etc/apt/preferences 2>/dev/null; printf '\n\n%s' "$1"; } >"$work/preferences"
}
get() {
  if [ -n "$work" ]; then apt-get -o Dir::Etc::Preferences="$work/preferences" "$@"; else apt-get "$@"; fi
}
)sh";

// What every apt-get that changes something is told. Uses $conffile, "old" or "new". --force-confdef would make dpkg
// keep a changed file even where the new one is wanted: keeping is its default.
constexpr std::string_view change_function = R"sh(
change() {
  confdef=
  [ "$conffile" = new ] || confdef='-o Dpkg::Options::=--force-confdef'
  get -y -q -o Dpkg::Use-Pty=false -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
    -o APT::Keep-Downloaded-Packages=false \
    $confdef -o "Dpkg::Options::=--force-conf$conffile" "$@"
}
)sh";

std::string_view mode_words(UpgradeMode mode) {
  return mode == UpgradeMode::full ? "dist-upgrade" : "--with-new-pkgs upgrade";
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text = section_prelude();
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace

std::map<std::string, std::string> quiet_environment(bool new_conffiles) {
  return {{"DEBIAN_FRONTEND", "noninteractive"},
          {"DEBIAN_PRIORITY", "critical"},
          {"DEBCONF_NOWARNINGS", "yes"},
          {"APT_LISTCHANGES_FRONTEND", "none"},
          {"APT_LISTBUGS_FRONTEND", "none"},
          {"NEEDRESTART_MODE", "l"},  // it lists; what is restarted is this task's option
          {new_conffiles ? "UCF_FORCE_CONFFNEW" : "UCF_FORCE_CONFFOLD", "1"},
          {"LC_ALL", "C"},
          {"TERM", "dumb"},
          {"HOME", "/root"},
          {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
}

std::string state_script() {
  return joined({lock_holders_function(), locks_section(), broken_functions, R"sh(
disks() {
  for path in / /usr /var /var/cache/apt/archives /boot; do
    [ ! -d "$path" ] || printf '%s %s\n' "$path" "$(df -k --output=avail,iavail,target "$path" | tail -n 1)"
  done
}
images() {
  dpkg-query -W -f='${db:Status-Abbrev}\t${Package}\t${Version}\n' 'linux-image-[0-9]*' 'linux-image-unsigned-[0-9]*' \
    2>/dev/null || true
}
section broken broken
section interrupted interrupted
section disks disks
section kernel uname -r
section images images
)sh"});
}

std::string preferences_text(const std::vector<Pin>& pins) {
  std::string text;
  for (const Pin& pin : pins) {
    // Above whatever the server's own pins give the other versions, and below the largest number that apt takes. It
    // allows no downgrade: the version is the installed one, or a newer one.
    const std::string rule = pin.version.empty() ? "release *\nPin-Priority: -1" : "version " + pin.version +
                                                                                       "\nPin-Priority: 32000";
    text += "Package: " + pin.package + "\nPin: " + rule + "\n\n";
  }
  return text;
}

std::string packages_script() {
  return joined({"pins=$1; shift\n", preferences_functions, broken_functions, R"sh(
look() { get -o Debug::NoLocking=true "$@"; }
lists() {
  date +%s
  stat -c %Y /var/lib/apt/lists/partial
}
prefer "$pins"
all=$(look -s --ignore-hold -o APT::Get::Always-Include-Phased-Updates=true dist-upgrade 2>&1)
all_status=$?
all() { printf '%s\n' "$all"; return $all_status; }
policy() {
  set -f
  set -- $(printf '%s\n' "$all" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
  [ $# -eq 0 ] || apt-cache policy "$@"
}
section held apt-mark showhold
section lists lists
section check check
section simulate look -s "$@"
section all all
section policy policy
section autoremove look -s autoremove
section sizes look -y --print-uris "$@"
)sh"});
}

std::vector<std::string> package_arguments(UpgradeMode mode, const std::vector<Pin>& pins) {
  std::vector<std::string> arguments{preferences_text(pins)};
  for (const std::string_view word : split_words(mode_words(mode))) arguments.emplace_back(word);
  return arguments;
}

std::string effects_script() {
  return joined({broken_functions, R"sh(
versions() { dpkg-query -W -f='${db:Status-Abbrev}\t${binary:Package}\t${Version}\n' "$@" 2>/dev/null || true; }
leftovers() {
  find /etc -xdev -type f \( -name '*.dpkg-dist' -o -name '*.dpkg-new' -o -name '*.ucf-dist' -o -name '*.ucf-new' \) |
    head -n 200 | while IFS= read -r file; do
      printf '%s\t%s\t%s\n' "$(diff -a "${file%.*}" "$file" 2>/dev/null | grep -c '^[<>]')" "$(stat -c %Z "$file")" "$file"
    done
}
stale() {
  grep -s -l -E ' /(usr|lib|lib64|bin|sbin|opt)/.* \(deleted\)$' /proc/[0-9]*/maps | head -n 500 | while read -r maps; do
    process=${maps%/maps}
    printf '%s\t%s\t%s\n' "$(grep -s -e '^0::' -e ':name=systemd:' "$process/cgroup" | sed 's/^[^/]*//' | sort | tail -n 1)" \
      "$(cat "$process/comm" 2>/dev/null)" \
      "$(sed -n -E 's#.* (/(usr|lib|lib64|bin|sbin|opt)/.*) \(deleted\)$#\1#p' "$maps" 2>/dev/null | head -n 1)"
  done
}
reboot() {
  [ -e /run/reboot-required ] || return 0
  echo required
  sort -u /run/reboot-required.pkgs 2>/dev/null | head -n 100
}
section broken broken
section interrupted interrupted
section audit dpkg --audit
section check check
[ $# -eq 0 ] || section versions versions "$@"
section leftovers leftovers
section stale stale
section reboot reboot
)sh"});
}

std::string update_script() {
  return joined({"section update apt-get -q -o Acquire::Retries=3 -o Acquire::http::Timeout=60 update\n"});
}

std::string repair_script() {
  return joined({"pins=; conffile=old; remove=$1\n", preferences_functions, change_function, R"sh(
section configure dpkg --force-confdef --force-confold --configure -a
section fix change $remove -f install
)sh"});
}

std::vector<std::string> repair_arguments(UpgradeMode mode) {
  return {mode == UpgradeMode::full ? "" : "--no-remove"};
}

std::string purge_script() {
  return joined({"pins=; conffile=old\n", preferences_functions, change_function, R"sh(
section purge change purge "$@"
)sh"});
}

std::string upgrade_script() {
  // Two sets of pins: the packages whose conffile policy is the other one sit out the first step.
  return joined({R"sh(conffile=$1; other=$2; second=$3; first=$4; shift 4
pins=$first$second
)sh", preferences_functions, change_function, R"sh(
prefer "$first"
section download change -d -o APT::Keep-Downloaded-Packages=true "$@" || exit
section upgrade change "$@"
status=$?
if [ -n "$other" ]; then
  prefer "$second"
  conffile=$other
  if [ "$other" = new ]; then unset UCF_FORCE_CONFFOLD; UCF_FORCE_CONFFNEW=1; export UCF_FORCE_CONFFNEW
  else unset UCF_FORCE_CONFFNEW; UCF_FORCE_CONFFOLD=1; export UCF_FORCE_CONFFOLD; fi
  section upgrade_new change "$@" || status=$?
fi
exit $status
)sh"});
}

std::vector<std::string> upgrade_arguments(const UpgradeJob& job) {
  std::vector<Pin> first = job.pins;
  first.insert(first.end(), job.other.begin(), job.other.end());
  const std::string other = job.other.empty() ? "" : job.new_conffiles ? "old" : "new";
  std::vector<std::string> arguments{job.new_conffiles ? "new" : "old", other, preferences_text(job.pins),
                                     preferences_text(first)};
  for (const std::string_view word : split_words(mode_words(job.mode))) arguments.emplace_back(word);
  return arguments;
}

std::string conffile_script() {
  // dpkg asks when the file differs from what the installed version brought and the new version brings another one.
  // Its record of conffiles holds the checksum of the installed version's; the new one's is in the archive.
  return joined({R"sh(pins=$1; conffile=old; shift
words=
while [ $# -gt 0 ] && [ "$1" != -- ]; do words="$words $1"; shift; done
shift
)sh", preferences_functions, change_function, R"sh(
conflicts() {
  for wanted in "$@"; do
    package=${wanted%%=*}
    version=$(printf '%s' "${wanted#*=}" | sed 's/:/%3a/')
    set -- /var/cache/apt/archives/"${package%%:*}_${version}"_*.deb
    archive=$1
    [ -f "$archive" ] || continue
    dpkg-query -W -f='${Conffiles}\n' "$package" | while read -r file old rest; do
      [ -f "$file" ] && [ "$rest" != obsolete ] || continue
      here=$(md5sum <"$file" | cut -d ' ' -f 1)
      [ "$here" != "$old" ] || continue
      new=$(dpkg-deb --fsys-tarfile "$archive" | tar -x -O -f - ".$file" 2>/dev/null | md5sum | cut -d ' ' -f 1)
      [ "$new" = "$old" ] || [ "$new" = "$here" ] || printf '%s\t%s\n' "$package" "$file"
    done
  done
}
prefer "$pins"
section download change -d -o APT::Keep-Downloaded-Packages=true $words
section conflicts conflicts "$@"
)sh"});
}

std::string locks_script() { return joined({lock_holders_function(), locks_section()}); }

}  // namespace maintain::plugins::apt
