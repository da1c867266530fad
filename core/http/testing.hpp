// For tests: an HTTP server on the loopback, whose answers the test writes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace maintain::testing {

// "HTTP/1.1 200 OK" and what belongs to it.
inline std::string response(int status, const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " Some\r\nConnection: close\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpServer {
 public:
  // Gets the whole request; an empty answer closes the connection without a word.
  using Handler = std::function<std::string(const std::string& request)>;

  // Has a URL, and answers from start() on: a helper must be forked before there is a second thread.
  HttpServer() {
    listening_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listening_.get(), 64) != 0 ||
        ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no server on the loopback");
    port_ = ntohs(address.sin_port);
    if (::pipe(ending_) != 0) throw std::runtime_error("no pipe");
  }
  explicit HttpServer(Handler handler) : HttpServer() { start(std::move(handler)); }
  void start(Handler handler) {
    handler_ = std::move(handler);
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpServer() {
    ::close(ending_[1]);
    if (thread_.joinable()) thread_.join();
    ::close(ending_[0]);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (true) {
      pollfd watched[2] = {{listening_.get(), POLLIN, 0}, {ending_[0], POLLIN, 0}};
      if (::poll(watched, 2, -1) < 0 || watched[1].revents != 0) return;
      const UniqueFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection) answer(connection.get());
    }
  }

  void answer(int connection) {
    std::string request;
    while (!whole(request)) {
      char piece[4096];
      const ssize_t got = ::recv(connection, piece, sizeof piece, 0);
      if (got <= 0) return;
      request.append(piece, static_cast<std::size_t>(got));
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    std::string text = handler_(request);
    while (!text.empty()) {
      const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.erase(0, static_cast<std::size_t>(sent));
    }
  }

  static bool whole(const std::string& request) {
    const std::size_t head = request.find("\r\n\r\n");
    if (head == request.npos) return false;
    const std::size_t at = request.find("Content-Length: ");
    const std::size_t length = at == request.npos ? 0 : std::strtoul(request.c_str() + at + 16, nullptr, 10);
    return request.size() >= head + 4 + length;
  }

  Handler handler_;
  UniqueFd listening_;
  int ending_[2] = {-1, -1};
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "maintain-http-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace maintain::testing
