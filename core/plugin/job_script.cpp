// A job is a directory <base>/<id> that only root can read:
//
//   command   what to run                      boot, begun   which boot, and the time when it was made
//   run       the wrapper, in a session        pid           the wrapper's process id and start time
//             or systemd unit of its own       how           systemd and the unit's name, or setsid
//   output    both streams                     status        exit status and time of the end; written last, by rename
//   quiet     there when the output is not to be saved
//
// Surprises that shaped this:
//  - A start script whose connection broke may sit there, half fed, and end much later. It builds the job where nobody
//    looks (<base>/.new.*) and renames it into place, whole, where no job of that name is. What it takes back is its
//    own.
//  - A process id alone proves nothing: it is used again. With its start time (and the boot) it does. A container that
//    restarts keeps the host's boot id, but its process 1 has another start time: the two together name a boot.
//  - The wrapper can be killed alone, by the kernel when memory is short or by a person, and the command goes on. As
//    long as a process is left in the wrapper's session, its number is not given away, and the job runs.
//  - The wrapper must outlive a SIGTERM to its whole group, else nobody writes the status. It may not ignore the
//    signal (children inherit that), so it traps it, and sh runs the trap only after the command has ended.
//  - KillMode=process: a package's postinst may leave a daemon in our unit, which must not die with the job. It also
//    means that a shutdown waits for a running job, undisturbed, for systemd's usual 90 s: most upgrades end in that.
//  - OOMPolicy=continue: else systemd ends the wrapper, and nothing but the wrapper, when the kernel has killed any
//    process of the unit. systemd before 243 does not know it.
//  - systemd-run can fail after the unit was started (a bus timeout). The wrapper's mkdir of "lock" makes sure that
//    the fallback does not run the command a second time.
//  - Whatever stands in argv, everybody on the server can read: scripts go by file.
#include "plugin/job_script.hpp"

#include "transport/quoting.hpp"

