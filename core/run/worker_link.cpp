#include "run/worker_link.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "run/channel.hpp"

namespace maintain {
namespace {

// After the supervisor was killed: time for the task to see that it is cancelled. The next run may start meanwhile.
constexpr std::chrono::seconds orphan_grace{2};

}  // namespace

WorkerLink::WorkerLink(UniqueFd socket) : socket_(std::move(socket)) {}

Result<Message> WorkerLink::receive() {
  while (true) {
    auto payload = decoder_.next();
    if (!payload) return fail(payload.error());
    if (*payload) return decode_message(**payload);
    std::array<char, 64 * 1024> bytes;
    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(ErrorKind::unreachable, "the supervisor has gone");
    decoder_.feed(std::string_view(bytes.data(), static_cast<std::size_t>(got)));
  }
}

Result<Assignment> WorkerLink::receive_assignment() {
  if (auto sent = send(Hello{}); !sent) return fail(sent.error());
  const auto first = receive();
  if (!first) return fail(first.error());
  const auto* hello = std::get_if<Hello>(&*first);
  if (hello == nullptr || hello->protocol != protocol_version)
    return fail(ErrorKind::internal, "the supervisor speaks another version of the protocol");
  auto second = receive();
  if (!second) return fail(second.error());
  if (auto* assignment = std::get_if<Assignment>(&*second)) return std::move(*assignment);
  return fail(ErrorKind::internal, "expected an assignment");
}

void WorkerLink::listen() { std::thread([this] { listen_until_closed(); }).detach(); }

void WorkerLink::listen_until_closed() {
  while (auto message = receive()) {
    if (const auto* cancel = std::get_if<Cancel>(&*message)) {
      if (cancel->index) cancelled_task_ = *cancel->index;
      else everything_cancelled_ = true;
    } else if (auto* answer = std::get_if<Answer>(&*message)) {
      const std::lock_guard lock(answering_);
      answers_[answer->ask] = std::move(answer->error);
      answered_.notify_all();
    }
  }
  everything_cancelled_ = true;
  std::this_thread::sleep_for(orphan_grace);
  ::_exit(1);
}

Result<void> WorkerLink::send(const Message& message) {
  const auto frame = encode_frame(encode_message(message));
  if (!frame) return fail(frame.error());
  const std::lock_guard lock(sending_);
  std::string_view rest = *frame;
  while (!rest.empty()) {
    const ssize_t sent = send_with_descriptor(socket_.get(), rest, -1);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return {};  // the listening thread sees the end and acts on it
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<void> WorkerLink::ask(Ask ask, Milliseconds patience) {
  std::unique_lock lock(answering_);
  const std::uint64_t number = ask.ask = ++last_ask_;
  lock.unlock();
  if (auto sent = send(ask); !sent) return sent;
  lock.lock();
  const bool came = answered_.wait_for(lock, patience, [&] { return answers_.count(number) != 0; });
  if (!came) return fail(ErrorKind::internal, "the supervisor does not answer");
  const std::optional<Error> error = std::move(answers_[number]);
  answers_.erase(number);
  if (error) return fail(*error);
  return {};
}

void WorkerLink::set_current_task(std::optional<std::uint64_t> index) { current_task_ = index.value_or(no_task); }

bool WorkerLink::cancelled() const {
  const std::uint64_t current = current_task_;
  return everything_cancelled_ || (current != no_task && cancelled_task_ == current);
}

}  // namespace maintain
