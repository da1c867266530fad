#include "letsencrypt/client/survey_script.hpp"

#include "letsencrypt/client/client_path.hpp"

namespace maintain::letsencrypt {
namespace {

// look PATH and look_into DIRECTORY set trouble and why. "-e" is false where a directory on the way may not be entered:
// then the answer is not "missing". Of a link that leads nowhere, what it leads to is looked for.
constexpr std::string_view looking = R"sh(
LC_ALL=C
export LC_ALL
say() { printf 'letsencrypt %s\n' "$*"; }
b64() { if [ -n "$1" ]; then printf '%s' "$1" | base64 | tr -d '\n'; else printf -- -; fi; }
parent() {
  case $1 in
    */*) dir=${1%/*}; dir=${dir:-/} ;;
    *) dir=. ;;
  esac
}
absent() { # PATH, which -e does not see
  file=$1 hops=0
  while [ -L "$file" ] && [ $hops -lt 16 ]; do
    hops=$((hops + 1))
    target=$(readlink "$file") || break
    case $target in
      /*) file=$target ;;
      *) parent "$file"; file=$dir/$target ;;
    esac
  done
  parent "$file"
  while [ ! -e "$dir" ] && [ "$dir" != / ] && [ "$dir" != . ]; do file=$dir; parent "$dir"; done
  if [ -d "$dir" ] && [ ! -x "$dir" ]; then trouble=denied why="$dir may not be entered"
  elif [ -e "$dir" ] && [ ! -d "$dir" ]; then trouble=missing why="$dir is no directory"
  else trouble=missing why="$file is not there"
  fi
}
look() {
  trouble=none why=
  if [ -d "$1" ]; then trouble=broken why='is a directory'
  elif [ ! -e "$1" ]; then absent "$1"
  elif [ ! -f "$1" ]; then trouble=broken why='is not a regular file'
  elif [ ! -r "$1" ]; then trouble=denied why='may not be read'
  fi
}
look_into() {
  trouble=none why=
  if [ ! -e "$1" ]; then absent "$1"
  elif [ ! -d "$1" ]; then trouble=broken why='is not a directory'
  elif [ ! -r "$1" ] || [ ! -x "$1" ]; then trouble=denied why='may not be read'
  fi
}
)sh";

// Only whole certificates leave the server: a file may hold a private key beside them, and one whose end mark is
// missing must not drag along what follows. An empty passphrase would make old versions of openssl ask for one.
constexpr std::string_view reading = R"sh(
left=12000000
certificates() { # PATH LIMIT: sets content and, when that is empty, trouble and why
  content=$(head -c "$2" <"$1" 2>/dev/null | tr -d '\000\r' | awk '
    /^-----BEGIN / { block = ""; inside = ($0 ~ /^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----[ \t]*$/) }
    inside { block = block $0 "\n" }
    /^-----END / { if (inside && $0 ~ /CERTIFICATE-----/) printf "%s", block; inside = 0 }' | base64 | tr -d '\n')
  if [ -z "$content" ]; then
    trouble=broken
    if [ -s "$1" ]; then why='holds no certificate'; else why='is empty'; fi
    head -c 1 <"$1" >/dev/null 2>&1 || { trouble=denied; why='could not be read'; }
  elif [ ${#content} -gt $left ]; then
    content= trouble=broken why='was not read, for the files are too large together'
  else
    left=$((left - ${#content}))
  fi
}
key() { # PATH: sets key_trouble, key_why and key_hash
  look "$1"
  key_trouble=$trouble key_why=$why key_hash=
  [ $trouble = none ] || return 0
  if ! command -v openssl >/dev/null; then
    key_why='openssl is not installed on the server'
    return 0
  fi
  key_hash=$(head -c 262144 <"$1" 2>/dev/null | tr -d '\000' |
    awk '/^-----BEGIN .*PRIVATE KEY-----/ { inside = 1 } inside; /^-----END / { inside = 0 }' |
    openssl pkey -passin pass:maintain -pubout -outform DER 2>/dev/null |
    openssl dgst -sha256 -r 2>/dev/null | head -c 64)
  case $key_hash in
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855) key_hash= ;; # of no bytes at all
  esac
  [ -z "$key_hash" ] || return 0
  if head -c 262144 <"$1" 2>/dev/null | grep -q -a ENCRYPTED; then key_why='is protected by a passphrase'
  else key_trouble=broken key_why='holds no private key that openssl can read'
  fi
}
# KIND NAME PATH KEY FLAGS: KEY may be empty; FLAGS are words or -
certificate() {
  content= key_trouble=none key_why= key_hash= key_path=$4
  look "$3"
  [ $trouble != none ] || certificates "$3" 262144
  cert_trouble=$trouble cert_why=$why
  if [ "$1" != lineage ] && [ -r "$3" ] && [ -f "$3" ] && head -c 262144 <"$3" | grep -q -a 'PRIVATE KEY-----'; then
    key_path=$3
  fi
  [ -z "$key_path" ] || key "$key_path"
  say "$1" "$(b64 "$2")" "$(b64 "$3")" $cert_trouble "$(b64 "$cert_why")" "${content:--}" \
    "$(b64 "$key_path")" $key_trouble "$(b64 "$key_why")" "${key_hash:--}" "$5"
}
told() { # PATH: why, which may name another path that is the reason
  case $why in
    /*) printf '%s' "$why" ;;
    *) printf '%s' "$1 $why" ;;
  esac
}
place() { # DIRECTORY: one that lists lineages
  look_into "$1"
  [ $trouble = none ] || say place $trouble "$(b64 "$(told "$1")")"
}
)sh";

// certbot names the files in its renewal configuration, where they stand before the first section; renew_hook and
// installer are of [renewalparams]. A lineage is what has a configuration or a directory in live.
constexpr std::string_view clients = R"sh(
setting() { # FILE SECTION KEY: configobj's text of it
  awk -v section="$2" -v key="$3" '
    /^[ \t]*\[/ { here = $0; gsub(/[][ \t]/, "", here); next }
    here == section && index($0, "=") {
      name = $0; sub(/=.*/, "", name); gsub(/[ \t]/, "", name)
      if (name == key) { sub(/^[^=]*=[ \t]*/, ""); sub(/[ \t\r]+$/, ""); print; exit }
    }' "$1" 2>/dev/null | head -c 4096 | sed -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
}
directory_hooks() {
  for hook in "$store"/renewal-hooks/deploy/*; do
    case $hook in *'~') continue ;; esac
    if [ -f "$hook" ] && [ -x "$hook" ]; then return 0; fi
  done
  return 1
}
certbot_lineage() {
  conf=$store/renewal/$1.conf flags=
  look "$conf"
  fullchain=$store/live/$1/fullchain.pem privkey=$store/live/$1/privkey.pem
  if [ $trouble = missing ]; then flags=unconfigured
  elif [ $trouble != none ]; then say problem "$(b64 "$(told "$conf")")"
  else
    path=$(setting "$conf" '' fullchain)
    case $path in /*) fullchain=$path ;; esac
    path=$(setting "$conf" '' privkey)
    case $path in /*) privkey=$path ;; esac
    case $(setting "$conf" renewalparams renew_hook) in '' | None) ;; *) flags=hook ;; esac
    case $(setting "$conf" renewalparams installer) in nginx | apache) flags=hook ;; esac
    if directory_hooks; then flags=hook; fi
  fi
  certificate lineage "$1" "$fullchain" "$privkey" "${flags:--}"
}
certbot_all() {
  place "$store/renewal"
  place "$store/live"
  for path in "$store"/renewal/*.conf; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    path=${path##*/}
    one certbot_lineage "${path%.conf}"
  done
  for path in "$store"/live/*/; do
    [ -d "$path" ] || continue
    path=${path%/}
    [ -e "$store/renewal/${path##*/}.conf" ] || one certbot_lineage "${path##*/}"
  done
}
lego_lineage() {
  file=$1
  case $file in '*.'*) file=_${file#?} ;; esac
  certificate lineage "$1" "$store/certificates/$file.crt" "$store/certificates/$file.key" -
}
lego_all() {
  place "$store/certificates"
  for path in "$store"/certificates/*.crt; do
    case $path in *.issuer.crt) continue ;; esac
    [ -e "$path" ] || [ -L "$path" ] || continue
    path=${path##*/}
    one lego_lineage "${path%.crt}"
  done
}
acme_sh_lineage() {
  folder=$1
  [ -d "$store/$folder" ] || [ ! -d "$store/${folder}_ecc" ] || folder=${folder}_ecc
  certificate lineage "$1" "$store/$folder/fullchain.cer" "$store/$folder/${folder%_ecc}.key" -
}
acme_sh_all() {
  for path in "$store"/*/; do
    path=${path%/}
    path=${path##*/}
    [ ! -e "$store/$path/${path%_ecc}.conf" ] || one acme_sh_lineage "$path"
  done
}
dehydrated_lineage() {
  certificate lineage "$1" "$store/certs/$1/fullchain.pem" "$store/certs/$1/privkey.pem" -
}
dehydrated_all() {
  place "$store/certs"
  for path in "$store"/certs/*/; do
    [ -d "$path" ] || continue
    path=${path%/}
    one dehydrated_lineage "${path##*/}"
  done
}
count=0
one() {
  count=$((count + 1))
  if [ $count -le 1000 ]; then "$@"
  elif [ $count -eq 1001 ]; then say problem "$(b64 'only the first 1000 certificates of the store were read')"
  fi
}
# acme.sh and dehydrated are scripts: their version is read, for to run them writes files.
version() {
  case $client in
    certbot) certbot --version 2>&1 </dev/null | sed -n 's/.*certbot \([0-9][0-9A-Za-z.]*\).*/\1/p' ;;
    lego) lego --version 2>&1 </dev/null | sed -n 's/.*version \([0-9A-Za-z.]*\).*/\1/p' ;;
    acme.sh) sed -n 's/^VER="*\([0-9A-Za-z.]*\)"*.*/\1/p' "$1" ;;
    dehydrated) sed -n 's/^VERSION="*\([0-9A-Za-z.]*\)"*.*/\1/p' "$1" ;;
  esac 2>/dev/null | head -n 1 | head -c 64
}
)sh";

