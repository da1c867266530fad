#include "letsencrypt/audit/seen.hpp"

#include <algorithm>
#include <array>

#include "common/sections.hpp"
#include "letsencrypt/certificate/lifetime.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr std::size_t most_fingerprints = 6;
constexpr std::size_t most_certificates = 1500;
constexpr std::size_t most_told = 4;
constexpr std::size_t longest_text = 300;
constexpr std::size_t longest_told = 700;
constexpr std::int64_t latest = 253'402'300'799;  // the last second of the year 9999, which X.509 ends with, too

using sdk::Json;

bool differ(std::int64_t a, std::int64_t b) { return std::abs(a - b) > std::max(a, b) / 10; }

std::optional<std::int64_t> number_in(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_number_integer()) return std::nullopt;
  const auto number = found->get<std::int64_t>();
  if (number < 0 || number > latest) return std::nullopt;
  return number;
}

std::string text_in(const Json& value, std::size_t longest = longest_text) {
  if (!value.is_string()) return {};
  return plugins::printable(value.get_ref<const std::string&>().substr(0, longest));
}

std::string text_in(const Json& entry, const char* key, std::size_t longest = longest_text) {
  const auto found = entry.find(key);
  return found == entry.end() ? std::string() : text_in(*found, longest);
}

constexpr std::array<std::pair<sdk::State, std::string_view>, 3> states{
    {{sdk::State::ok, "ok"}, {sdk::State::warning, "warning"}, {sdk::State::critical, "critical"}}};

Json to_json(const Told& told) {
  Json entry = {{"code", told.code}, {"title", told.title}, {"detail", told.detail}, {"action", told.action},
                {"at", told.at}};
  for (const auto& [state, word] : states)
    if (state == told.state) entry["state"] = word;
  if (!told.certificate.empty()) entry["certificate"] = told.certificate;
  return entry;
}

std::vector<Told> told_in(const Json& entry) {
  std::vector<Told> all;
  const auto found = entry.find("told");
  if (found == entry.end() || !found->is_array()) return all;
  for (const Json& one : *found) {
    if (!one.is_object() || all.size() >= most_told) continue;
    Told told{.code = text_in(one, "code"), .title = text_in(one, "title"),
              .detail = text_in(one, "detail", longest_told), .action = text_in(one, "action", longest_told),
              .certificate = text_in(one, "certificate"), .at = number_in(one, "at").value_or(0)};
    for (const auto& [state, word] : states)
      if (text_in(one, "state") == word) told.state = state;
    if (told.code.starts_with("letsencrypt.") && !told.title.empty()) all.push_back(std::move(told));
  }
  return all;
}

std::optional<Seen> seen_in(const Json& entry) {
  if (!entry.is_object()) return std::nullopt;
  Seen seen;
  seen.issuer_organization = text_in(entry, "issuer");
  seen.lifetime = number_in(entry, "lifetime").value_or(0);
  const auto fingerprints = entry.find("fingerprints");
  seen.told = told_in(entry);
  seen.looked = number_in(entry, "looked").value_or(0);
  seen.was_ours = entry.contains("was_ours");
  seen.is_new = entry.contains("is_new");
  const bool has_certificate = fingerprints != entry.end() && fingerprints->is_array() && seen.lifetime > 0;
  if (!has_certificate) return seen.looked > 0 || !seen.told.empty() ? std::optional(seen) : std::nullopt;
  for (const Json& value : *fingerprints) {
    std::string fingerprint = text_in(value);
    if (!fingerprint.empty() && seen.fingerprints.size() < most_fingerprints) {
      seen.fingerprints.push_back(std::move(fingerprint));
    }
  }
  if (seen.fingerprints.empty()) return std::nullopt;
  seen.former_issuer = text_in(entry, "former_issuer");
  seen.issuer_changed = number_in(entry, "issuer_changed");
  seen.former_lifetime = number_in(entry, "former_lifetime").value_or(0);
  seen.lifetime_changed = number_in(entry, "lifetime_changed");
  return seen;
}

void forget_past_changes(Seen& seen, std::int64_t now) {
  // A clock that went back must not keep a change for ever.
  const auto is_past = [&](std::int64_t since) { return now - since >= change_told_for || since > now; };
  if (seen.issuer_changed && is_past(*seen.issuer_changed)) {
    seen.issuer_changed.reset();
    seen.former_issuer.clear();
  }
  if (seen.lifetime_changed && is_past(*seen.lifetime_changed)) {
    seen.lifetime_changed.reset();
    seen.former_lifetime = 0;
  }
}

}  // namespace

