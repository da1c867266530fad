#include "pydeps/environment/discovery_script.hpp"

namespace maintain::pydeps {

// Candidates are what stands before "/bin/program" in commands, an entry of PATH without its "/bin", VIRTUAL_ENV, and a
// service's working directory with the usual names in it, since a service may start "sh -c '. env/bin/activate ...'".
// These guesses come after what is sure, and are not told when they cannot be looked at. systemctl show escapes nothing
// that matters here: words with odd characters are no candidates. Without --all a pattern leaves out what is inactive:
// what a timer starts.
// An interpreter is a link to that of the system, so /proc/PID/exe helps only where it was copied; the command line has
// the environment's, or its script, whose first line names the interpreter by its whole path.
// head prints the name of each file before it ("==> /proc/1/cmdline <=="), which ends a command line that has no end.
std::string_view discovery_functions() {
  return R"sh(
find_candidates='
function candidate(path, by) {
  sub(/\/+$/, "", path)
  if (path !~ /^\/[^\001-\037\177]*$/ || length(path) > 1000 || path in seen) return
  if (path == "/usr" || path == "/usr/local" || path == "/snap" || path == "/opt" || path == "/root") return
  seen[path] = 1
  if (++count <= 500) print path "\t" by
}
function program(word, by) {
  gsub(/^[^\/]*=/, "", word)
  gsub(/["\047;]/, "", word)
  if (word ~ /^\/.*\/bin\/[^\/]+$/) { sub(/\/bin\/[^\/]+$/, "", word); candidate(word, by) }
}
function variable(text, by,   path, paths, i) {
  gsub(/"/, "", text)
  if (text ~ /^VIRTUAL_ENV=/) candidate(substr(text, 13), by)
  if (text !~ /^PATH=/) return
  paths = split(substr(text, 6), path, ":")
  for (i = 1; i <= paths && i <= 50; ++i)
    if (path[i] ~ /^\/.*\/bin\/?$/) { sub(/\/bin\/?$/, "", path[i]); candidate(path[i], by) }
}'
from_services="$find_candidates"'
function flush(   i, words, word, by) {
  by = "service " id
  words = split(start, word, " ")
  for (i = 1; i <= words && i <= 200; ++i) program(word[i], by)
  words = split(variables, word, " ")
  for (i = 1; i <= words && i <= 200; ++i) variable(word[i], by)
  if (directory ~ /^\//) guess[++guesses] = directory "\tnear " by
  id = start = variables = directory = ""
}
{ sub(/\r$/, "") }
/^Id=/ { id = substr($0, 4); if (id !~ /^[A-Za-z0-9@:._\\-]+$/) id = "?" }
/^ExecStart=/ { start = start " " substr($0, 11) }
/^Environment=/ { variables = substr($0, 13) }
/^WorkingDirectory=/ { directory = substr($0, 18); sub(/^[!-]+/, "", directory) }
/^$/ { flush() }
END {
  flush()
  for (i = 1; i <= guesses && i <= 500; ++i) {
    split(guess[i], part, "\t")
    candidate(part[1], part[2])
    candidate(part[1] "/env", part[2]); candidate(part[1] "/venv", part[2]); candidate(part[1] "/.venv", part[2])
  }
}'
from_processes="$find_candidates"'
/^VIRTUAL_ENV=/ { variable($0, "process"); next }
{ program($0, "process") }'
services() {
  systemctl show --all '*.service' -p Id -p ExecStart -p Environment -p WorkingDirectory | head -c 4194304 |
    awk "$from_services"
}
processes() {
  {
    head -v -c 4096 /proc/[0-9]*/cmdline | tr '\000' '\n' | head -c 4194304
    head -v -c 32768 /proc/[0-9]*/environ | tr '\000' '\n' | sed -n '/^VIRTUAL_ENV=/p' | head -c 4194304
    readlink /proc/[0-9]*/exe | head -c 1048576
  } | awk "$from_processes"
}
discover() {
  candidates=$(services; processes)
  IFS=$line_end
  set -f
  for candidate in $candidates; do
    path=${candidate%"$tab"*}
    by=${candidate##*"$tab"}
    if [ -f "$path/pyvenv.cfg" ]; then
      IFS=
      set +f
      environment "$path" "${by#near }"
      set -f
    elif [ -d "$path" ] && [ -x "$path" ]; then
      continue
    elif [ "${by#near }" = "$by" ] && is_shut "$path/x"; then
      printf 'hidden\t%s\t%s\n' "$path" "$by"
    fi
  done
  set +f
  IFS=
}
)sh";
}

}  // namespace maintain::pydeps
