#include "http/http_transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <new>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "http/url_beginning.hpp"

namespace maintain {
namespace {

constexpr long most_to_one_server = 6;
constexpr int most_redirects = 5;
constexpr int longest_wait_ms = 200;
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

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// Whom a URL asks.
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const Origin&) const = default;
};

// Nothing for what is no URL, or one that names a user.
std::optional<Origin> origin_of(const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
    return std::nullopt;
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::string();
    std::string copy = to_lower(text);
    curl_free(text);
    return copy;
  };
  return Origin{part(CURLUPART_SCHEME), part(CURLUPART_HOST), part(CURLUPART_PORT)};
}

bool may_lead(const std::string& from, const std::string& to, const std::vector<std::string>& beginnings) {
  const auto a = origin_of(from), b = origin_of(to);
  if (!a || !b || (b->scheme != "https" && (b->scheme != "http" || a->scheme == "https"))) return false;
  const bool becomes_safer = a->scheme == "http" && a->port == "80" && b->scheme == "https" && b->port == "443";
  return *a == *b || (becomes_safer && a->host == b->host) || is_beneath(to, beginnings);
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// libcurl wants to be told once per process, while there is one thread.
bool library_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

class Transfer {
 public:
  Transfer(std::size_t index, const HttpTransfer& what)
      : index_(index), what_(what), easy_(curl_easy_init()), asked_(what.request.url),
        deadline_(Deadline::after(what.request.timeout)) {
    if (!easy_) return;
    const HttpRequest& request = what.request;
    set(CURLOPT_URL, asked_.c_str());
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);  // follow() does
    set(CURLOPT_ACCEPT_ENCODING, "");  // all that it can undo
    set(CURLOPT_USERAGENT, "maintain/" MAINTAIN_VERSION);
    set_timeout();
    set(CURLOPT_ERRORBUFFER, why_);
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    set(CURLOPT_HEADERDATA, this);
    const bool posts = request.method == "POST";
    if (posts) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    set_headers(posts);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return easy_.get(); }
  std::size_t index() const { return index_; }

  // After an answer that came whole: whether it sends us on to where we may go. What to ask next is set then.
  bool follow(const std::vector<std::string>& beginnings) {
    long status = 0;
    char* location = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &location);
    if (!is_redirect(status) || location == nullptr) return false;
    const std::string to = location;
    if (++redirects_ > most_redirects) not_followed_ = fmt::format("it redirects more than {} times", most_redirects);
    else if (!may_lead(asked_, to, beginnings))
      not_followed_ = fmt::format("it redirects to {}, which may not be asked", shorten(printable(to), 300));
    if (!not_followed_.empty()) return false;
    asked_ = to;
    set(CURLOPT_URL, asked_.c_str());
    if (status < 304) {  // what was posted there is asked for here, as by every browser (RFC 9110, 15.4)
      set(CURLOPT_HTTPGET, 1L);
      set_headers(false);
    }
    set_timeout();
    response_ = {};
    return true;
  }

  Result<HttpResponse> result(CURLcode code) {
    const std::string& url = what_.request.url;
    if (!not_followed_.empty()) return fail(ErrorKind::refused, fmt::format("{}: {}", url, not_followed_));
    if (no_memory_) return fail(ErrorKind::system, fmt::format("{}: no memory for the answer", url));
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

  void set_timeout() {
    const long left = std::max(1L, static_cast<long>(deadline_.remaining().count()));  // 0 would be none
    set(CURLOPT_TIMEOUT_MS, left);
    set(CURLOPT_CONNECTTIMEOUT_MS, left);
  }

  void set_headers(bool posts) {
    set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
    headers_.reset();
    if (posts) {
      add_header("Content-Type: ", what_.request.content_type);
      add_header("Expect:", " ");  // no 100-continue: it costs a round trip, or a second of waiting for none
    }
    add_header("Accept: ", what_.request.accept);
    add_header("If-None-Match: ", what_.if_none_match);
    add_header("If-Modified-Since: ", what_.if_modified_since);
    set(CURLOPT_HTTPHEADER, headers_.get());
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
    try {
      body.append(data, size * count);
    } catch (const std::bad_alloc&) {  // libcurl, which called us, is no C++
      transfer->no_memory_ = true;
      return 0;
    }
    return size * count;
  }

  // Of an interim answer, too: the last one counts, and a status line begins anew.
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
  std::string asked_;  // the request's URL, or where redirects have led
  Deadline deadline_;
  int redirects_ = 0;
  std::string not_followed_;
  bool too_long_ = false;
  bool no_memory_ = false;
};

}  // namespace

void transfer_all(const std::vector<HttpTransfer>& transfers, const TransferRules& rules,
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
    if (rules.give_up && rules.give_up()) break;
    while (next < transfers.size() && active.size() < std::max<std::size_t>(1, rules.at_once)) {
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
      std::unique_ptr<Transfer> transfer = std::move(*done);
      active.erase(done);
      curl_multi_remove_handle(multi.get(), transfer->handle());
      any = true;
      if (code == CURLE_OK && transfer->follow(rules.redirects) &&
          curl_multi_add_handle(multi.get(), transfer->handle()) == CURLM_OK) {
        active.push_back(std::move(transfer));
        continue;
      }
      ended(transfer->index(), transfer->result(code));
    }
    if (!any && !active.empty()) curl_multi_poll(multi.get(), nullptr, 0, longest_wait_ms, nullptr);
  }
  const auto cancel = [&](std::size_t index) {
    ended(index, fail(ErrorKind::cancelled, transfers[index].request.url + ": cancelled"));
  };
  for (const auto& transfer : active) {
    curl_multi_remove_handle(multi.get(), transfer->handle());
    cancel(transfer->index());
  }
  for (; next < transfers.size(); ++next) cancel(next);
}

}  // namespace maintain
