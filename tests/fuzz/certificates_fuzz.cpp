// Certificates come from files of a server and from whoever answers at an address: whatever they hold, reading and
// judging them ends, breaks nothing, and gives text that a finding can have.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "letsencrypt/audit/audit.hpp"
#include "letsencrypt/certificate/certificate.hpp"
#include "letsencrypt/certificate/chain_check.hpp"
#include "letsencrypt/certificate/lifetime.hpp"

using namespace maintain::letsencrypt;

namespace {

constexpr std::int64_t now = 1'800'000'000;

void require(bool truth) {
  if (!truth) std::abort();
}

// Throws, and so ends the program, where the text is no UTF-8.
void require_text(const Certificate& certificate) {
  (void)nlohmann::json{certificate.subject, certificate.issuer, certificate.issuer_short, certificate.names,
                       certificate.issuer_organization, certificate.serial}.dump();
  require(certificate.subject.find('\n') == std::string::npos && certificate.names.size() <= max_names);
}

void judge(const Certificate& certificate, std::string_view name) {
  require_text(certificate);
  require(certificate.fingerprint.size() == 64 && certificate.key_hash.size() == 64);
  const double left = remaining(certificate, now);
  require(left >= 0 && left <= 1 && lifetime(certificate) >= 1);
  require(standing(certificate, now) != Standing::expired || left == 0);
  (void)covers(certificate, name);
  require(!covers(certificate, "") && !covers(certificate, "*"));
  const auto again = parse_der(certificate.der);
  require(again && again->fingerprint == certificate.fingerprint && again->names == certificate.names);
}

void audit_all(const std::vector<Certificate>& chain, std::string_view text) {
  AuditInput input;
  input.now = now;
  StoredCertificate stored;
  stored.name = stored.path = "/etc/ssl/a.pem";
  stored.chain.certificates = {chain.back()};
  input.survey.certificates.push_back(stored);
  Served served;
  served.endpoint.name = "a.example.org";
  served.kind = Served::Kind::answered;
  served.chain = chain;
  input.served.push_back(served);
  input.survey.roots.emplace_back(text);
  const Audit result = audit(input);
  for (const auto& finding : result.findings) {
    require(!finding.title.empty() && !finding.code.empty());
    (void)nlohmann::json{finding.subject, finding.title, finding.detail, finding.action}.dump();
  }
  require(to_json(seen_from_json(to_json(result.seen))) == to_json(result.seen));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Chain chain = parse_pem(text);
  require(chain.certificates.size() <= max_chain);
  require(!chain.certificates.empty() || !chain.problem.empty());
  for (const Certificate& certificate : chain.certificates) judge(certificate, text.substr(0, 100));
  if (const auto certificate = parse_der(text)) judge(*certificate, text.substr(0, 100));

  TrustRoots roots;
  require(roots.add_pem(text) == !roots.empty());
  if (!chain.certificates.empty()) {
    require(check_chain(chain.certificates, TrustRoots(), now).kind != ChainVerdict::Kind::trusted);
    const ChainVerdict verdict = check_chain(chain.certificates, roots, now);
    require((verdict.kind == ChainVerdict::Kind::trusted) == verdict.detail.empty());
    (void)nlohmann::json(verdict.detail).dump();
    audit_all(chain.certificates, text);
  }
  return 0;
}