void note_seen(SeenCertificates& all, const std::string& name, const Certificate& certificate, std::int64_t now) {
  if (all.size() >= most_certificates && !all.contains(name)) return;
  Seen& seen = all[name];
  const bool is_first = seen.fingerprints.empty();
  forget_past_changes(seen, now);
  const auto known = std::find(seen.fingerprints.begin(), seen.fingerprints.end(), certificate.fingerprint);
  if (known != seen.fingerprints.end()) seen.fingerprints.erase(known);
  seen.fingerprints.insert(seen.fingerprints.begin(), certificate.fingerprint);
  if (seen.fingerprints.size() > most_fingerprints) seen.fingerprints.resize(most_fingerprints);

  if (!is_first && seen.issuer_organization != certificate.issuer_organization) {
    seen.former_issuer = seen.issuer_organization;
    seen.issuer_changed = now;
  }
  if (!is_first && differ(seen.lifetime, lifetime(certificate))) {
    seen.former_lifetime = seen.lifetime;
    seen.lifetime_changed = now;
  }
  seen.issuer_organization = certificate.issuer_organization;
  seen.lifetime = lifetime(certificate);
  seen.is_new = false;
}

void note_before_renewal(SeenCertificates& all, const std::string& name, const Certificate& certificate,
                         std::int64_t now) {
  if (was_seen(all, name, certificate)) return;
  const auto found = all.find(name);
  if (found == all.end() || found->second.fingerprints.empty()) {
    note_seen(all, name, certificate, now);
    if (const auto noted = all.find(name); noted != all.end()) noted->second.is_new = true;
    return;
  }
  auto& fingerprints = found->second.fingerprints;
  fingerprints.insert(fingerprints.begin() + 1, certificate.fingerprint);
  if (fingerprints.size() > most_fingerprints) fingerprints.resize(most_fingerprints);
}

void note_former(SeenCertificates& all, const std::string& name, const Certificate& certificate) {
  const auto found = all.find(name);
  if (found == all.end() || was_seen(all, name, certificate)) return;
  if (found->second.fingerprints.size() < most_fingerprints)
    found->second.fingerprints.push_back(certificate.fingerprint);
}

void note_told(SeenCertificates& all, const std::string& name, std::vector<Told> told, std::int64_t now) {
  if (all.size() >= most_certificates && !all.contains(name)) return;
  if (told.size() > most_told) told.resize(most_told);
  for (Told& one : told) {
    one.title = plugins::printable(one.title.substr(0, longest_text));
    one.detail = plugins::printable(one.detail.substr(0, longest_told));
    one.action = plugins::printable(one.action.substr(0, longest_told));
    one.certificate = plugins::printable(one.certificate.substr(0, longest_text));
  }
  Seen& seen = all[name];
  seen.told = std::move(told);
  seen.looked = now;
}

bool was_seen(const SeenCertificates& all, const std::string& name, const Certificate& certificate) {
  const auto seen = all.find(name);
  return seen != all.end() && std::find(seen->second.fingerprints.begin(), seen->second.fingerprints.end(),
                                        certificate.fingerprint) != seen->second.fingerprints.end();
}

Json to_json(const SeenCertificates& all) {
  Json document = Json::object();
  for (const auto& [name, seen] : all) {
    Json& entry = document[plugins::printable(name)];
    entry = Json::object();
    if (!seen.fingerprints.empty()) {
      entry = {{"issuer", seen.issuer_organization}, {"lifetime", seen.lifetime}, {"fingerprints", seen.fingerprints}};
    }
    if (seen.looked > 0) entry["looked"] = seen.looked;
    if (seen.was_ours) entry["was_ours"] = true;
    if (seen.is_new) entry["is_new"] = true;
    for (const Told& told : seen.told) entry["told"].push_back(to_json(told));
    if (seen.issuer_changed) {
      entry["issuer_changed"] = *seen.issuer_changed;
      entry["former_issuer"] = seen.former_issuer;
    }
    if (seen.lifetime_changed) {
      entry["lifetime_changed"] = *seen.lifetime_changed;
      entry["former_lifetime"] = seen.former_lifetime;
    }
  }
  return document;
}

SeenCertificates seen_from_json(const Json& document) {
  SeenCertificates all;
  if (!document.is_object()) return all;
  for (const auto& [name, entry] : document.items()) {
    if (all.size() >= most_certificates) break;
    if (auto seen = seen_in(entry)) all.emplace(name, std::move(*seen));
  }
  return all;
}

}  // namespace maintain::letsencrypt
