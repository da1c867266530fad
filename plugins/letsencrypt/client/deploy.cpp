#include "letsencrypt/client/deploy.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "letsencrypt/client/base64.hpp"
#include "letsencrypt/client/client_path.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr std::string_view failed_mark = "letsencrypt failed ";

// Parameters: the store, the lineage. The hooks' standard output goes to standard error, so that standard output holds
// nothing but our records. As certbot does: sorted by bytes, without what ends in "~", renew_hook not a second time
// when it is one of the executables. configobj may quote a value, and ends one that is not quoted at " #".
constexpr std::string_view certbot_hooks = R"sh(
store=$(expand_home "$1") name=$2 status=0
conf=$store/renewal/$name.conf
[ -r "$conf" ] || { echo "$conf may not be read" >&2; exit 1; }
failed() {
  status=1
  printf '\nletsencrypt failed %s %s\n' "$1" "$(printf '%s' "$2" | base64 | tr -d '\n')"
}
run() {
  label=$1
  shift
  "$@" </dev/null >&2
  code=$?
  [ $code -eq 0 ] || failed $code "$label"
}
setting() {
  awk -v key="$1" '
    /^[ \t]*\[/ { inside = ($0 ~ /^[ \t]*\[renewalparams\]/); next }
    inside && index($0, "=") {
      name = $0; sub(/=.*/, "", name); gsub(/[ \t]/, "", name)
      if (name == key) { sub(/^[^=]*=[ \t]*/, ""); sub(/[ \t\r]+$/, ""); print; exit }
    }' "$conf"
}
unquoted() {
  case $1 in
    "'''"*"'''"*) text=${1#???}; printf '%s' "${text%"'''"*}" ;;
    '"""'*'"""'*) text=${1#???}; printf '%s' "${text%'"""'*}" ;;
    "'''"* | '"""'*) return 1 ;;
    '"'*'"'*) text=${1#?}; printf '%s' "${text%'"'*}" ;;
    "'"*"'"*) text=${1#?}; printf '%s' "${text%"'"*}" ;;
    *) printf '%s' "${1%%' #'*}" ;;
  esac
}
hook=$(unquoted "$(setting renew_hook)") || {
  echo "renew_hook in $conf has several lines" >&2
  failed 1 renew_hook
}
was=${LC_ALL-}; had=${LC_ALL+set}
LC_ALL=C
set -- "$store"/renewal-hooks/deploy/*
if [ -n "$had" ]; then LC_ALL=$was; else unset LC_ALL; fi
for file do
  case $file in *'~') continue ;; esac
  [ -f "$file" ] && [ -x "$file" ] || continue
  run "${file##*/}" "$file"
  [ "$file" != "$hook" ] || hook=
done
case $hook in
  '' | None) ;;
  *) run renew_hook /bin/sh -c "$hook" ;;
esac
case $(unquoted "$(setting installer)") in
  nginx) run nginx nginx -s reload ;;
  apache)
    control=apachectl
    ! command -v apache2ctl >/dev/null || control=apache2ctl
    run apache $control graceful
    ;;
esac
exit $status
)sh";

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

// A hook may put the variable into a command unquoted: only names as they can stand in DNS, and addresses.
bool is_harmless(std::string_view name) {
  constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_*-";
  return !name.empty() && name.find_first_not_of(harmless) == std::string_view::npos;
}

std::string domains_of(const Chain& chain) {
  std::string domains;
  if (chain.certificates.empty()) return domains;
  for (const std::string& name : chain.certificates.front().names)
    if (is_harmless(name)) domains += (domains.empty() ? "" : " ") + name;
  return domains;
}

}  // namespace

std::optional<sdk::Command> deploy_command(const ClientOptions& options, const StoredCertificate& certificate) {
  auto command = own_command(options.deploy, options);
  if (!command) {
    // A '?' in the name stands for a byte that we do not know.
    if (options.client != Client::certbot || !certificate.in_store || !certificate.has_deploy_hook ||
        !is_lineage_name(certificate.name) || certificate.name.find('?') != std::string::npos)
      return std::nullopt;
    command.emplace();
    command->script = std::string(client_path()) + std::string(certbot_hooks);
    command->argv = {options.store, certificate.name};
    command->become_user = options.user;
    command->environment = options.environment;
  }
  command->environment["RENEWED_LINEAGE"] = directory_of(certificate.path);
  command->environment["RENEWED_DOMAINS"] = domains_of(certificate.chain);
  return command;
}

std::vector<FailedHook> read_failed_hooks(std::string_view output) {
  std::vector<FailedHook> hooks;
  for (std::string_view line : plugins::split_lines(output)) {
    if (!line.starts_with(failed_mark) || hooks.size() == 100) continue;
    const auto words = plugins::split_words(line.substr(failed_mark.size()));
    if (words.size() != 2) continue;
    const auto status = plugins::parse_number(words[0]);
    if (!status || *status > 255) continue;
    hooks.push_back({decoded_line(words[1]), static_cast<int>(*status)});
  }
  return hooks;
}

std::string failed_hooks_text(const std::vector<FailedHook>& hooks) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(hooks.size(), 10); ++i)
    text += (i == 0 ? "hook " : ", hook ") + hooks[i].name + " ended with exit status " +
            std::to_string(hooks[i].status);
  return text;
}

}  // namespace maintain::letsencrypt
