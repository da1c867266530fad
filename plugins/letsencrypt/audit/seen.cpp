#include "letsencrypt/audit/seen.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "letsencrypt/certificate/lifetime.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr std::size_t most_fingerprints = 6;
constexpr std::size_t most_certificates = 500;
constexpr std::size_t longest_text = 300;
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

std::string text_in(const Json& value) {
  if (!value.is_string()) return {};
  return plugins::printable(value.get_ref<const std::string&>().substr(0, longest_text));
}

std::string text_in(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found == entry.end() ? std::string() : text_in(*found);
}

std::optional<Seen> seen_in(const Json& entry) {
  if (!entry.is_object()) return std::nullopt;
  Seen seen;
  seen.issuer_organization = text_in(entry, "issuer");
  seen.lifetime = number_in(entry, "lifetime").value_or(0);
  const auto fingerprints = entry.find("fingerprints");
  if (fingerprints == entry.end() || !fingerprints->is_array() || seen.lifetime == 0) return std::nullopt;
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
    entry = {{"issuer", seen.issuer_organization}, {"lifetime", seen.lifetime}, {"fingerprints", seen.fingerprints}};
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