namespace maintain {
namespace {

// Sets boot: which boot this is.
constexpr const char* boot_function = R"sh(
find_boot() {
  boot= stat=
  { IFS= read -r boot </proc/sys/kernel/random/boot_id; IFS= read -r stat </proc/1/stat; } 2>/dev/null
  set -- ${stat##*) }
  boot="$boot ${20-}"
}
)sh";

// In a job's directory. Sets phase to running, finished or lost, and code and ended when finished.
constexpr const char* phase_functions = R"sh(
set -f
session_goes_on() {
  for process in $(set +f; echo /proc/[0-9]*/stat); do
    stat=
    { IFS= read -r stat <"$process"; } 2>/dev/null || continue
    set -- ${stat##*) }
    [ "$1" = Z ] || [ "${4-}" != "$pid" ] || return 0
  done
  return 1
}
alive() {
  mine= pid= start= stat=
  find_boot
  { IFS= read -r mine <boot; } 2>/dev/null
  [ "$boot" = "$mine" ] || return 1
  if ! { read -r pid start <pid; } 2>/dev/null; then
    begun=0
    { read -r begun <begun; } 2>/dev/null
    [ $(($(date +%s) - ${begun:-0})) -lt 30 ]
    return
  fi
  { IFS= read -r stat <"/proc/$pid/stat"; } 2>/dev/null || { session_goes_on; return; }
  set -- ${stat##*) }
  [ "${20-}" = "$start" ] || return 1
  [ "$1" != Z ] || session_goes_on
}
finished() {
  code= ended=
  { read -r code ended <status; } 2>/dev/null
  [ -n "$ended" ]
}
find_phase() {
  if finished; then phase=finished
  elif alive; then phase=running
  elif finished; then phase=finished
  else phase=lost
  fi
}
)sh";

constexpr const char* start_script = R"sh(
set -u
umask 077
base=$1 id=$2 unit=$3 size=$4 quiet=$5
[ -e "$base" ] || mkdir -p "$base" || exit 1
if [ ! -d "$base" ] || [ -L "$base" ] || [ ! -O "$base" ]; then
  echo "$base is not a directory of the user that runs jobs" >&2
  exit 1
fi
chmod 700 "$base" || exit 1
[ ! -e "$base/$id" ] || exit 41
now=$(date +%s)
for old in "$base"/.new.*; do
  made=$(stat -c %Y "$old" 2>/dev/null) && [ $((now - made)) -gt 86400 ] && rm -rf "$old"
done
new=$(mktemp -d "$base/.new.XXXXXX") && cd "$new" || exit 1
drop() {
  cd / && rm -rf "$new"
  exit "$1"
}
cat >command
if [ "$(wc -c <command)" -ne "$size" ]; then
  echo 'the command did not arrive whole' >&2
  drop 1
fi
cat >run <<'WRAPPER' || drop 1
cd "$1" && mkdir lock 2>/dev/null || exit 0
set -f
umask 077
IFS= read -r stat <"/proc/$$/stat"
set -- ${stat##*) }
trap : TERM INT HUP
echo "$$ ${20}" >pid.new && mv pid.new pid || exit 1
sh ./command </dev/null >output 2>&1
code=$?
tries=0
until echo "$code $(date +%s)" >status.new && { sync status.new 2>/dev/null || sync; } && mv status.new status; do
  tries=$((tries + 1))
  [ "$tries" -lt 360 ] || exit 1
  sleep 10
done
WRAPPER
: >output || drop 1
[ -z "$quiet" ] || : >quiet || drop 1
find_boot
echo "$boot" >boot && date +%s >begun || drop 1
dir=$base/$id
if ! mv -fT "$new" "$dir" 2>failure; then
  [ ! -e "$dir" ] || drop 41
  cat failure >&2
  drop 1
fi
rm -f failure
# Only what is in our own directory, which somebody may have moved away, and its name only when nothing else has it.
take_back() {
  [ -s spawn ] && cat spawn >&2
  rm -f command run output quiet boot begun spawn how
  rmdir lock 2>/dev/null
  cd / && rmdir "$dir" 2>/dev/null
  exit "$1"
}
# A daemon that an earlier job left behind keeps that job's unit, hence a name of its own each time.
unit=$unit-$(date +%s)
spawn() {
  systemd-run --quiet --no-ask-password --collect --unit="$unit" --description="maintain job $id" \
    --property=KillMode=process "$@" -- /bin/sh "$dir/run" "$dir" </dev/null >spawn 2>&1
}
knows_no_policy() {
  case $(cat spawn) in *OOMPolicy*) true ;; *) false ;; esac
}
how=
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then
  if spawn --property=OOMPolicy=continue || { knows_no_policy && spawn; }; then how="systemd $unit"; fi
fi
if [ -z "$how" ]; then
  if ! command -v setsid >/dev/null 2>&1; then
    echo 'neither systemd nor setsid is here to start a job with' >&2
    take_back 1
  fi
  setsid /bin/sh "$dir/run" "$dir" </dev/null >/dev/null 2>&1 &
  how=setsid
fi
echo "$how" >how
tries=0
while [ ! -f pid ] && [ ! -f status ]; do
  tries=$((tries + 1))
  # Once the lock is ours, the wrapper can never start.
  if [ "$tries" -ge 200 ] && mkdir lock 2>/dev/null; then take_back 42; fi
  [ "$tries" -lt 400 ] || exit 0  # the wrapper has the lock: the job is there, whatever holds it up
  sleep 0.05 2>/dev/null || sleep 1
done
)sh";

constexpr const char* find_script = R"sh(
cd "$1/$2" 2>/dev/null || { echo none; exit 0; }
find_phase
echo "$phase"
)sh";

// The answer's first line is "job PHASE SIZE CODE BEGUN ENDED" and "quiet" or "shown"; the output's bytes follow. The
// phase is looked up before the size, so that the size of a finished job is final.
constexpr const char* poll_script = R"sh(
cd "$1/$2" 2>/dev/null || { echo 'job none 0 0 0 0 shown'; exit 0; }
offset=$3 wait=$4 most=$5
until=$(($(date +%s) + wait)) tries=0
while :; do
  find_phase
  size=$(wc -c <output) || size=0
  [ "$phase" = running ] && [ "$size" -le "$offset" ] && [ "$(date +%s)" -lt "$until" ] || break
  tries=$((tries + 1))
  if [ "$tries" -le 20 ]; then sleep 0.1 2>/dev/null || sleep 1; else sleep 1; fi
