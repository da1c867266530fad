// What a server answers about its certificates, and what an ACME client prints there, is parsed whatever it is; what
// comes of it is text that state and findings can hold, and of bounded size.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "letsencrypt/client/deploy.hpp"
#include "letsencrypt/client/renewal_output.hpp"
#include "letsencrypt/client/survey.hpp"

using namespace maintain::letsencrypt;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

// Throws, and so ends the program, where the text is no UTF-8.
void require_line(const std::string& text) {
  (void)nlohmann::json(text).dump();
  require(text.size() <= 4096 && text.find('\n') == std::string::npos);
}

void require_stored(const StoredCertificate& stored) {
  for (const auto* text : {&stored.name, &stored.path, &stored.problem, &stored.key_path, &stored.key_problem})
    require_line(*text);
  require(stored.trouble != FileTrouble::none || !stored.chain.certificates.empty());
  require(stored.key_hash.empty() || stored.key_hash.size() == 64);
}

void fuzz_survey(std::string_view text) {
  const auto survey = parse_survey(text);
  if (!survey) return;
  require_line(survey->client_version);
  require_line(survey->store);
  for (const auto& problem : survey->problems) require_line(problem);
  for (const auto& stored : survey->certificates) require_stored(stored);
  for (const auto& stored : survey->deployed) require_stored(stored);
  ClientOptions options{.client = Client::certbot, .store = "/etc/letsencrypt"};
  for (const auto& stored : survey->certificates) (void)deploy_command(options, stored);
}

void fuzz_output(Client client, std::string_view text) {
  const auto output = read_renewal_output(client, text, 1795968000);
  require_line(output.error);
  (void)nlohmann::json(output.detail).dump();
  require(output.error.empty() == output.detail.empty());
  for (const auto* list : {&output.renewed, &output.failed, &output.not_due, &output.failed_hooks})
    for (const auto& name : *list) require_line(name);
  require(!output.rate_limited_until || *output.rate_limited_until <= 1795968000 + 31 * 86400);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz_survey(text);
  for (const Client client : {Client::certbot, Client::lego, Client::acme_sh, Client::dehydrated, Client::command})
    fuzz_output(client, text);
  for (const auto& hook : read_failed_hooks(text)) require_line(hook.name);
  return 0;
}
