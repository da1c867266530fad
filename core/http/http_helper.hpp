// A process that asks HTTP servers for another one, which is confined: what is in the cache is for all workers, and one
// that a server took over must not write there.
#pragma once

#include <functional>
#include <vector>

#include "http/http_service.hpp"

namespace maintain {

// What a worker has of it. Each call waits for the helper, which bounds each transfer by its request's timeout, and
// gives up as soon as `cancelled` says so: cancelled; after that the helper is gone and nothing can be asked any more.
class HttpAsker {
 public:
  virtual ~HttpAsker() = default;
  using Cancelled = std::function<bool()>;
  virtual Result<void> prefetch(const std::vector<HttpRequest>& requests, const Cancelled& cancelled) = 0;
  virtual Result<HttpAnswer> fetch(const HttpRequest& request, const Cancelled& cancelled) = 0;
};

// Forks, so this process must have one thread still. The helper writes beneath the cache and nowhere else, asks only
// beneath `places.allow` and within bounds of its own, and ends with the last who holds the result, also in the middle
// of a transfer. Where the cache cannot be written its answers carry their bodies. `clock` is copied by the fork.
Result<std::shared_ptr<HttpAsker>> start_http_helper(const HttpPlaces& places, const Clock& clock);

}  // namespace maintain
