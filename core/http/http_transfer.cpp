#include "http/http_transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <deque>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

constexpr long most_to_one_server = 6;
constexpr long most_redirects = 5;
constexpr int longest_wait_ms = 1000;
constexpr std::size_t longest_header = 1000;

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// libcurl wants to be told once per process, while there is one thread.
bool library_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

class Transfer {
 public:
  Transfer(std::size_t index, const HttpTransfer& what) : index_(index), what_(what), easy_(curl_easy_init()) {
    if (!easy_) return;
    const HttpRequest& request = what.request;
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, request.url.starts_with("https:") ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, most_redirects);
    set(CURLOPT_ACCEPT_ENCODING, "");  // all that it can undo
    set(CURLOPT_USERAGENT, "maintain/" MAINTAIN_VERSION);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set(CURLOPT_ERRORBUFFER, why_);
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    set(CURLOPT_HEADERDATA, this);
    if (request.method == "POST") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      add_header("Content-Type: ", request.content_type);
      add_header("Expect:", " ");  // no 100-continue: it costs a round trip, or a second of waiting for none
    }
    add_header("Accept: ", request.accept);
    add_header("If-None-Match: ", what.if_none_match);
    add_header("If-Modified-Since: ", what.if_modified_since);
    set(CURLOPT_HTTPHEADER, headers_.get());
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return easy_.get(); }
  std::size_t index() const { return index_; }

  Result<HttpResponse> result(CURLcode code) {
    const std::string& url = what_.request.url;
    if (too_long_)
      return fail(ErrorKind::refused, fmt::format("{}: the answer is longer than {}", url,
                                                  size_text(what_.request.limit)));
    if (code == CURLE_OPERATION_TIMEDOUT)
      return fail(ErrorKind::timed_out, fmt::format("{}: no answer within {}", url,
                                                    format_duration(ceil_seconds(what_.request.timeout))));
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
      return fail(ErrorKind::refused, fmt::format("{}: only http and https are spoken", url));
    if (code != CURLE_OK)
      return fail(ErrorKind::unreachable, fmt::format("{}: {}", url, why_[0] ? why_ : curl_easy_strerror(code)));
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }

 private:
  static Seconds ceil_seconds(Milliseconds span) { return std::chrono::ceil<Seconds>(span); }

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void add_header(std::string_view name, const std::string& value) {
    if (value.empty() || value.find_first_of("\r\n") != value.npos) return;
    curl_slist* longer = curl_slist_append(headers_.get(), (std::string(name) + (value == " " ? "" : value)).c_str());
    if (longer == nullptr) return;
    (void)headers_.release();
    headers_.reset(longer);
  }

  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    std::string& body = transfer->response_.body;
    transfer->too_long_ = body.size() + size * count > transfer->what_.request.limit;
    if (transfer->too_long_) return 0;  // which ends the transfer
    body.append(data, size * count);
    return size * count;
  }

  // Of a redirect, too: the last one counts, and a status line begins anew.
  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self) {
    HttpResponse& response = static_cast<Transfer*>(self)->response_;
    const std::string_view line(data, size * count);
    if (line.starts_with("HTTP/")) response = {};
    const std::size_t colon = line.find(':');
    if (colon == line.npos || line.size() > longest_header) return size * count;
    const std::string name = to_lower(line.substr(0, colon));
    const std::string value(trim(line.substr(colon + 1)));
    if (name == "etag") response.etag = value;
    if (name == "last-modified") response.last_modified = value;
    if (name == "content-type") response.content_type = value;
    return size * count;
  }

  std::size_t index_;
  const HttpTransfer& what_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  char why_[CURL_ERROR_SIZE] = {};
  HttpResponse response_;
  bool too_long_ = false;
};

}  // namespace

void transfer_all(const std::vector<HttpTransfer>& transfers, std::size_t at_once,
                  const std::function<void(std::size_t, Result<HttpResponse>)>& ended) {
  const std::unique_ptr<CURLM, FreeMulti> multi(library_ready() ? curl_multi_init() : nullptr);
  if (!multi) {
    for (std::size_t i = 0; i < transfers.size(); ++i)
      ended(i, fail(ErrorKind::system, "libcurl cannot be used"));
    return;
  }
  curl_multi_setopt(multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS, most_to_one_server);
  std::vector<std::unique_ptr<Transfer>> active;
  std::size_t next = 0;
  while (next < transfers.size() || !active.empty()) {
    while (next < transfers.size() && active.size() < std::max<std::size_t>(1, at_once)) {
      auto transfer = std::make_unique<Transfer>(next, transfers[next]);
      if (transfer->handle() != nullptr && curl_multi_add_handle(multi.get(), transfer->handle()) == CURLM_OK)
        active.push_back(std::move(transfer));
      else
        ended(next, fail(ErrorKind::system, "libcurl cannot be used"));
      ++next;
    }
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    bool any = false;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto done = std::find_if(active.begin(), active.end(), [&](const std::unique_ptr<Transfer>& transfer) {
        return transfer->handle() == message->easy_handle;
      });
      if (done == active.end()) continue;
      const CURLcode code = message->data.result;  // the message goes with its handle
      const std::unique_ptr<Transfer> transfer = std::move(*done);
      active.erase(done);
      curl_multi_remove_handle(multi.get(), transfer->handle());
      ended(transfer->index(), transfer->result(code));
      any = true;
    }
    if (!any && !active.empty()) curl_multi_poll(multi.get(), nullptr, 0, longest_wait_ms, nullptr);
  }
}

}  // namespace maintain