done
begun=0
{ read -r begun <begun; } 2>/dev/null
shown=shown
[ ! -e quiet ] || shown=quiet
echo "job $phase" $size "${code:-0} ${begun:-0} ${ended:-0} $shown"
if [ "$size" -gt "$offset" ]; then tail -c "+$((offset + 1))" output | head -c "$most"; fi
)sh";

constexpr const char* stop_script = R"sh(
cd "$1/$2" 2>/dev/null || exit 0
grace=$3
how=setsid unit=
{ read -r how unit <how; } 2>/dev/null
signal() {
  # Of a unit whose wrapper is gone systemd does not know any more.
  [ "$how" = systemd ] && systemctl kill --signal="$1" "$unit.service" || kill -s "$1" -- "-$pid"
} 2>/dev/null
goes_on() { ! finished && alive; }
wait_at_most() {
  end=$(($(date +%s) + $1))
  while goes_on && [ "$(date +%s)" -lt "$end" ]; do sleep 0.1 2>/dev/null || sleep 1; done
}
goes_on || exit 0
[ -n "$pid" ] || wait_at_most 10
signal TERM
wait_at_most "$grace"
goes_on || exit 0
# SIGKILL takes the wrapper along, so its status is written here.
signal KILL
wait_at_most 10
if goes_on; then echo 'the job does not end' >&2; exit 43; fi
finished || { echo "137 $(date +%s)" >status.new && mv status.new status; }
)sh";

constexpr const char* collect_script = R"sh(
cd "$1/$2" 2>/dev/null || exit 0
find_phase
[ "$phase" != running ] || exit 43
cd "$1" || exit 1
mv "$2" ".gone.$2.$$" && set +f && rm -rf .gone.*
)sh";

}  // namespace

std::string job_command_file(const std::vector<std::string>& argv, const std::string& script,
                             const std::map<std::string, std::string>& environment, const std::string& user) {
  std::string text;
  // Another user cannot reach into the job's directory, but may open again what is handed to it.
  const bool hand_over = !user.empty() && !script.empty();
  if (hand_over)
    text += "printf '%s\\n' " + quote_word("exec 3<&-\n" + script) +
            " >script && chmod 644 script && exec 3<script || exit 1\n";
  // systemd gives a unit neither HOME nor the umask of a login.
  text += "umask 022\ncd /\n";
  if (user.empty()) {
    text += ": \"${HOME:=/root}\"\nexport HOME\n";
  } else {
    text += "USER=" + quote_word(user) + "\nLOGNAME=$USER\n";
    text += "HOME=$(getent passwd \"$USER\" | cut -d: -f6)\nexport USER LOGNAME HOME\n";
  }
  for (const auto& [name, value] : environment) text += "export " + name + "=" + quote_word(value) + "\n";
  if (user.empty() && !script.empty()) return text + "set -- " + quote_words(argv) + "\n" + script + "\n";
  std::vector<std::string> words = argv;
  if (hand_over) words.insert(words.begin(), {"/bin/sh", "/proc/self/fd/3"});
  return text + "exec " + (user.empty() ? "" : "runuser -u " + quote_word(user) + " -- ") + quote_words(words) + "\n";
}

std::string job_start_script() { return std::string(boot_function) + start_script; }
std::string job_find_script() { return std::string(boot_function) + phase_functions + find_script; }
std::string job_poll_script() { return std::string(boot_function) + phase_functions + poll_script; }
std::string job_stop_script() { return std::string(boot_function) + phase_functions + stop_script; }
std::string job_collect_script() { return std::string(boot_function) + phase_functions + collect_script; }

}  // namespace maintain
