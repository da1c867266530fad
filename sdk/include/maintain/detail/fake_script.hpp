// The test kit's matchers and replies, and how a command finds its reply.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <list>

#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit {

inline std::string SeenCommand::describe() const {
  std::string text;
  if (!job.empty()) text += "job " + job + ": ";
  if (local) text += "locally: ";
  for (const auto& word : argv) text += (text.empty() || text.back() == ' ' ? "" : " ") + word;
  if (!script.empty()) text += (argv.empty() ? "script:\n" : "\nscript:\n") + script;
  if (!become_user.empty()) text += " (as " + become_user + ")";
  return text;
}

inline Matcher Matcher::as(std::string user) const {
  return {description + " as " + user, [matches = matches, user](const SeenCommand& command) {
            return command.become_user == user && matches(command);
          }};
}
inline Matcher Matcher::with(std::string name, std::string value) const {
  return {description + " with " + name + "=" + value, [matches = matches, name, value](const SeenCommand& command) {
            const auto found = command.environment.find(name);
            return found != command.environment.end() && found->second == value && matches(command);
          }};
}
inline Matcher argv(std::vector<std::string> prefix) {
  std::string description = "argv";
  for (const auto& word : prefix) description += " " + word;
  return {description, [prefix = std::move(prefix)](const SeenCommand& command) {
            return command.script.empty() && command.argv.size() >= prefix.size() &&
                   std::equal(prefix.begin(), prefix.end(), command.argv.begin());
          }};
}
inline Matcher word(std::string word) {
  return {"a command with the word " + word, [word](const SeenCommand& command) {
            return std::find(command.argv.begin(), command.argv.end(), word) != command.argv.end();
          }};
}
inline Matcher script(std::string part) {
  return {"a script with '" + part + "'",
          [part](const SeenCommand& command) { return command.script.find(part) != std::string::npos; }};
}
inline Matcher where(std::string description, std::function<bool(const SeenCommand&)> predicate) {
  return {std::move(description), std::move(predicate)};
}
inline Matcher anything() {
  return {"anything", [](const SeenCommand&) { return true; }};
}

inline Reply Reply::exits(int status, std::string error_output) {
  Reply reply;
  reply.status = status;
  reply.error_output = std::move(error_output);
  return reply;
}
inline Reply Reply::fails(maintain_status failure, std::string message) {
  Reply reply;
  reply.failure = failure;
  reply.message = std::move(message);
  return reply;
}

inline Expectation& Expectation::reply(std::string output) {
  Reply reply;
  reply.output = std::move(output);
  replies_.push_back(std::move(reply));
  return *this;
}
inline Expectation& Expectation::reply(Reply reply) {
  replies_.push_back(std::move(reply));
  return *this;
}

// What a FakeServer keeps to itself.
struct FakeServer::Script {
  struct Stub {
    Matcher matcher;
    std::function<Reply(const SeenCommand&)> answer;
  };
  struct Event {
    Moment when;
    std::function<void(FakeServer&)> run;
  };

  std::list<Expectation> expectations, local_expectations;  // lists: a test holds references
  std::list<Stub> stubs, local_stubs;
  std::map<std::string, FakeJob> coming_jobs;
  std::list<Reply> reconnects;
  std::list<Event> events;
  std::set<std::string> missing;
  std::optional<std::set<std::string>> listed;  // nothing: any
  std::optional<std::vector<std::string>> allowed_urls;  // beginnings; nothing: any
  std::vector<std::string> problems;
  std::filesystem::path directory;
  Moment start{};
  Moment deadline{};
  std::string server_name = "web1";
  bool check = false;
  bool running = false;
  bool cancelled = false;
  std::optional<Moment> cleanup_end;  // once a call has found the task cancelled or out of time

  // The reply to a command, or nothing when the test did not foresee it (which is noted).
  std::optional<Reply> answer(const SeenCommand& command) {
    for (auto& expectation : command.local ? local_expectations : expectations) {
      if (!expectation.matcher_.matches(command)) continue;
      if (expectation.replies_.empty())
        throw TestProblem("expect(" + expectation.matcher_.description + ") has no reply()");
      if (expectation.used_ < expectation.replies_.size()) return expectation.replies_[expectation.used_++];
    }
    for (const auto& stub : command.local ? local_stubs : stubs)
      if (stub.matcher.matches(command)) return stub.answer(command);
    problems.push_back("unexpected command: " + command.describe());
    return std::nullopt;
  }

  void list_unmet(std::vector<std::string>& into) const {
    for (const auto* list : {&expectations, &local_expectations})
      for (const auto& expectation : *list)
        if (expectation.used_ < std::max<std::size_t>(1, expectation.replies_.size()))
          into.push_back("expected, but not issued: " + expectation.matcher_.description + " (" +
                         std::to_string(expectation.used_) + " of " + std::to_string(expectation.replies_.size()) +
                         " replies used)");
    for (const auto& [name, job] : coming_jobs) into.push_back("expected, but not started: job " + name);
  }
};

}  // namespace maintain::sdk::testkit
