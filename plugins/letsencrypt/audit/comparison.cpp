#include "letsencrypt/audit/comparison.hpp"

#include <algorithm>
#include <functional>

namespace maintain::letsencrypt {
namespace {

using Candidates = std::vector<const StoredCertificate*>;
using Test = std::function<bool(const StoredCertificate&)>;

bool share_a_name(const Certificate& a, const Certificate& b) {
  const std::set<std::string_view> names(a.names.begin(), a.names.end());
  return std::any_of(b.names.begin(), b.names.end(), [&](const std::string& name) { return names.contains(name); });
}

// What this lineage had before: it was seen here, or has the same key.
bool is_proven(const Certificate& leaf, const StoredCertificate& stored, const SeenCertificates& seen) {
  const Certificate& now = *leaf_of(stored);
  return leaf.not_before < now.not_before && (was_seen(seen, stored.name, leaf) || leaf.key_hash == now.key_hash);
}

// The same authority gave it before, for such names. So it does for another machine of that name.
bool is_similar(const Certificate& leaf, const Certificate& now) {
  return leaf.not_before < now.not_before && !leaf.self_signed &&
         leaf.issuer_organization == now.issuer_organization && share_a_name(leaf, now);
}

bool is_earlier(const Certificate& leaf, const StoredCertificate& stored, const SeenCertificates& seen) {
  return is_proven(leaf, stored, seen) || is_similar(leaf, *leaf_of(stored));
}

bool same_names(const Certificate& a, const Certificate& b) {
  return std::set<std::string>(a.names.begin(), a.names.end()) == std::set<std::string>(b.names.begin(), b.names.end());
}

const StoredCertificate* newest(const Candidates& candidates, const Test& test) {
  const StoredCertificate* best = nullptr;
  for (const StoredCertificate* candidate : candidates) {
    if (!test(*candidate)) continue;
    if (best == nullptr || leaf_of(*candidate)->not_before > leaf_of(*best)->not_before) best = candidate;
  }
  return best;
}

Candidates those(const Survey& survey, const Test& test) {
  Candidates found;
  for (const StoredCertificate& stored : survey.certificates) {
    if (leaf_of(stored) != nullptr && test(stored)) found.push_back(&stored);
  }
  return found;
}

const StoredCertificate* belonging(const Candidates& candidates, const Certificate* leaf,
                                   const SeenCertificates& seen) {
  const StoredCertificate* found = nullptr;
  if (leaf != nullptr) {
    found = newest(candidates, [&](const auto& stored) { return leaf_of(stored)->fingerprint == leaf->fingerprint; });
    // Of several for one name, as RSA beside ECDSA, the one that has all the names of what is served.
    if (found == nullptr) {
      found = newest(candidates, [&](const auto& stored) {
        return is_earlier(*leaf, stored, seen) && leaf_of(stored)->names == leaf->names;
      });
    }
    if (found == nullptr) {
      found = newest(candidates, [&](const auto& stored) { return is_earlier(*leaf, stored, seen); });
    }
  }
  return found != nullptr ? found : newest(candidates, [](const auto&) { return true; });
}

// Another stored certificate, which is nobody's earlier one.
bool is_somebodys(const Certificate& leaf, const Survey& survey) {
  return std::any_of(survey.certificates.begin(), survey.certificates.end(), [&](const StoredCertificate& stored) {
    const Certificate* other = leaf_of(stored);
    return other != nullptr && other->fingerprint == leaf.fingerprint;
  });
}

Agreement agreement(const Certificate& leaf, const StoredCertificate& stored, bool is_covered, const Survey& survey,
                    const SeenCertificates& seen) {
  const Certificate& wanted = *leaf_of(stored);
  if (leaf.fingerprint == wanted.fingerprint) return Agreement::current;
  // One that was seen is an earlier one, though self-signed: so was the store's.
  const bool is_free = !is_somebodys(leaf, survey);
  if (is_free && is_proven(leaf, stored, seen)) return Agreement::old;
  if (leaf.self_signed) return Agreement::self_signed;
  if (!is_covered) return Agreement::uncovered;
  if (is_free && is_similar(leaf, wanted)) return Agreement::similar;
  return leaf.not_before >= wanted.not_before ? Agreement::newer : Agreement::foreign;
}

bool may_need_deploy(const Compared& compared, const Survey& survey) {
  if (compared.agreement == Agreement::old) return true;
  if (compared.agreement != Agreement::self_signed) return false;
  const StoredCertificate* stored = find_stored(survey, compared.certificate);
  return stored != nullptr && leaf_of(*stored) != nullptr && !leaf_of(*stored)->self_signed;
}

}  // namespace

std::string_view to_string(Agreement agreement) {
  switch (agreement) {
    case Agreement::current: return "current";
    case Agreement::old: return "old";
    case Agreement::similar: return "similar";
    case Agreement::newer: return "newer";
    case Agreement::self_signed: return "self_signed";
    case Agreement::foreign: return "foreign";
    case Agreement::uncovered: return "uncovered";
    case Agreement::unknown: return "unknown";
    case Agreement::nothing: break;
  }
  return "nothing";
}

const Certificate* leaf_of(const StoredCertificate& stored) {
  if (stored.trouble != FileTrouble::none || stored.chain.certificates.empty()) return nullptr;
  return &stored.chain.certificates.front();
}

const Certificate* leaf_of(const Served& served) {
  return served.kind != Served::Kind::answered || served.chain.empty() ? nullptr : &served.chain.front();
}

const StoredCertificate* find_stored(const Survey& survey, std::string_view name) {
  const auto found = std::find_if(survey.certificates.begin(), survey.certificates.end(),
                                  [&](const StoredCertificate& stored) { return stored.name == name; });
  return found == survey.certificates.end() ? nullptr : &*found;
}

Compared compare(const Served& served, const Survey& survey, const SeenCertificates& seen) {
  const Endpoint& endpoint = served.endpoint;
  const Certificate* leaf = leaf_of(served);
  const Candidates candidates = those(survey, [&](const StoredCertificate& stored) {
    if (!endpoint.certificate.empty()) return stored.name == endpoint.certificate;
    return covers(*leaf_of(stored), endpoint.name);
  });
  const StoredCertificate* stored = belonging(candidates, leaf, seen);
  Compared compared{.certificate = stored == nullptr ? endpoint.certificate : stored->name};
  if (leaf == nullptr) return compared;
  if (stored == nullptr) {
    compared.agreement = Agreement::unknown;
  } else {
    compared.agreement = agreement(*leaf, *stored, covers(*leaf, endpoint.name), survey, seen);
  }
  return compared;
}

Compared compare(const StoredCertificate& copy, const Survey& survey, const SeenCertificates& seen) {
  const Certificate* leaf = leaf_of(copy);
  if (leaf == nullptr) return {};
  const Candidates candidates = those(survey, [&](const StoredCertificate& stored) {
    return share_a_name(*leaf, *leaf_of(stored)) || is_earlier(*leaf, stored, seen);
  });
  const StoredCertificate* stored = belonging(candidates, leaf, seen);
  if (stored == nullptr) return {.agreement = leaf->self_signed ? Agreement::self_signed : Agreement::unknown};
  return {.certificate = stored->name, .agreement = agreement(*leaf, *stored, true, survey, seen)};
}

Comparison compare_all(const Survey& survey, const std::vector<Served>& served, const SeenCertificates& seen) {
  Comparison all;
  std::vector<const Certificate*> leaves;
  for (const Served& one : served) {
    all.served.push_back(compare(one, survey, seen));
    leaves.push_back(leaf_of(one));
  }
  for (const StoredCertificate& copy : survey.deployed) {
    all.deployed.push_back(compare(copy, survey, seen));
    leaves.push_back(leaf_of(copy));
  }
  std::vector<Compared*> places;
  for (Compared& compared : all.served) places.push_back(&compared);
  for (Compared& compared : all.deployed) places.push_back(&compared);
  std::set<std::string> proven;  // that somebody took it from the store
  for (const Compared* compared : places) {
    if (compared->agreement == Agreement::current) proven.insert(compared->certificate);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    Compared& compared = *places[i];
    if (compared.agreement != Agreement::similar) continue;
    const auto before = seen.find(compared.certificate);
    const bool is_first = before == seen.end() || before->second.fingerprints.empty() || before->second.is_new;
    if (!is_first || proven.contains(compared.certificate)) continue;
    const StoredCertificate* stored = find_stored(survey, compared.certificate);
    if (same_names(*leaves[i], *leaf_of(*stored))) compared.agreement = Agreement::old;
  }
  return all;
}

std::set<std::string> to_deploy(const Survey& survey, const std::vector<Served>& served,
                                const SeenCertificates& seen) {
  std::set<std::string> names;
  const Comparison all = compare_all(survey, served, seen);
  for (const auto* places : {&all.served, &all.deployed}) {
    for (const Compared& compared : *places) {
      if (may_need_deploy(compared, survey)) names.insert(compared.certificate);
    }
  }
  return names;
}

}  // namespace maintain::letsencrypt
