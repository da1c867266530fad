#include "run/channel.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace maintain {
namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t descriptors_at_once = 8;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Channel::Channel(UniqueFd socket, bool take_descriptors)
    : socket_(std::move(socket)), take_descriptors_(take_descriptors) {
  (void)set_nonblocking(socket_.get(), true);
}

void Channel::close() {
  socket_.reset();
  unsent_.clear();
}

Result<void> Channel::send(const Message& message, UniqueFd attached) {
  auto frame = encode_frame(encode_message(message));
  if (!frame) return fail(frame.error());
  if (!open()) return {};
  unsent_.push_back({std::move(*frame), 0, std::move(attached)});
  flush();
  return {};
}

void Channel::flush() {
  while (!unsent_.empty()) {
    Outgoing& first = unsent_.front();
    const std::string_view rest = std::string_view(first.bytes).substr(first.sent);
    const ssize_t sent = send_with_descriptor(fd(), rest, first.attached.get());
    if (sent < 0) {
      if (!would_block(errno)) unsent_.clear();
      return;
    }
    first.attached.reset();
    first.sent += static_cast<std::size_t>(sent);
    if (first.sent == first.bytes.size()) unsent_.pop_front();
  }
}

Channel::Received Channel::receive() {
  std::array<char, read_size> bytes;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_at_once)> control;
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (take_descriptors_) {  // else the kernel drops them
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  const ssize_t got = ::recvmsg(fd(), &header, MSG_CMSG_CLOEXEC);
  if (got < 0) return would_block(errno) ? Received::nothing_yet : Received::end;
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr; message = CMSG_NXTHDR(&header, message)) {
    if (message->cmsg_level != SOL_SOCKET || message->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (message->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(message) + i * sizeof(int), sizeof(int));
      descriptors_.emplace_back(descriptor);
    }
  }
  decoder_.feed(std::string_view(bytes.data(), static_cast<std::size_t>(got)));
  return got > 0 ? Received::something : Received::end;
}

Result<std::optional<Message>> Channel::next() {
  auto payload = decoder_.next();
  if (!payload) return fail(payload.error());
  if (!*payload) return std::nullopt;
  auto message = decode_message(**payload);
  if (!message) return fail(message.error());
  return std::optional<Message>(std::move(*message));
}

std::optional<UniqueFd> Channel::take_descriptor() {
  if (descriptors_.empty()) return std::nullopt;
  UniqueFd first = std::move(descriptors_.front());
  descriptors_.pop_front();
  return first;
}

ssize_t send_with_descriptor(int socket, std::string_view bytes, int descriptor) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (descriptor >= 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* message = CMSG_FIRSTHDR(&header);
    message->cmsg_level = SOL_SOCKET;
    message->cmsg_type = SCM_RIGHTS;
    message->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(message), &descriptor, sizeof(int));
  }
  return ::sendmsg(socket, &header, MSG_NOSIGNAL);
}

}  // namespace maintain
