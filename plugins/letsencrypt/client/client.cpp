#include "letsencrypt/client/client.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "letsencrypt/client/client_path.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr std::array<std::pair<std::string_view, Client>, 6> names{{{"none", Client::none},
                                                                    {"certbot", Client::certbot},
                                                                    {"lego", Client::lego},
                                                                    {"acme.sh", Client::acme_sh},
                                                                    {"dehydrated", Client::dehydrated},
                                                                    {"command", Client::command}}};

// Parameters: the store, a word that is --dry-run or empty, names. Of the versions before 0.32 those that sleep at all
// know no option against it (certbot#6599); they take up to eight minutes more. One program per lineage, for renew
// takes one --cert-name; the last failure's exit status is the script's.
constexpr std::string_view certbot_script = R"sh(
store=$(expand_home "$1") dry=$2
shift 2
command -v certbot >/dev/null || { echo 'certbot is not installed' >&2; exit 127; }
awake=--no-random-sleep-on-renew
case $(certbot --version 2>&1 </dev/null) in
  *' 0.'[0-9].* | *' 0.'[12][0-9].* | *' 0.3'[01].*) awake= ;;
esac
renew() {
  [ "$store" = /etc/letsencrypt ] || set -- --config-dir "$store" "$@"
  certbot renew --non-interactive $awake $dry "$@" </dev/null
}
if [ $# -eq 0 ]; then
  renew
  exit
fi
status=0
for name do
  renew --cert-name "$name" || status=$?
done
exit $status
)sh";

// Parameters: the store, names. Exit status 2 of --renew says that it was not due (RENEW_SKIP).
constexpr std::string_view acme_sh_script = R"sh(
store=$(expand_home "$1")
shift
acme=$store/acme.sh
[ -x "$acme" ] || acme=$(command -v acme.sh) || { echo 'acme.sh is not installed' >&2; exit 127; }
if [ $# -eq 0 ]; then
  "$acme" --cron --home "$store" </dev/null
  exit
fi
status=0
for name do
  ecc=
  case $name in
    *_ecc) ecc=--ecc name=${name%_ecc} ;;
    *) [ -d "$store/$name" ] || [ ! -d "$store/${name}_ecc" ] || ecc=--ecc ;;
  esac
  "$acme" --renew --home "$store" --domain "$name" $ecc </dev/null
  code=$?
  [ $code -eq 0 ] || [ $code -eq 2 ] || status=$code
done
exit $status
)sh";

// --keep-going: else the first certificate that fails keeps all after it from being renewed.
constexpr std::string_view dehydrated_script = R"sh(
command -v dehydrated >/dev/null || { echo 'dehydrated is not installed' >&2; exit 127; }
dehydrated --cron --keep-going </dev/null
)sh";

sdk::Command client_command(const ClientOptions& options, std::string_view script) {
  sdk::Command command;
  command.script = std::string(client_path()) + std::string(script);
  command.become_user = options.user;
  command.environment = options.environment;
  return command;
}

sdk::Command certbot_command(const ClientOptions& options, const char* dry) {
  sdk::Command command = client_command(options, certbot_script);
  command.argv = {options.store, dry};
  command.argv.insert(command.argv.end(), options.lineages.begin(), options.lineages.end());
  return command;
}

using Words = std::vector<std::string>;

}  // namespace

std::optional<Client> client_by_name(std::string_view name) {
  for (const auto& [text, client] : names)
    if (text == name) return client;
  return std::nullopt;
}

std::string_view client_name(Client client) {
  for (const auto& [text, value] : names)
    if (value == client) return text;
  return "none";
}

std::string default_store(Client client) {
  switch (client) {
    case Client::certbot: return "/etc/letsencrypt";
    case Client::lego: return "/var/lib/lego";
    case Client::acme_sh: return "~/.acme.sh";
    case Client::dehydrated: return "/var/lib/dehydrated";
    case Client::none:
    case Client::command: break;
  }
  return {};
}

bool is_lineage_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '-' && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c == '/' || c == 0x7F || static_cast<unsigned char>(c) < ' ';
         });
}

ClientOptions read_client_options(const sdk::Json& options, Client otherwise) {
  ClientOptions read;
  read.client = client_by_name(options.value("client", std::string(client_name(otherwise)))).value_or(otherwise);
  read.store = options.value("store", default_store(read.client));
  if (read.store.empty()) read.store = default_store(read.client);
  while (read.store.size() > 1 && read.store.ends_with('/')) read.store.pop_back();
  read.user = options.value("user", "root");
  for (const std::string& certificate : options.value("certificates", Words{}))
    (certificate.starts_with('/') ? read.files : read.lineages).push_back(certificate);
  read.deployed = options.value("deployed", Words{});
  read.roots = options.value("roots", Words{});
  read.command = options.value("command", sdk::Json());
  read.deploy = options.value("deploy", sdk::Json());
  read.environment = options.value("environment", std::map<std::string, std::string>{});
  return read;
}

std::optional<sdk::Command> own_command(const sdk::Json& words, const ClientOptions& options) {
  sdk::Command command;
  if (words.is_string() && !words.get_ref<const std::string&>().empty()) command.script = words.get<std::string>();
  else if (words.is_array() && !words.empty()) command.argv = words.get<Words>();
  else return std::nullopt;
  command.become_user = options.user;
  command.environment = options.environment;
  return command;
}

std::optional<sdk::Command> renew_command(const ClientOptions& options) {
  if (auto own = own_command(options.command, options)) return own;
  if (options.client == Client::certbot) return certbot_command(options, "");
  if (options.client == Client::dehydrated) return client_command(options, dehydrated_script);
  if (options.client != Client::acme_sh) return std::nullopt;
  sdk::Command command = client_command(options, acme_sh_script);
  command.argv = {options.store};
  command.argv.insert(command.argv.end(), options.lineages.begin(), options.lineages.end());
  return command;
}

std::optional<sdk::Command> rehearse_command(const ClientOptions& options) {
  if (options.client != Client::certbot || own_command(options.command, options)) return std::nullopt;
  return certbot_command(options, "--dry-run");
}

}  // namespace maintain::letsencrypt
