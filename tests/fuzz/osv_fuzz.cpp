// What a database of advisories says is read whatever it is: a record, an answer about many packages, a severity. What
// comes of it is valid text to show, ids that are fit for a URL, and a verdict that does not depend on luck.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "pydeps/advisory/merge.hpp"
#include "pydeps/advisory/osv_query.hpp"
#include "pydeps/base/test_order.hpp"

using namespace maintain::pydeps;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

// Throws, and so ends the program, where a text is no UTF-8.
void require_texts(const std::vector<std::string>& texts) { (void)nlohmann::json(texts).dump(); }

void require_rated(std::string_view vector) {
  const auto score = cvss_score(vector);
  require(!score || (*score >= 0 && *score <= 100));
  (void)rating_from_word(vector);
}

void require_sound(const Evaluation& evaluation, std::string_view version) {
  require_texts(evaluation.doubts);
  require(evaluation.verdict != Verdict::doubtful || !evaluation.doubts.empty());
  for (const std::string& fix : evaluation.fixes) {
    const auto order = testing::test_order(fix, version);
    require(!order || *order == std::strong_ordering::greater);
  }
}

void fuzz_record(std::string_view text) {
  const ParsedAdvisory parsed = parse_advisory(text);
  require(parsed.advisory.has_value() == parsed.problem.empty());
  if (!parsed.advisory) return;
  const Advisory& advisory = *parsed.advisory;
  require(is_advisory_id(advisory.id) && advisory_path(advisory.id));
  require_texts({advisory.summary, advisory.details});
  for (const AffectedPackage& package : advisory.affected) {
    require_texts(package.doubts);
    for (const char* version : {"0", "1.0", "3.1.5", "99", "no version"}) {
      require_sound(evaluate(advisory, package.name, version, testing::test_order), version);
      // Twice the same record is one vulnerability.
      const auto found = vulnerabilities(package.name, version, {advisory, advisory}, testing::test_order);
      require(found.size() <= 1);
      for (const Vulnerability& vulnerability : found) {
        require(!advisory.withdrawn && vulnerability.verdict != Verdict::not_affected);
        require_texts(vulnerability.doubts);
        require_texts({vulnerability.summary, vulnerability.vector});
      }
    }
  }
}

void fuzz_answer(std::string_view text) {
  OsvQueries queries = begin_queries({{"a", "1"}, {std::string(text.substr(0, 40)), std::string(text.substr(0, 20))}});
  for (int i = 0; i < 3 && next_request(queries); ++i) {
    if (!take_response(queries, text).empty()) break;
  }
  for (const PackageAnswer& answer : queries.answers) {
    require_texts({answer.problem});
    for (const auto& [id, modified] : answer.advisories) require(is_advisory_id(id));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz_record(text);
  fuzz_answer(text);
  require_rated(text);
  const std::string_view half = text.substr(text.size() / 2);
  require(!id_before(half, half));
  require(!(id_before(half, text) && id_before(text, half)));
  return 0;
}
