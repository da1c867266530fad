// The ACME client on the server: where it keeps its certificates, and the commands that make it renew them. It alone
// talks to the certificate authority and decides when; nothing here does either. Pure: options -> commands.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::letsencrypt {

enum class Client { none, certbot, lego, acme_sh, dehydrated, command };

// "certbot", "acme.sh", ...; nothing for other words.
std::optional<Client> client_by_name(std::string_view name);
std::string_view client_name(Client client);

struct ClientOptions {
  Client client = Client::none;
  std::string store = {};                      // see default_store(); empty: the client keeps none that we know
  std::string user = {};                       // runs the client and reads its store; empty: the connection's user
  std::vector<std::string> lineages = {};      // only these, by their names in the store; empty (and no files): all
  std::vector<std::string> files = {};         // absolute paths of PEM files, from the same option
  std::vector<std::string> deployed = {};      // absolute paths of copies that services read
  std::vector<std::string> roots = {};         // absolute paths of further certificate authorities
  sdk::Json command = nullptr;                 // text or words, instead of the client's own renewal; null: none
  sdk::Json deploy = nullptr;                  // text or words, instead of the client's own hooks; null: none
  std::map<std::string, std::string> environment = {};  // of the client's command and the deploy command
};

// From a task's options, which are valid against the schema; those that are missing have the documented defaults. A
// task without `client` gets `otherwise`.
ClientOptions read_client_options(const sdk::Json& options, Client otherwise);

// "~" stands for the home of the user that reads it. Empty for none and command.
std::string default_store(Client client);

// Whether name can be that of a lineage: it is one file name, and no option of a program.
bool is_lineage_name(std::string_view name);

// Makes the client renew what is due, without asking anything and without its own random delay: the schedule already
// has one. Standard output and standard error are what read_renewal_output() takes. With named lineages only those, by
// certbot and acme.sh; dehydrated always looks at all of its own. Nothing for none, and for lego and command where no
// command is given.
std::optional<sdk::Command> renew_command(const ClientOptions& options);

// The client's own dry run, against the authority's test service where it has one; changes no certificate. certbot
// runs pre and post hooks in it, but no deploy hooks. Only certbot has one, and not where `command` replaces it.
std::optional<sdk::Command> rehearse_command(const ClientOptions& options);

// A command of the project's own: text is for /bin/sh, words are a program and its arguments. Nothing for others.
std::optional<sdk::Command> own_command(const sdk::Json& words, const ClientOptions& options);

}  // namespace maintain::letsencrypt
