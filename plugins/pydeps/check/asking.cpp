#include "pydeps/check/asking.hpp"

#include <algorithm>
#include <utility>

#include "pydeps/base/bounded_json.hpp"

namespace maintain::pydeps {
namespace {

bool ends_the_task(const sdk::Failure& failure) {
  return failure.status() == MAINTAIN_CANCELLED || failure.status() == MAINTAIN_TIMEOUT;
}

}  // namespace

sdk::HttpRequest get(std::string url, std::string accept, std::uint64_t limit) {
  return {.url = std::move(url), .accept = std::move(accept), .max_age = fresh_for, .max_stale = usable_for,
          .limit = limit};
}

void Asking::prefetch(const std::vector<sdk::HttpRequest>& requests) {
  constexpr std::ptrdiff_t at_once = 5000;  // of the 10,000 that the host takes
  for (auto first = requests.begin(); first != requests.end();) {
    const auto last = first + std::min(at_once, requests.end() - first);
    try {
      context_.http_prefetch({first, last});
    } catch (const sdk::Failure& failure) {
      if (ends_the_task(failure)) throw;
    }
    first = last;
  }
}

Answer Asking::ask(const sdk::HttpRequest& request, Stale& stale) {
  try {
    sdk::HttpAnswer answer = context_.http_fetch(request);
    if (answer.origin == sdk::HttpOrigin::stale) {
      ++stale.answers;
      stale.age = std::max(stale.age, answer.age);
    }
    if (answer.status != 200 && answer.status != 404 && answer.status != 410)
      return {.status = answer.status, .problem = "the server answers with status " + std::to_string(answer.status)};
    return {.status = answer.status, .body = std::move(answer.body)};
  } catch (const sdk::Failure& failure) {
    if (ends_the_task(failure)) throw;
    return {.problem = shown_text(failure.what(), 500)};
  }
}

}  // namespace maintain::pydeps
