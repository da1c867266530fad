// Asking a service that speaks OSV's API which advisories there are for many packages: what to send, and what the
// answers mean. Pure values: who sends, retries and waits is another's business.
//
//   OsvQueries queries = begin_queries(packages);
//   while (const auto body = next_request(queries)) {
//     const std::string problem = take_response(queries, post("/v1/querybatch", *body));
//     if (!problem.empty()) ...   // nothing was taken: send it again, or give_up_request()
//   }
//
// API: google.github.io/osv.dev, "POST /v1/querybatch" and "GET /v1/vulns".
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::pydeps {

// version: empty asks for all advisories of the package. So ask for a version that is none of PEP 440: the service
// refuses such, and with it all that stands in the same request.
struct PackageVersion {
  std::string name = {};
  std::string version = {};
};

struct PackageAnswer {
  std::map<std::string, std::string> advisories = {};  // ids, and when each was modified (as text, to compare with a
                                                       // cached one; may be empty)
  std::string problem = {};  // why there may be more: a sentence without its end, fit to show; empty: complete, once
                             // nothing is open
};

struct OpenQuery {
  std::size_t package = 0;  // index
  std::string page_token = {};
};

struct OsvQueries {
  std::vector<PackageVersion> packages = {};
  std::vector<PackageAnswer> answers = {};  // of each package
  std::vector<std::size_t> pages = {};      // that were asked for
  std::deque<OpenQuery> open = {};
  bool finished() const { return open.empty(); }
};

// Packages whose name or version cannot be asked for have a problem at once.
OsvQueries begin_queries(std::vector<PackageVersion> packages);

// The body (JSON) that asks the next of the open queries, at most 1000; nothing when all are answered. The version goes
// without its local label ("+cu118"): advisories speak of releases.
std::optional<std::string> next_request(const OsvQueries& queries);

// What came back for next_request(). A problem of the whole answer is returned (a sentence without its end) and changes
// nothing. A package's own problem is in its answer: a result that is none, more than 50 pages or 10,000 advisories.
std::string take_response(OsvQueries& queries, std::string_view body);

// Gives up what next_request() asks, for this reason: it becomes the packages' own problem.
void give_up_request(OsvQueries& queries, const std::string& problem);

// The path of one advisory's record; nothing when the id is none (is_advisory_id).
std::optional<std::string> advisory_path(std::string_view id);

inline constexpr std::size_t most_queries_in_request = 1000;  // the service's own bound
inline constexpr std::size_t most_response_bytes = 32U << 20U;  // likewise, for HTTP/1.1

}  // namespace maintain::pydeps
