#include "letsencrypt/renew/options.hpp"

#include <algorithm>
#include <cctype>
#include <variant>

#include <openssl/sha.h>
#include <re2/re2.h>

#include "common/sections.hpp"
#include "letsencrypt/probe/server_probe.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::InvalidOption;
using sdk::Json;
using Words = std::vector<std::string>;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
}

std::string at(const char* list, std::size_t index) { return std::string(list) + "/" + std::to_string(index); }

// POSIX 2.2.2 names of variables; of others no shell could set them.
bool is_variable_name(const std::string& name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); });
}

void check_environment(const Json& json) {
  const Json environment = json.value("environment", Json::object());
  for (const auto& [name, value] : environment.items()) {
    if (!is_variable_name(name))
      throw InvalidOption("/environment", "'" + name + "' cannot be the name of a variable: letters, digits and _");
    if (value.is_string() && value.get_ref<const std::string&>().find('\0') != std::string::npos)
      throw InvalidOption("/environment/" + name, "must not hold a NUL");
  }
}

// useradd(8); a first "-" would be an option of sudo.
void check_user(const Json& json) {
  const std::string user = json.value("user", "root");
  if (user.empty() || user.front() == '-' || user.find_first_of(" :/\\") != std::string::npos || has_control(user))
    throw InvalidOption("/user", "must be the name of a user on the server");
}

void check_command(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return;
  const std::string path = "/" + std::string(key);
  const bool is_text = found->is_string();
  std::string first;
  if (is_text) first = found->get<std::string>();
  else if (!found->empty()) first = found->front().get<std::string>();
  if (first.find_first_not_of(" \t\n") == std::string::npos)
    throw InvalidOption(path, is_text ? "must be a command" : "must begin with a program");
  for (const Json& word : is_text ? Json::array({*found}) : *found)
    if (word.get_ref<const std::string&>().find('\0') != std::string::npos)
      throw InvalidOption(path, "must not hold a NUL");
}

void check_client(const Json& json, const ClientOptions& client, bool renews) {
  const std::string name(client_name(client.client));
  if (renews && !renew_command(client))
    throw InvalidOption("/client", "needs `command` with " + name + ": what renews its certificates");
  if (client.client == Client::none && !json.contains("endpoints") && !json.contains("certificates") &&
      json.value("names", Words{}).empty() && client.deployed.empty())
    throw InvalidOption("", "has nothing to look at: give `client`, `certificates` or `endpoints`");
  if (client.client == Client::none && json.contains("store"))
    throw InvalidOption("/store", "needs `client`: whose store it is");
}

void check_certificates(const Json& json, const ClientOptions& client) {
  const auto certificates = json.value("certificates", Words{});
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    const std::string& certificate = certificates[i];
    const std::string path = at("/certificates", i);
    const bool is_path = certificate.starts_with('/');
    if (is_path ? has_control(certificate) : !is_lineage_name(certificate))
      throw InvalidOption(path, "must be the name of a certificate in the client's store, or an absolute path");
    if (!is_path && client.client == Client::none)
      throw InvalidOption(path, "must be an absolute path, or say by `client` in whose store that name is");
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> read_names(const Json& json) {
  std::vector<std::string> names = json.value("names", Words{});
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string& name = names[i];
    const std::string host = name.starts_with("*.") ? name.substr(2) : name;
    const auto problem = is_address(name) ? std::nullopt : host_name_problem(host);
    if (problem) throw InvalidOption(at("/names", i), *problem);
    name = lower(name);
    if (name.ends_with('.')) name.pop_back();
  }
  return names;
}

std::optional<std::vector<Endpoint>> read_endpoints(const Json& json) {
  const auto found = json.find("endpoints");
  if (found == json.end()) return std::nullopt;
  const auto certificates = json.value("certificates", Words{});
  std::vector<Endpoint> endpoints;
  for (std::size_t i = 0; i < found->size(); ++i) {
    const auto endpoint = parse_endpoint((*found)[i]);
    if (const auto* problem = std::get_if<std::string>(&endpoint)) throw InvalidOption(at("/endpoints", i), *problem);
    const auto& good = std::get<Endpoint>(endpoint);
    const bool is_known = certificates.empty() || good.certificate.empty() ||
                          std::find(certificates.begin(), certificates.end(), good.certificate) != certificates.end();
    if (!is_known)
      throw InvalidOption(at("/endpoints", i) + "/certificate", "must be one of `certificates`");
    endpoints.push_back(good);
  }
  if (json.value("from", "maintain") == "server" && endpoints.size() > most_server_endpoints)
    throw InvalidOption("/endpoints",
                        "must be at most " + std::to_string(most_server_endpoints) + " with `from: server`");
  return endpoints;
}

std::vector<std::uint16_t> read_ports(const Json& json) {
  std::vector<std::uint16_t> ports;
  for (const auto port : json.value("ports", std::vector<std::int64_t>{443})) {
    if (port < 1 || port > 65535) throw InvalidOption("/ports", "must be numbers from 1 to 65535");
    const auto number = static_cast<std::uint16_t>(port);
    if (std::find(ports.begin(), ports.end(), number) == ports.end()) ports.push_back(number);
  }
  return ports;
}

// The earlier bot read these texts as regular expressions.
std::string read_expression(const Json& json, const char* key) {
  const std::string text = json.value(key, "");
  const RE2 expression(text, RE2::Quiet);
  if (!expression.ok())
    throw InvalidOption("/" + std::string(key), "is no regular expression (RE2): " + expression.error());
  return text;
}

Rehearse read_rehearse(const Json& json, const ClientOptions& client) {
  const std::string word = json.value("rehearse", "never");
  if (word != "weekly" && word != "monthly") return Rehearse::never;
  if (!rehearse_command(client))
    throw InvalidOption("/rehearse", "needs the client certbot without a `command` of the project's own: there is no "
                                     "dry run otherwise");
  return word == "weekly" ? Rehearse::weekly : Rehearse::monthly;
}

}  // namespace

Options read_options(const Json& json, Client otherwise) {
  Options options;
  options.client = read_client_options(json, otherwise);
  check_user(json);
  check_environment(json);
  check_command(json, "command");
  check_command(json, "deploy");
  check_client(json, options.client, otherwise != Client::none);
  check_certificates(json, options.client);
  // certbot by a command of the project's own is such a command: what it prints and why it failed is the project's.
  if (options.client.client == Client::certbot && !options.client.command.is_null())
    options.client.client = Client::command;
  options.names = read_names(json);
  options.endpoints = read_endpoints(json);
  options.ports = read_ports(json);
  options.from_server = json.value("from", "maintain") == "server";
  options.rehearse = read_rehearse(json, options.client);
  read_expression(json, "not_due_output");  // accepted and of no effect: the files decide
  options.renewed_output = read_expression(json, "renewed_output");
  return options;
}

ClientOptions looked_at(const Options& options) {
  ClientOptions client = options.client;
  if (client.client != Client::command) return client;
  client.client = Client::certbot;
  if (client.store.empty()) client.store = default_store(Client::certbot);
  return client;
}

std::string attempt_id(const Options& options) {
  const ClientOptions& client = options.client;
  const std::string text = Json{client_name(client.client), client.store, client.user, client.command, client.lineages,
                                client.environment}
                               .dump(-1, ' ', false, Json::error_handler_t::replace);
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
  std::string hex;
  for (std::size_t i = 0; i < 16; ++i)
    for (const int shift : {4, 0}) hex += "0123456789abcdef"[(hash[i] >> shift) & 15];
  return hex;
}

}  // namespace maintain::letsencrypt
