// What every script of this folder begins with.
#pragma once

#include <string_view>

namespace maintain::letsencrypt {

// POSIX sh. Looks for programs where clients put themselves, too, which the PATH of a command over SSH may lack, and
// defines expand_home PATH, which prints the path with a leading "~" as the home of the user that runs it: HOME may
// still be another's after sudo.
constexpr std::string_view client_path() {
  return R"sh(PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
export PATH
expand_home() {
  case $1 in
    '~' | '~/'*)
      home=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
      printf '%s' "${home:-${HOME:-/}}${1#?}"
      ;;
    *) printf '%s' "$1" ;;
  esac
}
)sh";
}

}  // namespace maintain::letsencrypt
