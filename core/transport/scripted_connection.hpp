// A server that exists only in a test: commands are answered from a script and kept for inspection.
//
//   ScriptedServer server;
//   server.reply("dpkg --audit", {.status = 0});
//   server.reply_once("apt-get", {.status = 100, .error_output = "E: Could not get lock"});
//   ScriptedTransport transport({{"web1", &server}});
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transport/transport.hpp"

namespace maintain {

struct ScriptedReply {
  int status = 0;
  int signal = 0;
  std::string output = {};
  std::string error_output = {};
  std::optional<Error> error = {};   // the call fails with this instead, e.g. unreachable
};

// Outlives the connections to it.
class ScriptedServer {
 public:
  using Answer = std::function<Result<RemoteExit>(const RemoteCommand&)>;

  // Commands whose text (see text_of) contains `part` get this reply: the first such rule counts, those of reply_once
  // before those of reply, each of them once and in their order.
  ScriptedServer& reply(std::string part, ScriptedReply reply);
  ScriptedServer& reply_once(std::string part, ScriptedReply reply);
  // answer(const RemoteCommand&) gives a Result<RemoteExit>.
  template <std::invocable<const RemoteCommand&> Function>
  ScriptedServer& reply(std::string part, Function answer) {
    rules_.push_back({std::move(part), std::move(answer)});
    return *this;
  }
  // From now on connecting and running fail with this; nothing: they work again.
  void set_down(std::optional<Error> error) { down_ = std::move(error); }

  // What was asked, in order.
  const std::vector<RemoteCommand>& commands() const { return commands_; }
  bool was_asked(const std::string& part) const;
  // Rules of reply_once that no command has used.
  std::vector<std::string> unused() const;
  int connections() const { return connections_; }

  Result<void> connect();
  // A command that no rule fits is an error of kind internal that shows its text.
  Result<RemoteExit> run(const RemoteCommand& command);

  // The script if there is one, else the words with blanks between them.
  static std::string text_of(const RemoteCommand& command);

 private:
  struct Rule {
    std::string part;
    Answer answer;
    bool once = false;
    bool used = false;
  };
  std::vector<Rule> rules_;
  std::vector<RemoteCommand> commands_;
  std::optional<Error> down_;
  int connections_ = 0;
};

class ScriptedConnection final : public Connection {
 public:
  explicit ScriptedConnection(ScriptedServer& server) : server_(server) {}
  Result<RemoteExit> run(const RemoteCommand& command) override { return server_.run(command); }
  std::string describe() const override { return "scripted"; }

 private:
  ScriptedServer& server_;
};

// Servers that are not named are unreachable.
class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::map<std::string, ScriptedServer*> servers) : servers_(std::move(servers)) {}
  Result<std::unique_ptr<Connection>> connect(const Server& server) override;
  Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const override;

 private:
  std::map<std::string, ScriptedServer*> servers_;
};

}  // namespace maintain
