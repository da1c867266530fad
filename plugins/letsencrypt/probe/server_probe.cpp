#include "letsencrypt/probe/server_probe.hpp"

#include "common/sections.hpp"

namespace maintain::letsencrypt {
namespace {

// An endpoint is one word, "3,mail.example.org,192.0.2.7,25,smtp", of bytes that no shell minds; the name is left out
// when it is an address.
//
// together() runs a function with many words at once without a file for each: each one's output waits in a pipe until
// those of the words after it are through. It is small enough for that, and a full pipe keeps only its own process
// waiting.
//
// s_client's input is empty, so it hangs up once TLS is agreed on. Of what it prints the certificates are taken or,
// where there are none, its first lines and its status; the mark before each keeps a server's text from being read as
// the script's own. OpenSSL 3 has to be told to talk to servers without secure renegotiation (RFC 5746), 1.1.1 does so
// and does not know the option.
constexpr std::string_view script = R"sh(
set -f
failed() { return "$1"; }
together() {
  [ $# -gt 1 ] || return 0
  "$1" "$2" </dev/null | {
    work=$1
    shift 2
    together "$work" "$@"
    cat
  }
}
by_eights() {
  each=$1
  shift
  while [ $# -gt 8 ]; do
    together "$each" "$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8"
    shift 8
  done
  together "$each" "$@"
}
split() {
  IFS=,
  set -- $1
  unset IFS
  number=$1 name=$2 address=$3 port=$4 starttls=$5
}
resolve() {
  split "$1"
  if [ -n "$address" ]; then echo "$1"; return; fi
  found=$(timeout -k 2 10 getent ahosts "$name")
  status=$?
  found=$(printf '%s\n' "$found" | awk '$1 ~ /^[0-9a-fA-F:.]+$/ && !seen[$1]++ && n++ < 8 { print $1 }')
  for address in $found; do echo "$number,$name,$address,$port,$starttls"; done
  [ -n "$found" ] || echo "$number,$name,!$status,$port,$starttls"
}
client() {
  case $address in *:*) host="[$address]" ;; *) host=$address ;; esac
  set -- -connect "$host:$port" -showcerts -cipher DEFAULT:@SECLEVEL=0 -min_protocol TLSv1 $legacy
  if [ -n "$name" ]; then set -- "$@" -servername "$name"; else set -- "$@" -noservername; fi
  [ "$starttls" = none ] || set -- "$@" -starttls "$starttls"
  timeout -k 2 10 openssl s_client "$@"
}
talk() {
  { client 2>&1; echo "status $?"; } | head -c 262144 |
    awk '{ sub(/\r$/, ""); last = $0 }
         /^Server certificate$/ { over = 1 }
         /^---$/ { summary = 1 }
         /^-----BEGIN CERTIFICATE-----$/ && !over { inside = some = 1 }
         inside { print "| " substr($0, 1, 100) }
         !inside && !summary && !/^status / && $0 != "" && n < 12 { said[n++] = substr($0, 1, 300) }
         /^-----END CERTIFICATE-----$/ { inside = 0 }
         END { if (!some) { for (i = 0; i < n; i++) print "| " said[i]; print "| " substr(last, 1, 20) } }'
}
look() {
  split "$1"
  case $address in
    !*) section "unresolved $number" failed "${address#!}" ;;
    *) section "served $number $address" talk ;;
  esac
}
section openssl openssl version || exit 0
case $(openssl version) in "OpenSSL 1."*) legacy= ;; *) legacy=-legacy_server_connect ;; esac
section timeout timeout 10 true || exit 0
found=$(by_eights resolve "$@")
set -- $found
[ $# -le 128 ] || section more true
set -- $(printf '%s\n' "$found" | head -n 128)
by_eights look "$@"
)sh";

std::string word_of(std::size_t number, const Endpoint& endpoint) {
  return std::to_string(number) + "," + (is_address(endpoint.name) ? std::string() : endpoint.name) + "," +
         endpoint.address + "," + std::to_string(endpoint.port) + "," + std::string(to_string(endpoint.starttls));
}

}  // namespace

sdk::Command server_probe_command(const std::vector<Endpoint>& endpoints) {
  sdk::Command command{.script = plugins::section_prelude() + std::string(script), .read_only = true};
  for (std::size_t i = 0; i < endpoints.size() && i < most_server_endpoints; ++i)
    command.argv.push_back(word_of(i, endpoints[i]));
  // Names and addresses in groups of eight, 12 seconds each at most, and some for the connection.
  command.timeout = std::chrono::seconds(2 * 12 * most_server_endpoints / 8 + 30);
  command.output_limit = 8UL << 20;
  return command;
}

}  // namespace maintain::letsencrypt
