// The host as a plugin sees it: the C tables of a running task. Shared by the tests of the host's services.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugin/extensions.hpp"
#include "plugin/host.hpp"
#include "plugin/test_support.hpp"

namespace maintain::test {

// Remembers what a maintain_error was told.
struct ErrorProbe {
  maintain_error raw{sizeof(maintain_error), this,
                     [](void* context, maintain_status, maintain_text text, maintain_text) {
                       static_cast<ErrorProbe*>(context)->message = to_string(text);
                     }};
  std::string message;
};

struct SinkProbe {
  maintain_sink raw{sizeof(maintain_sink), this, [](void* context, const void* data, std::uint64_t size) {
                      auto* self = static_cast<SinkProbe*>(context);
                      self->bytes.append(static_cast<const char*>(data), static_cast<std::size_t>(size));
                      return self->answer;
                    }};
  std::string bytes;
  maintain_status answer = MAINTAIN_OK;
};

struct Fixture {
  test::TemporaryDirectory directory;
  test::LocalSession session;
  test::RememberedEvents events;
  TaskCall call;
  Manifest manifest;
  ErrorProbe error;
  SinkProbe output, error_output;
  maintain_exit exit{sizeof(maintain_exit), 0, 0, 0, 0};
  std::vector<maintain_text> words;
  maintain_command command{};

  Fixture() {
    for (const auto id : offered_extensions()) manifest.wants.emplace_back(id);
    call.key = {"web1", "shop", "task"};
    call.directory = (directory.path() / "task").string();
    command.struct_size = sizeof command;
    command.output = &output.raw;
    command.error_output = &error_output.raw;
    host_.emplace(manifest);
    begin();
  }
  void begin() { host_->begin_run(call, session, events); }

  const maintain_host* host() const { return host_->table(); }
  Host& self() { return *host_; }
  template <class Table>
  const Table* get(const char* id) const {
    return static_cast<const Table*>(host()->get_extension(host(), to_text(id)));
  }
  void set_words(std::initializer_list<std::string_view> list) {
    words.clear();
    for (const auto word : list) words.push_back(to_text(word));
    command.argc = words.size();
    command.argv = words.data();
  }
  maintain_status exec() { return get<maintain_exec_1>(MAINTAIN_EXEC_1)->run(host(), &command, &exit, &error.raw); }
  maintain_status local() { return get<maintain_local_1>(MAINTAIN_LOCAL_1)->run(host(), &command, &exit, &error.raw); }

 private:
  std::optional<Host> host_;
};

}  // namespace maintain::test
