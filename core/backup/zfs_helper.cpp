#include "backup/zfs_helper.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <mutex>

#include <nlohmann/json.hpp>

#include "backup/copy_manifest.hpp"
#include "base/fd.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr std::size_t frame_limit = 16 * 1024;
constexpr timeval answer_patience{600, 0};  // more than what zfs is given
constexpr int kept_descriptor = 3;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Nothing at the end, and on an error.
std::optional<Json> receive(int socket) {
  std::array<char, frame_limit> buffer;
  ssize_t got;
  do got = ::recv(socket, buffer.data(), buffer.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  return Json::parse(buffer.data(), buffer.data() + got, nullptr, false);
}

bool send(int socket, const Json& json) {
  const std::string text = text_of(json);
  ssize_t sent;
  do sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(text.size());
}

// The request comes from a process that a server may have taken over.
Result<void> carry_out(const std::string& server, const ZfsCall& call, const Json& request) {
  try {
    const TaskKey key{server, request.at("project").get<std::string>(), request.at("task").get<std::string>()};
    const auto id = request.at("id").get<std::string>();
    const auto verb = request.at("verb").get<unsigned>();
    if ((key.project.empty() || is_valid_name(key.project)) && is_valid_name(key.task) &&
        verb <= static_cast<unsigned>(ZfsVerb::destroy) &&
        (verb == static_cast<unsigned>(ZfsVerb::look) || time_of_copy(id)))
      return call(static_cast<ZfsVerb>(verb), key, id);
  } catch (const Json::exception&) {
  }
  return fail(ErrorKind::refused, "this is not asked of zfs");
}

[[noreturn]] void serve(int socket, const std::string& server, const ZfsCall& call) {
  // Whoever waits for the end of these must not wait for us.
  if (::dup2(socket, kept_descriptor) < 0 || ::fcntl(kept_descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
      ::close_range(kept_descriptor + 1, ~0U, 0) != 0)
    ::_exit(1);
  // Those who are to stop still have a copy to put into its place.
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  while (const auto request = receive(kept_descriptor)) {
    const auto done = carry_out(server, call, *request);
    Json answer = Json::object();
    if (!done)
      answer = {{"kind", static_cast<int>(done.error().kind)}, {"message", done.error().message},
                {"hint", done.error().hint}};
    if (!send(kept_descriptor, answer)) break;
  }
  ::_exit(0);
}

class Asker {
 public:
  explicit Asker(UniqueFd socket) : socket_(std::move(socket)) {}

  Result<void> ask(ZfsVerb verb, const TaskKey& key, const std::string& id) {
    const std::lock_guard one_at_a_time(asking_);
    const Json request = {{"verb", static_cast<unsigned>(verb)}, {"project", key.project}, {"task", key.task},
                          {"id", id}};
    const auto answer = send(socket_.get(), request) ? receive(socket_.get()) : std::nullopt;
    if (!answer || !answer->is_object()) {
      socket_.reset();  // a late answer would be taken for the next one's
      return fail(ErrorKind::system, "the process that calls zfs does not answer");
    }
    if (answer->empty()) return {};
    return fail(static_cast<ErrorKind>(answer->value("kind", static_cast<int>(ErrorKind::internal))),
                answer->value("message", ""), answer->value("hint", ""));
  }

 private:
  std::mutex asking_;
  UniqueFd socket_;
};

}  // namespace

Result<ZfsCall> start_zfs_helper(const std::string& server, const ZfsCall& call) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("cannot make a pair of sockets", errno);
  UniqueFd ours(ends[0]), theirs(ends[1]);
  ::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &answer_patience, sizeof answer_patience);
  const pid_t helper = ::fork();
  if (helper < 0) return fail_errno("cannot start a process that calls zfs", errno);
  if (helper == 0) serve(theirs.get(), server, call);
  const auto asker = std::make_shared<Asker>(std::move(ours));
  return ZfsCall([asker](ZfsVerb verb, const TaskKey& key, const std::string& id) {
    return asker->ask(verb, key, id);
  });
}

}  // namespace maintain
