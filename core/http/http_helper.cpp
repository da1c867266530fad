#include "http/http_helper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>

#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "base/landlock.hpp"

namespace maintain {

using Json = nlohmann::json;

namespace {

constexpr std::size_t longest_message = 64 * 1024 * 1024;
constexpr int kept_descriptor = 3;
constexpr int between_questions_ms = 200;  // whether it was cancelled

// ---- a message: four bytes of length, then CBOR, for which any bytes are text

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
    if (::poll(&ready, 1, give_up ? between_questions_ms : -1) == 0) {
      if (give_up()) return false;
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

// From a process that a server may have taken over. Throws Json::exception.
HttpRequest request_of(const Json& json) {
  HttpRequest request;
  request.method = json.at("method").get<std::string>();
  request.url = json.at("url").get<std::string>();
  request.accept = json.at("accept").get<std::string>();
  request.content_type = json.at("content_type").get<std::string>();
  request.body = json.at("body").get<std::string>();
  request.max_age = Milliseconds(json.at("max_age").get<std::int64_t>());
  request.max_stale = Milliseconds(json.at("max_stale").get<std::int64_t>());
  request.limit = json.at("limit").get<std::uint64_t>();
  request.timeout = Milliseconds(json.at("timeout").get<std::int64_t>());
  return request;
}

Json to_json(const Result<HttpAnswer>& answer) {
  if (!answer)
    return {{"error", {{"kind", static_cast<int>(answer.error().kind)}, {"message", answer.error().message}}}};
  return {{"status", answer->status},         {"origin", static_cast<int>(answer->origin)},
          {"age", answer->age.count()},       {"problem", answer->problem},
          {"entry", answer->entry.string()}};
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

Json carry_out(HttpService& service, const Json& question) {
  try {
    std::vector<HttpRequest> requests;
    for (const Json& request : question.at("requests")) requests.push_back(request_of(request));
    if (question.at("prefetch").get<bool>()) {
      service.prefetch(requests);
      return Json::object();
    }
    return to_json(service.fetch(requests.at(0)));
  } catch (const std::exception&) {
    return to_json(fail(ErrorKind::refused, "this is not asked over HTTP"));
  }
}

Result<void> write_only_in(const std::filesystem::path& cache) {
  if (auto made = make_directories(cache, 0700); !made) return made;
  auto rules = Landlock::make(Landlock::About::writing);
  if (!rules) return rules.error().kind == ErrorKind::refused ? Result<void>{} : fail(rules.error());
  if (auto added = rules->allow_reading_and_writing(cache.string()); !added) return added;
  if (auto added = rules->allow_device("/dev/null"); !added) return added;
  return rules->apply();
}

// Confined when the first question comes: most workers have none.
[[noreturn]] void serve(int socket, const HttpPlaces& places, const Clock& clock) {
  // Whoever waits for the end of these must not wait for us.
  if (::dup2(socket, kept_descriptor) < 0 || ::fcntl(kept_descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
      ::close_range(kept_descriptor + 1, ~0U, 0) != 0)
    ::_exit(1);
  std::optional<HttpService> service;
  while (const auto question = receive(kept_descriptor, {})) {
    if (!service) {
      if (const auto confined = write_only_in(places.cache); !confined) {
        (void)send_all(kept_descriptor, packed(to_json(fail(confined.error()))));
        ::_exit(1);
      }
      service.emplace(places, clock);
    }
    if (!send_all(kept_descriptor, packed(carry_out(*service, *question)))) break;
  }
  ::_exit(0);
}

class HelperAsker final : public HttpAsker {
 public:
  explicit HelperAsker(UniqueFd socket) : socket_(std::move(socket)) {}

  Result<void> prefetch(const std::vector<HttpRequest>& requests, const Cancelled& cancelled) override {
    const auto answer = ask(true, requests, cancelled);
    if (!answer) return fail(answer.error());
    const auto settled = answer_of(*answer);
    return settled ? Result<void>{} : fail(settled.error());
  }

  Result<HttpAnswer> fetch(const HttpRequest& request, const Cancelled& cancelled) override {
    const auto answer = ask(false, {request}, cancelled);
    if (!answer) return fail(answer.error());
    return answer_of(*answer);
  }

 private:
  Result<Json> ask(bool prefetch, const std::vector<HttpRequest>& requests, const Cancelled& cancelled) {
    const std::lock_guard one_at_a_time(asking_);
    Json question = {{"prefetch", prefetch}, {"requests", Json::array()}};
    for (const HttpRequest& request : requests) question["requests"].push_back(to_json(request));
    bool given_up = false;
    auto answer = send_all(socket_.get(), packed(question))
                      ? receive(socket_.get(), [&] { return given_up = cancelled && cancelled(); })
                      : std::nullopt;
    if (answer) return std::move(*answer);
    socket_.reset();  // a late answer would be taken for the next one's
    if (given_up) return fail(ErrorKind::cancelled, "cancelled while waiting for an answer over HTTP");
    return fail(ErrorKind::system, "the process that asks HTTP servers does not answer");
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
