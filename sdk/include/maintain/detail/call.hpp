// What every call over the boundary needs: text, errors and sinks, as the C side wants them.
#pragma once

#include <exception>

#include <maintain/plugin.hpp>

namespace maintain::sdk::detail {

inline maintain_text to_text(std::string_view view) { return {view.data(), view.size()}; }
inline std::string_view to_view(maintain_text text) {
  return text.size == 0 ? std::string_view{} : std::string_view(text.data, static_cast<std::size_t>(text.size));
}
inline std::string to_string(maintain_text text) { return std::string(to_view(text)); }

inline const char* describe(maintain_status status) {
  switch (status) {
    case MAINTAIN_OK: return "ok";
    case MAINTAIN_INVALID_ARGUMENT: return "invalid argument";
    case MAINTAIN_INVALID_STATE: return "called at the wrong time";
    case MAINTAIN_UNSUPPORTED: return "not supported here";
    case MAINTAIN_NOT_FOUND: return "not found";
    case MAINTAIN_REFUSED: return "refused";
    case MAINTAIN_UNREACHABLE: return "server not reachable";
    case MAINTAIN_CONNECTION_LOST: return "connection lost";
    case MAINTAIN_TIMEOUT: return "timed out";
    case MAINTAIN_CANCELLED: return "cancelled";
    case MAINTAIN_BUSY: return "busy";
    case MAINTAIN_FAILED: return "failed";
    default: return "internal error";
  }
}

// Takes the story of a failed call and throws it as a Failure.
class ErrorSlot {
 public:
  ErrorSlot() : raw_{sizeof(maintain_error), this, &set} {}
  ErrorSlot(const ErrorSlot&) = delete;
  ErrorSlot& operator=(const ErrorSlot&) = delete;

  maintain_error* raw() { return &raw_; }
  const std::string& message() const { return message_; }
  const std::string& detail() const { return detail_; }

  void check(maintain_status status, std::string_view what) const {
    if (status == MAINTAIN_OK) return;
    if (!message_.empty()) throw Failure(status, message_);
    throw Failure(status, std::string(what) + ": " + describe(status));
  }

 private:
  static void set(void* context, maintain_status, maintain_text message, maintain_text detail) noexcept {
    auto* self = static_cast<ErrorSlot*>(context);
    try {
      self->message_ = to_string(message);
      self->detail_ = to_string(detail);
    } catch (...) {
      self->message_.clear();  // out of memory: the status alone must do
    }
  }

  maintain_error raw_;
  std::string message_;
  std::string detail_;
};

// Feeds bytes to a function. What the function throws waits here until the call is over: it may not cross the host.
class Sink {
 public:
  explicit Sink(std::function<void(std::string_view)> take)
      : raw_{sizeof(maintain_sink), this, &write}, take_(std::move(take)) {}
  explicit Sink(std::string& into)
      : Sink([&into](std::string_view bytes) { into.append(bytes); }) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  const maintain_sink* raw() const { return &raw_; }
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  static maintain_status write(void* context, const void* data, uint64_t size) noexcept {
    const auto* self = static_cast<const Sink*>(context);
    try {
      if (size > 0) self->take_({static_cast<const char*>(data), static_cast<std::size_t>(size)});
      return MAINTAIN_OK;
    } catch (...) {
      self->thrown_ = std::current_exception();
      return MAINTAIN_FAILED;
    }
  }

  maintain_sink raw_;
  std::function<void(std::string_view)> take_;
  mutable std::exception_ptr thrown_;  // sinks are const objects: only the host writes to them
};

// A Command as the C struct, which points into this object and into the command.
class RawCommand {
 public:
  explicit RawCommand(const Command& command) {
    for (const auto& word : command.argv) argv_.push_back(to_text(word));
    for (const auto& [name, value] : command.environment) pairs_.push_back(name + "=" + value);
    for (const auto& pair : pairs_) environment_.push_back(to_text(pair));
    raw_.struct_size = sizeof raw_;
    raw_.flags = (command.read_only ? MAINTAIN_COMMAND_READ_ONLY : 0u) |
                 (command.quiet ? MAINTAIN_COMMAND_QUIET : 0u) |
                 (command.secret ? MAINTAIN_COMMAND_SECRET : 0u) |
                 (command.bulk ? MAINTAIN_COMMAND_BULK : 0u) |
                 (command.cleanup ? MAINTAIN_COMMAND_CLEANUP : 0u);
    raw_.argc = argv_.size();
    raw_.argv = argv_.data();
    raw_.script = to_text(command.script);
    raw_.input = to_text(command.input);
    raw_.become_user = to_text(command.become_user);
    raw_.envc = environment_.size();
    raw_.env = environment_.data();
    raw_.timeout_ms = command.timeout.count();
    raw_.idle_timeout_ms = command.idle_timeout.count();
    raw_.output_limit = command.output_limit;
  }
  RawCommand(const RawCommand&) = delete;
  RawCommand& operator=(const RawCommand&) = delete;

  void output_to(const Sink& output, const Sink& error_output) {
    raw_.output = output.raw();
    raw_.error_output = error_output.raw();
  }
  const maintain_command* raw() const { return &raw_; }

 private:
  std::vector<maintain_text> argv_;
  std::vector<std::string> pairs_;
  std::vector<maintain_text> environment_;
  maintain_command raw_{};
};

// A Confinement as the C struct, which points into this object and into the confinement.
class RawConfinement {
 public:
  explicit RawConfinement(const Confinement& confinement) {
    for (const auto& path : confinement.readable) readable_.push_back(to_text(path));
    for (const auto& path : confinement.writable) writable_.push_back(to_text(path));
    raw_.struct_size = sizeof raw_;
    raw_.readable_count = readable_.size();
    raw_.readable = readable_.data();
    raw_.writable_count = writable_.size();
    raw_.writable = writable_.data();
  }
  RawConfinement(const RawConfinement&) = delete;
  RawConfinement& operator=(const RawConfinement&) = delete;

  const maintain_confinement* raw() const { return &raw_; }

 private:
  std::vector<maintain_text> readable_, writable_;
  maintain_confinement raw_{};
};

inline maintain_exit new_exit() {
  maintain_exit exit{};
  exit.struct_size = sizeof exit;
  return exit;
}

inline Completed completed(const maintain_exit& exit) {
  Completed result;
  result.status = exit.status;
  result.signal = exit.signal;
  result.truncated = exit.truncated != 0;
  result.duration = Milliseconds(exit.duration_ms);
  return result;
}

// run: calls the host, maintain_status(const maintain_command*, maintain_exit*, maintain_error*).
template <class Run>
Completed run_command(const Command& command, const char* what, const Run& run) {
  RawCommand raw(command);
  std::string output, error_output;
  const Sink to_output(command.on_output ? command.on_output
                                         : [&output](std::string_view bytes) { output.append(bytes); });
  const Sink to_error_output(command.on_error_output
                                 ? command.on_error_output
                                 : [&error_output](std::string_view bytes) { error_output.append(bytes); });
  raw.output_to(to_output, to_error_output);
  maintain_exit exit = new_exit();
  ErrorSlot error;
  const maintain_status status = run(raw.raw(), &exit, error.raw());
  to_output.rethrow();
  to_error_output.rethrow();
  error.check(status, what);
  Completed result = completed(exit);
  result.output = std::move(output);
  result.error_output = std::move(error_output);
  return result;
}

}  // namespace maintain::sdk::detail
