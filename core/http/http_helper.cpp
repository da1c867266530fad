#include "http/http_helper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "base/landlock.hpp"
#include "base/sanitizer.hpp"

namespace maintain {

using Json = nlohmann::json;

namespace {

constexpr std::size_t longest_message = 64 * 1024 * 1024;
constexpr int kept_descriptor = 3;

// What a worker may want, whatever it says: it is not trusted here.
constexpr std::size_t most_requests = 10'000;
constexpr std::uint64_t most_limit = 1024 * 1024 * 1024;
constexpr Milliseconds longest_timeout = std::chrono::minutes(10);
[[maybe_unused]] constexpr rlim_t most_memory = rlim_t{2} * 1024 * 1024 * 1024;

constexpr int between_questions_ms = 200;  // whether it was cancelled

// ---- a message: four bytes of length, then CBOR, for which any bytes are text; a body that could not be kept follows

std::string packed(const Json& json) {
  const std::vector<std::uint8_t> bytes = Json::to_cbor(json);
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::string text(reinterpret_cast<const char*>(&size), sizeof size);
  text.append(bytes.begin(), bytes.end());
  return text;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int socket, char* into, std::size_t size, const std::function<bool()>& give_up) {
  while (size > 0) {
    pollfd ready{socket, POLLIN, 0};
    const int seen = ::poll(&ready, 1, give_up ? between_questions_ms : -1);
    if (seen < 0 && errno != EINTR) return false;
    if (seen <= 0) {
      if (give_up && give_up()) return false;
      continue;
    }
    const ssize_t got = ::recv(socket, into, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<Json> receive(int socket, const std::function<bool()>& give_up) {
  std::uint32_t size = 0;
  if (!receive_all(socket, reinterpret_cast<char*>(&size), sizeof size, give_up) || size > longest_message)
    return std::nullopt;
  std::string text(size, '\0');
  if (!receive_all(socket, text.data(), size, give_up)) return std::nullopt;
  Json json = Json::from_cbor(text, true, false);
  return json.is_object() ? std::optional(std::move(json)) : std::nullopt;
}

// ---- values <-> JSON

Json to_json(const HttpRequest& request) {
  return {{"method", request.method},        {"url", request.url},
          {"accept", request.accept},        {"content_type", request.content_type},
          {"body", request.body},            {"max_age", request.max_age.count()},
          {"max_stale", request.max_stale.count()}, {"limit", request.limit},
          {"timeout", request.timeout.count()}};
}

// From a process that a server may have taken over. Throws std::exception.
HttpRequest request_of(const Json& json) {
  HttpRequest request;
  request.method = json.at("method").get<std::string>();
  request.url = json.at("url").get<std::string>();
  request.accept = json.at("accept").get<std::string>();
  request.content_type = json.at("content_type").get<std::string>();
  request.body = json.at("body").get<std::string>();
  request.max_age = std::max(Milliseconds(json.at("max_age").get<std::int64_t>()), Milliseconds::zero());
  request.max_stale = std::max(Milliseconds(json.at("max_stale").get<std::int64_t>()), Milliseconds::zero());
  request.limit = std::min(json.at("limit").get<std::uint64_t>(), most_limit);
  request.timeout = std::clamp(Milliseconds(json.at("timeout").get<std::int64_t>()), Milliseconds(1), longest_timeout);
  if (request.method != "GET" && request.method != "POST") throw std::invalid_argument("method");
  return request;
}

Json to_json(const Result<HttpAnswer>& answer) {
  if (!answer)
    return {{"error", {{"kind", static_cast<int>(answer.error().kind)}, {"message", answer.error().message}}}};
  return {{"status", answer->status},         {"origin", static_cast<int>(answer->origin)},
          {"age", answer->age.count()},       {"problem", answer->problem},
          {"entry", answer->entry.string()},  {"body_size", answer->body.size()}};
}

Result<HttpAnswer> answer_of(const Json& json) {
  if (const auto error = json.find("error"); error != json.end())
    return fail(static_cast<ErrorKind>(error->value("kind", static_cast<int>(ErrorKind::internal))),
                error->value("message", ""));
  HttpAnswer answer;
  answer.status = json.value("status", 0);
  answer.origin = static_cast<HttpOrigin>(json.value("origin", 0));
  answer.age = Milliseconds(json.value("age", std::int64_t{0}));
  answer.problem = json.value("problem", "");
  answer.entry = json.value("entry", "");
  return answer;
}

Result<HttpAnswer> carry_out(HttpService& service, const Json& question) {
  try {
    std::vector<HttpRequest> requests;
    if (question.at("requests").size() > most_requests) throw std::invalid_argument("requests");
    for (const Json& request : question.at("requests")) requests.push_back(request_of(request));
    if (!question.at("prefetch").get<bool>()) return service.fetch(requests.at(0));
    service.prefetch(requests);
    return HttpAnswer();
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::system, "no memory for an answer over HTTP");
  } catch (const std::exception&) {
    return fail(ErrorKind::refused, "this is not asked over HTTP");
  }
}

// Where there is no cache nothing is written at all, and the service says why with each answer.
Result<void> write_only_in(const std::filesystem::path& cache) {
  const bool is_there = make_directories(cache, 0700).has_value();
  auto rules = Landlock::make(Landlock::About::writing);
  if (!rules) return rules.error().kind == ErrorKind::refused ? Result<void>{} : fail(rules.error());
  if (is_there)
    if (auto added = rules->allow_reading_and_writing(cache.string()); !added) return added;
  if (auto added = rules->allow_device("/dev/null"); !added) return added;
  return rules->apply();
}

void limit_memory() {
#ifndef MAINTAIN_ADDRESS_SANITIZER  // its shadow memory counts as data
  rlimit now{};
  if (::getrlimit(RLIMIT_DATA, &now) != 0) return;
  now.rlim_cur = std::min(now.rlim_max, most_memory);
  (void)::setrlimit(RLIMIT_DATA, &now);
#endif
}

bool has_hung_up(int socket) {
  pollfd other{socket, POLLRDHUP, 0};
  return ::poll(&other, 1, 0) > 0 && (other.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool send_answer(int socket, const Result<HttpAnswer>& answer) {
  return send_all(socket, packed(to_json(answer))) && (!answer || send_all(socket, answer->body));
}

// Confined when the first question comes: most workers have none.
[[noreturn]] void serve(int socket, const HttpPlaces& places, const Clock& clock) {
  // Whoever waits for the end of these must not wait for us.
  if (::dup2(socket, kept_descriptor) < 0 || ::fcntl(kept_descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
      ::close_range(kept_descriptor + 1, ~0U, 0) != 0)
    ::_exit(1);
  std::optional<HttpService> service;
  Result<void> confined{};
  while (const auto question = receive(kept_descriptor, {})) {
    if (!service && confined) {
      limit_memory();
      confined = write_only_in(places.cache);
      if (confined) service.emplace(places, clock, [] { return has_hung_up(kept_descriptor); });
    }
    if (!send_answer(kept_descriptor, service ? carry_out(*service, *question) : fail(confined.error()))) break;
  }
  ::_exit(0);
}

class HelperAsker final : public HttpAsker {
 public:
  explicit HelperAsker(UniqueFd socket) : socket_(std::move(socket)) {}

  Result<void> prefetch(const std::vector<HttpRequest>& requests, const Cancelled& cancelled) override {
    const auto settled = ask(true, requests, cancelled);
    return settled ? Result<void>{} : fail(settled.error());
  }

  Result<HttpAnswer> fetch(const HttpRequest& request, const Cancelled& cancelled) override {
    return ask(false, {request}, cancelled);
  }

 private:
  Result<HttpAnswer> ask(bool prefetch, const std::vector<HttpRequest>& requests, const Cancelled& cancelled) {
    const std::lock_guard one_at_a_time(asking_);
    Json question = {{"prefetch", prefetch}, {"requests", Json::array()}};
    for (const HttpRequest& request : requests) question["requests"].push_back(to_json(request));
    bool given_up = false;
    const auto give_up = [&] { return given_up = cancelled && cancelled(); };
    if (send_all(socket_.get(), packed(question)))
      if (const auto json = receive(socket_.get(), give_up)) {
        auto answer = answer_of(*json);
        if (!answer || receive_body(answer->body, json->value("body_size", std::uint64_t{0}), give_up)) return answer;
      }
    socket_.reset();  // a late answer would be taken for the next one's
    if (given_up) return fail(ErrorKind::cancelled, "cancelled while waiting for an answer over HTTP");
    return fail(ErrorKind::system, "the process that asks HTTP servers does not answer");
  }

  bool receive_body(std::string& body, std::uint64_t size, const std::function<bool()>& give_up) {
    if (size > most_limit) return false;
    body.resize(static_cast<std::size_t>(size));
    return receive_all(socket_.get(), body.data(), body.size(), give_up);
  }

  std::mutex asking_;
  UniqueFd socket_;
};

}  // namespace

Result<std::shared_ptr<HttpAsker>> start_http_helper(const HttpPlaces& places, const Clock& clock) {
  auto ends = socket_pair();
  if (!ends) return fail(ends.error());
  const pid_t helper = ::fork();
  if (helper < 0) return fail_errno("cannot start a process that asks HTTP servers", errno);
  if (helper == 0) {
    const int socket = ends->second.release();
    ends->first.reset();
    serve(socket, places, clock);
  }
  return std::make_shared<HelperAsker>(std::move(ends->first));
}

}  // namespace maintain
