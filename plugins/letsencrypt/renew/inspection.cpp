#include "letsencrypt/renew/inspection.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "common/duration.hpp"
#include "common/sections.hpp"
#include "letsencrypt/probe/server_probe.hpp"
#include "letsencrypt/renew/json_parts.hpp"
#include "letsencrypt/renew/moments.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::chrono_literals;
using sdk::Completed;
using sdk::Failure;

constexpr Milliseconds probe_time = 10s;  // for each endpoint

std::string first_line(const Completed& completed) {
  for (const std::string_view line : plugins::split_lines(completed.error_output))
    if (!plugins::trim(line).empty()) return ": " + cut(plugins::printable(plugins::trim(line)), 300);
  return {};
}

[[noreturn]] void cannot_look(const Completed& completed) {
  throw Failure(MAINTAIN_FAILED, "the server did not say which certificates it has (exit status " +
                                     std::to_string(completed.status) + ")" + first_line(completed));
}

std::vector<Served> look_at(sdk::Context& context, const Options& options, const Probe& probe_here,
                            const std::vector<Endpoint>& endpoints) {
  if (endpoints.empty()) return {};
  if (!options.from_server) {
    auto served = probe_here(endpoints, probe_time, [&context] { return context.is_cancelled(); });
    if (context.is_cancelled()) throw Failure(MAINTAIN_CANCELLED, "the run is being stopped");
    return served;
  }
  const Completed completed = context.exec(server_probe_command(endpoints));
  if (!completed.ok() && completed.output.empty())
    throw Failure(MAINTAIN_FAILED, "the server did not say what is served there (exit status " +
                                       std::to_string(completed.status) + ")" + first_line(completed));
  return parse_server_probe(endpoints, completed.output);
}

bool same_place(const Endpoint& one, const Endpoint& other) {
  return std::tie(one.name, one.address, one.port, one.starttls, one.certificate) ==
         std::tie(other.name, other.address, other.port, other.starttls, other.certificate);
}

}  // namespace

void survey(sdk::Context& context, const Options& options, Looked& looked) {
  const ClientOptions client = looked_at(options);
  const Completed completed = context.exec(survey_command(client));
  auto parsed = parse_survey(completed.output);
  if (!parsed) cannot_look(completed);
  looked.survey = std::move(*parsed);
  looked.survey_at = context.now();
  // Who brings a command needs no client of ours; one that calls certbot may do so in a container.
  if (!options.client.command.is_null()) looked.survey.client_found = true;
  if (looked.survey.store_trouble != FileTrouble::denied) return;
  std::string why = looked.survey.problems.empty() ? looked.survey.store + " may not be read"
                                                   : looked.survey.problems.front();
  throw Failure(MAINTAIN_FAILED, "the certificates cannot be looked at: " + cut(why, 500) + " by the user " +
                                     client.user + "; give the task a `user` that may, or let this one");
}

std::vector<Endpoint> endpoints_of(const Options& options, const Survey& survey, std::size_t& left_out) {
  left_out = 0;
  if (options.endpoints) return *options.endpoints;
  const std::size_t most = options.from_server ? most_server_endpoints : most_endpoints;
  std::vector<Endpoint> endpoints;
  std::set<std::pair<std::string, std::uint16_t>> known;
  for (const StoredCertificate& stored : survey.certificates) {
    const Certificate* leaf = leaf_of(stored);
    if (leaf == nullptr) continue;
    for (const std::string& name : leaf->names) {
      const bool numeric = is_address(name);
      if (!numeric && host_name_problem(name)) continue;
      for (const std::uint16_t port : options.ports) {
        if (!known.emplace(name, port).second) continue;
        if (endpoints.size() == most) ++left_out;
        else endpoints.push_back({.name = name, .address = numeric ? name : "", .port = port});
      }
    }
  }
  return endpoints;
}

void probe(sdk::Context& context, const Options& options, const Probe& probe_here, Looked& looked) {
  std::size_t left_out = 0;
  looked.endpoints = endpoints_of(options, looked.survey, left_out);
  if (left_out > 0)
    looked.survey.problems.push_back("there are more than " + std::to_string(looked.endpoints.size()) +
                                     " endpoints: what is served at the others was not looked at; `endpoints` chooses");
  looked.served = look_at(context, options, probe_here, looked.endpoints);
}

void probe_again(sdk::Context& context, const Options& options, const Probe& probe_here,
                 const std::set<std::string>& certificates, const SeenCertificates& seen, Looked& looked) {
  std::vector<Endpoint> endpoints;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < looked.served.size(); ++i) {
    const Served& served = looked.served[i];
    if (served.endpoint.address.empty()) continue;
    if (!certificates.contains(compare(served, looked.survey, seen).certificate)) continue;
    endpoints.push_back(served.endpoint);
    places.push_back(i);
  }
  const std::vector<Served> again = look_at(context, options, probe_here, endpoints);
  for (const std::size_t place : places)
    for (const Served& served : again)
      if (same_place(served.endpoint, looked.served[place].endpoint)) {
        looked.served[place] = served;
        break;
      }
}

Fingerprints fingerprints(const Survey& survey) {
  Fingerprints all;
  for (const StoredCertificate& stored : survey.certificates)
    if (const Certificate* leaf = leaf_of(stored)) all.emplace(stored.name, leaf->fingerprint);
  return all;
}

AuditInput audit_input(sdk::Context& context, const Options& options, const Looked& looked, const Memory& memory) {
  return {.survey = looked.survey,
          .served = looked.served,
          .names = options.names,
          .now = seconds(context.now()),
          .survey_at = seconds(looked.survey_at),
          .roots = TrustRoots::system(),
          .client = options.client.client,
          .user = options.client.user,
          .endpoints_given = options.endpoints.has_value(),
          .seen = memory.seen};
}

void tell(sdk::Context& context, const Audit& result, Memory& memory) {
  for (const sdk::Finding& finding : result.findings) context.finding(finding);
  double least = 1;
  bool any = false;
  for (const CertificateLine& line : result.lines) {
    context.output(to_text(line) + "\n");
    if (!line.is_known) continue;
    context.metric("certificate_lifetime_left", line.remaining, "ratio", line.name);
    context.metric("certificate_time_left", std::round(line.days_left * 86400), "seconds", line.name);
    least = std::min(least, line.remaining);
    any = true;
  }
  if (any) context.metric("certificate_lifetime_left_min", least, "ratio");
  memory.seen = result.seen;
}

std::string summary_of(const Audit& result) {
  const CertificateLine* first = nullptr;
  for (const CertificateLine& line : result.lines)
    if (line.is_known && (first == nullptr || line.not_after < first->not_after)) first = &line;
  const std::size_t count = result.lines.size();
  if (count == 0) return "no certificate";
  std::string text = std::to_string(count) + (count == 1 ? " certificate" : " certificates");
  if (first == nullptr) return text + ", none of which can be read";
  const auto left = std::chrono::minutes(static_cast<long>(std::abs(first->days_left) * 24 * 60));
  const std::string days = plugins::age_text(left);
  if (first->days_left < 0) return text + ", the first ended " + days + " ago (" + first->name + ")";
  return text + (count == 1 ? ", to end in " : ", the first to end in ") + days + " (" + first->name + ")";
}

}  // namespace maintain::letsencrypt
