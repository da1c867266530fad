// How this plugin asks over HTTP: what an answer may be, and what is no answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "pydeps/check/consult.hpp"

namespace maintain::pydeps {

inline constexpr sdk::Milliseconds fresh_for = std::chrono::hours(6);
inline constexpr sdk::Milliseconds usable_for = std::chrono::hours(24 * 7);

struct Answer {
  int status = 0;             // 0: none
  std::string body = {};
  std::string problem = {};   // why there is none: fit to show, without an end
};

sdk::HttpRequest get(std::string url, std::string accept, std::uint64_t limit);

class Asking {
 public:
  explicit Asking(sdk::Context& context) : context_(context) {}

  // Failures are told by ask(), but for the end of the task's time.
  void prefetch(const std::vector<sdk::HttpRequest>& requests);
  // A status other than 200, 404 and 410 is a problem, too. Answers that are stale are counted.
  Answer ask(const sdk::HttpRequest& request, Stale& stale);

 private:
  sdk::Context& context_;
};

}  // namespace maintain::pydeps
