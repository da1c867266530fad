#include "transport/scripted_connection.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "transport/output_collector.hpp"

namespace maintain {
namespace {

ScriptedServer::Answer answer_with(ScriptedReply reply) {
  return [reply = std::move(reply)](const RemoteCommand& command) -> Result<RemoteExit> {
    if (reply.error) return fail(*reply.error);
    RemoteExit exit{.status = reply.signal != 0 ? -1 : reply.status, .signal = reply.signal};
    OutputCollector output(command.on_output, exit.output, command.output_limit);
    OutputCollector error_output(command.on_error_output, exit.error_output, command.output_limit);
    if (!output.take(reply.output) || !error_output.take(reply.error_output))
      return fail(ErrorKind::cancelled, "the command was ended: its output is not wanted");
    exit.truncated = output.truncated() || error_output.truncated();
    return exit;
  };
}

}  // namespace

ScriptedServer& ScriptedServer::reply(std::string part, ScriptedReply reply) {
  rules_.push_back({std::move(part), answer_with(std::move(reply))});
  return *this;
}

ScriptedServer& ScriptedServer::reply_once(std::string part, ScriptedReply reply) {
  rules_.push_back({std::move(part), answer_with(std::move(reply)), true});
  return *this;
}

bool ScriptedServer::was_asked(const std::string& part) const {
  return std::any_of(commands_.begin(), commands_.end(), [&](const RemoteCommand& command) {
    return text_of(command).find(part) != std::string::npos;
  });
}

std::vector<std::string> ScriptedServer::unused() const {
  std::vector<std::string> parts;
  for (const Rule& rule : rules_)
    if (rule.once && !rule.used) parts.push_back(rule.part);
  return parts;
}

Result<void> ScriptedServer::connect() {
  if (down_) return fail(*down_);
  ++connections_;
  return {};
}

Result<RemoteExit> ScriptedServer::run(const RemoteCommand& command) {
  commands_.push_back(command);
  if (down_) return fail(*down_);
  const std::string text = text_of(command);
  for (const bool once : {true, false})
    for (Rule& rule : rules_) {
      if (rule.once != once || (once && rule.used) || text.find(rule.part) == std::string::npos) continue;
      rule.used = true;
      return rule.answer(command);
    }
  return fail(ErrorKind::internal, "the scripted server has no answer to: " + text);
}

std::string ScriptedServer::text_of(const RemoteCommand& command) {
  return command.script.empty() ? join(command.argv, " ") : command.script;
}

Result<std::unique_ptr<Connection>> ScriptedTransport::connect(const Server& server) {
  const auto found = servers_.find(server.name);
  if (found == servers_.end()) return fail(ErrorKind::unreachable, server.name + ": no such scripted server");
  if (auto connected = found->second->connect(); !connected) return fail(connected.error());
  return std::make_unique<ScriptedConnection>(*found->second);
}

Result<std::vector<std::string>> ScriptedTransport::remote_shell(const Server& server, bool with_destination) const {
  std::vector<std::string> words = {"ssh"};
  if (with_destination) words.push_back(server.host());
  return words;
}

}  // namespace maintain