constexpr std::string_view looking_at_all = R"sh(
client=$1
store=$(expand_home "$2")
shift 2
command -v base64 >/dev/null || { echo 'base64 is not installed' >&2; exit 127; }
printf '\n'
case $client in
  none | command) say client found - ;;
  *)
    program=$(command -v "$client")
    [ $client != acme.sh ] || [ ! -x "$store/acme.sh" ] || program=$store/acme.sh
    if [ -n "$program" ]; then say client found "$(b64 "$(version "$program")")"; else say client missing -; fi
    ;;
esac
named=
for word do
  case $word in lineage:* | file:*) named=yes ;; esac
done
if [ -n "$store" ]; then
  look_into "$store"
  say store "$(b64 "$store")" $trouble "$(b64 "${why:+$(told "$store")}")"
  if [ $trouble = none ] && [ -z "$named" ]; then
    case $client in
      certbot) certbot_all ;;
      lego) lego_all ;;
      acme.sh) acme_sh_all ;;
      dehydrated) dehydrated_all ;;
    esac
  fi
fi
for word do
  value=${word#*:}
  case $word in
    lineage:*)
      case $client in
        certbot) certbot_lineage "$value" ;;
        lego) lego_lineage "$value" ;;
        acme.sh) acme_sh_lineage "$value" ;;
        dehydrated) dehydrated_lineage "$value" ;;
        *) say lineage "$(b64 "$value")" - missing "$(b64 'there is no store to look into')" - - none - - - ;;
      esac
      ;;
    file:*) certificate file "$value" "$value" '' - ;;
    deployed:*) certificate deployed "$value" "$value" '' - ;;
    root:*)
      look "$value"
      [ $trouble != none ] || certificates "$value" 1048576
      if [ $trouble = none ]; then say root "$content"; else say problem "$(b64 "$value ${why#"$value "}")"; fi
      ;;
  esac
done
say end "$(date +%s)"
)sh";

}  // namespace

std::string survey_script() {
  std::string script;
  for (const std::string_view part : {client_path(), looking, reading, clients, looking_at_all}) script += part;
  return script;
}

}  // namespace maintain::letsencrypt
