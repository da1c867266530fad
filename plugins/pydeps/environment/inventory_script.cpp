#include "pydeps/environment/inventory_script.hpp"

#include "common/sections.hpp"
#include "pydeps/environment/discovery_script.hpp"

namespace maintain::pydeps {
namespace {

// Programs for awk, in variables. Files come as arguments and are read with getline, which can stop at the end of the
// headers: nextfile is not in every awk. Their paths begin with "./", which no awk takes for an assignment or a stream.
// Of a continued header only Requires-Python may need more lines, but what is a name or version is known only later.
constexpr std::string_view awk_programs = R"sh(
clean='function clean(text) { gsub(/[\001-\037\177]/, "?", text); return text }'
read_config="$clean"'
/^[ \t]*[A-Za-z_-]+[ \t]*=/ && ++lines <= 50 { print "cfg\t" clean(substr($0, 1, 500)) }'
read_files="$clean"'
function is_egg(name) { return name ~ /\.egg$/ }
function is_info(name) { return name ~ /\.(dist|egg)-info$/ }
function headers(entry, path,   line, count, wanted, found, more) {
  while ((more = (getline line < path)) > 0 && ++count <= 20000) {
    sub(/\r$/, "", line)
    if (line == "") break
    if (line !~ /^[ \t]/) wanted = tolower(substr(line, 1, 20)) ~ /^(name|version|requires-python)[ \t]*:/
    if (wanted && ++found <= 20) print "meta\t" entry "\t" clean(substr(line, 1, 500))
  }
  close(path)
  if (more < 0) print "unread\t" entry "\tmetadata"
}
function first_line(path,   line) {
  if ((getline line < path) <= 0) line = ""
  close(path)
  sub(/[ \t\r]+$/, "", line)
  return line
}
function direct_url(entry, path,   line, text) {
  while ((getline line < path) > 0 && length(text) < 16384) text = text line " "
  close(path)
  gsub(/:\/\/[^\/"@ ]*@/, "://", text)
  if (text ~ /^[ \t]*\{/ && length(text) < 16384) print "url\t" entry "\t" clean(text)
  else print "odd\t" entry "\tdirect_url.json"
}
function read_file(entry, file, path,   line) {
  if (file == "METADATA" || file == "PKG-INFO") headers(entry, path)
  else if (file == "direct_url.json") direct_url(entry, path)
  else if (file == "REQUESTED") print "requested\t" entry
  else if (file == "INSTALLER") {
    line = first_line(path)
    if (line ~ /^[A-Za-z0-9][A-Za-z0-9._-]*$/ && length(line) <= 40) print "installer\t" entry "\t" line
  }
}
BEGIN {
  for (i = 2; i < ARGC; ++i) {
    count = split(ARGV[i], part, "/")
    entry = clean(part[2])
    if (length(entry) > 255) continue
    if (count == 2 && entry ~ /\.egg-link$/) {
      line = ARGV[1] == "file" ? first_line(ARGV[i]) : ""
      if (line ~ /^\//) print "link\t" entry "\t" clean(substr(line, 1, 500))
      else print "odd\t" entry "\t"
    } else if (count == 2 && (is_info(entry) || is_egg(entry))) {
      if (ARGV[1] == "odd") print "odd\t" entry "\t"
      else print "dist\t" entry
      if (ARGV[1] == "file" && is_info(entry)) headers(entry, ARGV[i])
    } else if (count == 3 && is_info(entry)) {
      if (ARGV[1] == "file") read_file(entry, part[3], ARGV[i])
      else if (ARGV[1] == "odd") print "odd\t" entry "\t" clean(part[3])
    }
  }
}'
)sh";

// One environment. Everything is relative to the directories that were checked, in subshells. find's -size counts
// blocks of 512 bytes. busybox's find forgets an "-exec ... +" that stands in parentheses.
constexpr std::string_view environment_functions = R"sh(
packages() {
  set -- -name METADATA -o -name PKG-INFO -o -name direct_url.json -o -name INSTALLER -o -name REQUESTED \
    -o -name '*.dist-info' -o -name '*.egg-info' -o -name '*.egg' -o -name '*.egg-link'
  find . -maxdepth 2 -type d ! -name . ! -name '*.dist-info' ! -name '*.egg-info' ! -name '*.egg' -prune -o \
    -type d ! -name . -exec awk "$read_files" directory {} + -o \
    \( "$@" \) -type f ! -size +8192 -exec awk "$read_files" file {} + -o \
    \( "$@" \) -exec awk "$read_files" odd {} +
}
library() {
  python=${1%/*}
  python=${python##*/}
  directory=$(cd "$1" && pwd -P) || { printf 'shut\t%s\n' "$python"; return; }
  case $directory in
    "$real"/*) ;;
    *) printf 'outside\t%s\n' "$python"; return ;;
  esac
  case $libraries in *"$line_end$directory$line_end"*) return ;; esac
  libraries=$libraries$directory$line_end
  [ -r "$directory" ] || { printf 'shut\t%s\n' "$python"; return; }
  printf 'lib\t%s\n' "$python"
  (cd "$directory" && packages)
}
is_environment() {
  [ ! -f "$1/pyvenv.cfg" ] || return 0
  for library in "$1"/lib/python*/site-packages "$1"/lib/pypy*/site-packages; do
    [ ! -d "$library" ] || return 0
  done
  return 1
}
say_odd() { printf 'none\todd\t%s\n' "$(printf %s "$1" | tr '\001-\037\177' '?')"; }
environment() {
  real=$(cd "$1" && pwd -P) || return
  case $real in
    *[[:cntrl:]]*) say_odd "$1"; return ;;
  esac
  [ -z "$2" ] || printf 'found\t%s\t%s\n' "$real" "$2"
  case $environments in *"$line_end$real$line_end"*) return ;; esac
  environments=$environments$real$line_end
  count=$((count + 1))
  [ $count -le $most ] || return
  printf 'env\t%s\t%s\n' "$real" "$1"
  if [ -f "$real/pyvenv.cfg" ] && [ ! -h "$real/pyvenv.cfg" ]; then
    head -c 16384 "$real/pyvenv.cfg" | awk "$read_config"
  elif [ -e "$real/pyvenv.cfg" ]; then
    printf 'odd\t\tpyvenv.cfg\n'
  fi
  libraries=$line_end
  for library in "$real"/lib/python*/site-packages "$real"/lib64/python*/site-packages \
    "$real"/lib/pypy*/site-packages; do
    case $library in *[[:cntrl:]]*) continue ;; esac
    [ ! -d "$library" ] || library "$library"
  done
  printf 'done\t%s\n' "$real"
}
)sh";

// Why there is nothing at a path. A path whose directory may not be searched looks missing, and a directory that may
// not be listed matches no pattern: both are told apart from what is not there.
constexpr std::string_view request_functions = R"sh(
is_shut() {  # whether a directory above the path may not be searched, or one with a pattern beneath it not be listed
  rest=${1#/}
  above=/
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    for directory in $above; do
      [ -d "$directory" ] || continue
      [ -x "$directory" ] || return 0
      case $part in *[*?[]*) [ -r "$directory" ] || return 0 ;; esac
    done
    above=${above%/}/$part
    case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
  done
  return 1
}
request() {
  case $1 in
    *[[:cntrl:]]*) say_odd "$1"; return ;;
    /*) ;;
    *) printf 'none\trelative\t%s\n' "$1"; return ;;
  esac
  matches=0
  for path in $1; do
    [ -e "$path" ] || continue
    case $path in *[[:cntrl:]]*) say_odd "$path"; continue ;; esac
    if [ -d "$path" ] && [ ! -x "$path" ]; then
      matches=$((matches + 1))
      printf 'none\tdenied\t%s\n' "$path"
    elif [ -d "$path" ] && is_environment "$path"; then
      matches=$((matches + 1))
      environment "$path" ''
    elif [ "$path" = "$1" ]; then
      matches=$((matches + 1))
      printf 'none\tother\t%s\n' "$path"
    fi
  done
  if is_shut "$1"; then
    if [ $matches -eq 0 ]; then why=denied; else why=partly; fi
  else
    [ $matches -eq 0 ] || return
    case $1 in *[*?[]*) why=unmatched ;; *) why=missing ;; esac
  fi
  printf 'none\t%s\t%s\n' "$why" "$1"
}
)sh";

// Patterns are expanded where they stand unquoted; an empty IFS keeps blanks in them together.
constexpr std::string_view main_part = R"sh(
inventory() {
  exec 2>/dev/null
  IFS=
  count=0
  environments=$line_end
  discover=$1
  shift
  for pattern in "$@"; do request "$pattern"; done
  [ "$discover" != discover ] || discover
  [ $count -le $most ] || printf 'more\t%s\n' $((count - most))
  echo whole
}
bounded_inventory() { inventory "$@" | head -c $most_bytes; }
section inventory bounded_inventory "$@"
)sh";

}  // namespace

std::string inventory_script() {
  std::string script = plugins::section_prelude();
  script += "line_end='\n'\ntab='\t'\nmost=" + std::to_string(most_environments) +
            "\nmost_bytes=" + std::to_string(most_inventory_bytes) + "\n";
  script += awk_programs;
  script += environment_functions;
  script += request_functions;
  script += discovery_functions();
  script += main_part;
  return script;
}

std::vector<std::string> inventory_arguments(const std::vector<std::string>& patterns, bool discover) {
  std::vector<std::string> arguments{discover ? "discover" : "given"};
  arguments.insert(arguments.end(), patterns.begin(), patterns.end());
  return arguments;
}

}  // namespace maintain::pydeps
