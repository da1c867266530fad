// maintain_command as plain C++, and what exec, job and local have in common about it.
#pragma once

#include <maintain/plugin.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugin/host.hpp"
#include "plugin/output_copy.hpp"

namespace maintain {

struct HostCommand {
  std::vector<std::string> argv;
  std::string script;
  std::string input;
  std::string become_user;
  std::map<std::string, std::string> environment;
  bool read_only = false;
  bool quiet = false;
  bool secret = false;
  bool bulk = false;
  Aim aim = Aim::work;
  Milliseconds timeout{0};
  Milliseconds idle_timeout{0};
  std::uint64_t output_limit = 0;
  const maintain_sink* output = nullptr;
  const maintain_sink* error_output = nullptr;

  // For messages: the words, "a script", or "a command" when it is secret.
  std::string describe() const;
};

// INVALID_ARGUMENT for what a plugin may not ask; REFUSED for what check mode forbids.
tl::expected<HostCommand, HostFailure> admit_command(const Host& host, const maintain_command* raw);

// Hands a stream to the plugin's sink, at most `limit` bytes of it, and to the task's saved output.
class StreamFeed {
 public:
  StreamFeed(Host& host, const maintain_sink* sink, std::uint64_t limit, bool save);

  // False when the sink wants no more: the command is to be ended.
  bool take(std::string_view bytes, bool save = true);
  const HostResult& result() const { return result_; }
  bool truncated() const { return truncated_; }

 private:
  const maintain_sink* sink_;
  std::uint64_t left_;
  bool truncated_ = false;
  HostResult result_ = {};
  std::unique_ptr<OutputCopy> copy_;
};

}  // namespace maintain
