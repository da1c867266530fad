// For tests of the audit: a server with certificates in certbot's store, and endpoints that serve something.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/audit/audit.hpp"
#include "letsencrypt/audit/testing.hpp"

namespace maintain::letsencrypt::testing {

inline Chain chain_of(const std::vector<Issued>& issued) {
  Chain chain;
  for (const Issued& one : issued) chain.certificates.push_back(one.certificate);
  return chain;
}

struct World {
  Issued root = make_root();
  Issued intermediate = make_intermediate(root);
  AuditInput input = {};

  World() {
    input.now = input.survey_at = input.survey.server_time = epoch;
    input.roots.add_pem(root.pem);
    input.client = Client::certbot;
    input.user = "root";
    input.renews = true;
    input.survey.client_found = true;
    input.survey.store = "/etc/letsencrypt";
  }

  Issued leaf(const std::vector<std::string>& names, std::int64_t begins = epoch - 10 * day,
              std::int64_t span = 90 * day) const {
    return make_leaf(intermediate, names, begins, begins + span - 1);
  }
  StoredCertificate& store(const std::string& name, const std::vector<Issued>& chain) {
    StoredCertificate stored;
    stored.name = name;
    stored.path = "/etc/letsencrypt/live/" + name + "/fullchain.pem";
    stored.chain = chain_of(chain);
    stored.key_path = "/etc/letsencrypt/live/" + name + "/privkey.pem";
    stored.key_hash = chain.empty() ? "" : chain.front().certificate.key_hash;
    stored.in_store = true;
    input.survey.certificates.push_back(stored);
    return input.survey.certificates.back();
  }
  StoredCertificate& store(const std::string& name, const Issued& leaf_of_it) {
    return store(name, std::vector<Issued>{leaf_of_it, intermediate});
  }
  StoredCertificate& copy(const std::string& path, const Issued& leaf_of_it) {
    StoredCertificate stored;
    stored.name = stored.path = path;
    stored.chain = chain_of({leaf_of_it, intermediate});
    input.survey.deployed.push_back(stored);
    return input.survey.deployed.back();
  }
  Served& serve(const std::string& name, const std::vector<Issued>& chain, const std::string& address = "192.0.2.7") {
    Served served;
    served.endpoint.name = name;
    served.endpoint.address = address;
    served.kind = Served::Kind::answered;
    served.chain = chain_of(chain).certificates;
    input.served.push_back(served);
    return input.served.back();
  }
  Served& serve(const std::string& name, const Issued& leaf_of_it, const std::string& address = "192.0.2.7") {
    return serve(name, std::vector<Issued>{leaf_of_it, intermediate}, address);
  }
  Served& no_answer(const std::string& name, Served::Kind kind, const std::string& address = "192.0.2.7") {
    Served& served = serve(name, std::vector<Issued>{}, address);
    served.kind = kind;
    served.problem = "it did not work";
    return served;
  }
};

inline std::size_t times(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// "code subject" of each, and what each finding has to have, by whichever test it comes up.
inline std::vector<std::string> told(const World& world) {
  std::vector<std::string> lines;
  for (const sdk::Finding& finding : audit(world.input).findings) {
    CAPTURE(finding.code, finding.subject, finding.title, finding.detail, finding.action);
    CHECK_FALSE(finding.detail.empty());
    CHECK_FALSE(finding.action.empty());
    CHECK(finding.title.size() <= 120);
    CHECK(finding.action.ends_with('.'));
    const std::string word = finding.subject.substr(0, finding.subject.find(' '));
    if (!word.empty()) CHECK(times(finding.title, word) == 1);
    lines.push_back(finding.code.substr(finding.code.find('.') + 1) +
                    (finding.subject.empty() ? "" : " " + finding.subject));
  }
  std::vector<std::string> sorted = lines;
  std::sort(sorted.begin(), sorted.end());
  CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
  return lines;
}

inline sdk::Finding only(const World& world) {
  const auto lines = told(world);
  REQUIRE(lines.size() == 1);
  return audit(world.input).findings.front();
}

}  // namespace maintain::letsencrypt::testing
