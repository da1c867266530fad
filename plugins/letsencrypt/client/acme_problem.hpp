// What a certificate authority complains of (RFC 8555 6.7, RFC 9457), found in whatever a client prints of it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::letsencrypt {

struct AcmeProblem {
  std::string type = {};    // "urn:ietf:params:acme:error:rateLimited"
  std::string detail = {};  // one stable line, see stable_line()
  std::optional<std::int64_t> retry_after = {};  // seconds since 1970: what a rateLimited one says of itself
  std::string text() const { return detail.empty() ? type : type + ": " + detail; }
};

// The problems in text, at most 20, in their order: as a JSON document, as dehydrated takes one apart, or between "::".
std::vector<AcmeProblem> find_problems(std::string_view text);

// type is the last part of the URN; nothing when it is no word.
std::optional<AcmeProblem> make_problem(std::string_view type, std::string_view detail);

// One printable line of at most 400 bytes, the same for the same trouble: without a challenge's token and without the
// addresses of Python's objects, which are others in each run. What stands in quotes after "command" is left out: it
// may hold a secret.
std::string stable_line(std::string_view text);

}  // namespace maintain::letsencrypt
