#include "plugin/loader.hpp"

#include <dlfcn.h>
#include <maintain/plugin.h>

#include <functional>
#include <string>

#include <boost/dll/shared_library.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

// Receives a maintain_error.
class ErrorSlot {
 public:
  ErrorSlot() : raw_{sizeof(maintain_error), this, &set} {}
  ErrorSlot(const ErrorSlot&) = delete;
  ErrorSlot& operator=(const ErrorSlot&) = delete;
  maintain_error* raw() { return &raw_; }
  const std::string& message() const { return message_; }
  // Which option it is about, as a JSON pointer; empty: it does not say.
  std::string option() const {
    const auto detail = nlohmann::json::parse(detail_, nullptr, false);
    const bool has_path = detail.is_object() && detail.contains("path") && detail["path"].is_string();
    return has_path ? detail["path"].get<std::string>() : std::string();
  }
  // What validate says is wrong, and with which option: "option '/paths/0': is not absolute".
  std::string problem() const {
    const std::string path = option();
    return shorten(printable(path.empty() ? message_ : fmt::format("option '{}': {}", path, message_)), 2000);
  }

 private:
  static void set(void* context, maintain_status, maintain_text message, maintain_text detail) noexcept {
    auto* self = static_cast<ErrorSlot*>(context);
    try {
      self->message_ = to_view(message).substr(0, most_told);
      self->detail_ = to_view(detail).substr(0, most_told);
    } catch (...) {
      // Out of memory: the status alone must do.
    }
  }

  static constexpr std::size_t most_told = 16 * 1024;
  maintain_error raw_;
  std::string message_;
  std::string detail_;
};

// A created task; destroyed exactly once.
class CreatedTask {
 public:
  explicit CreatedTask(const maintain_task* task) : task_(task) {}
  ~CreatedTask() { task_->destroy(task_); }
  CreatedTask(const CreatedTask&) = delete;
  CreatedTask& operator=(const CreatedTask&) = delete;
  const maintain_task* get() const { return task_; }

 private:
  const maintain_task* task_;
};

std::int64_t in_milliseconds(const std::optional<Time>& time) {
  return time ? Milliseconds(time->time_since_epoch()).count() : 0;
}

// The call's values as the C struct, which points into the call.
maintain_request request_of(const TaskCall& call) {
  maintain_request request{};
  request.struct_size = sizeof request;
  request.mode = call.mode == Mode::check ? MAINTAIN_MODE_CHECK : MAINTAIN_MODE_APPLY;
  request.server = to_text(call.key.server);
  request.project = to_text(call.key.project);
  request.task = to_text(call.key.task);
  request.options = to_text(call.options);
  request.timezone = to_text(call.timezone);
  request.scheduled_ms = in_milliseconds(call.scheduled);
  request.window_end_ms = in_milliseconds(call.window_end);
  request.deadline_ms = in_milliseconds(call.deadline_time);
  request.reattach = call.pending_jobs.empty() ? 0 : 1;
  return request;
}

class Plugin final : public LoadedPlugin {
 public:
  Plugin(Manifest manifest, boost::dll::shared_library library, const maintain_plugin* entry)
      : manifest_(std::move(manifest)), library_(std::move(library)), entry_(entry) {}

  TaskEnd run(const TaskCall& call, ServerSession& session, TaskEvents& events) override {
    Host host(manifest_);
    TaskEnd end;
    const auto failed = [&](Error error) {
      end.outcome = outcome_of(error.kind);
      end.error = std::move(error);
    };
    auto task = create(host, call.type);
    if (!task) {
      failed(task.error());
      return end;
    }
    if (auto valid = validate(**task, call.options, call.option_places); !valid) {
      failed(valid.error());
      return end;
    }
    const maintain_request request = request_of(call);
    maintain_outcome outcome = MAINTAIN_OUTCOME_FAILED;
    ErrorSlot error;
    host.begin_run(call, session, events);
    const maintain_status status = (*task)->get()->run((*task)->get(), &request, &outcome, error.raw());
    host.end_run();
    end.new_state = host.new_state;
    if (status != MAINTAIN_OK)
      failed(host.error_for(status, error.message()));
    else if (outcome > MAINTAIN_OUTCOME_FAILED)
      failed({ErrorKind::internal, fmt::format("{} returned the unknown outcome {}", call.type, outcome), {}, {}});
    else
      end.outcome = static_cast<Outcome>(outcome);
    return end;
  }

  Result<void> validate(const std::string& task_type, const std::string& options,
                        const OptionPlaces& places) override {
    Host host(manifest_);
    auto task = create(host, task_type);
    if (!task) return fail(task.error());
    return validate(**task, options, places);
  }

 private:
  static Result<void> validate(const CreatedTask& task, const std::string& options, const OptionPlaces& places) {
    ErrorSlot problem;
    const maintain_status status = task.get()->validate(task.get(), to_text(options), problem.raw());
    if (status == MAINTAIN_OK) return {};
    Error error = to_error(status, problem.problem());
    error.where = place_of_option(places, problem.option());
    return fail(std::move(error));
  }

  Result<std::unique_ptr<CreatedTask>> create(const Host& host, const std::string& task_type) const {
    const maintain_task* task = nullptr;
    ErrorSlot error;
    const maintain_status status = entry_->create(host.table(), to_text(task_type), &task, error.raw());
    if (status != MAINTAIN_OK) return fail(to_error(status, shorten(printable(error.message()), 2000)));
    if (task == nullptr || !MAINTAIN_HAS(task, destroy) || task->validate == nullptr ||
        task->run == nullptr || task->destroy == nullptr)
      return fail(ErrorKind::internal, fmt::format("the plugin '{}' made a task {} that lacks functions",
                                                   manifest_.id, task_type));
    return std::make_unique<CreatedTask>(task);
  }

  Manifest manifest_;
  boost::dll::shared_library library_;  // never unmapped: plugins are linked with -z nodelete
  const maintain_plugin* entry_;
};

// What the entry says must be what the note said, for it was the note that decided to load this.
Result<void> compare(const maintain_plugin* entry, const Manifest& manifest) {
  const auto disagree = [&](const std::string& what) {
    return fail(ErrorKind::internal, fmt::format("the plugin '{}' disagrees with its manifest: {}", manifest.id, what),
                "build it anew with maintain_add_plugin()");
  };
  if (entry == nullptr) return disagree("its entry function returns nothing");
  if (!MAINTAIN_HAS(entry, create)) return disagree("its table is too short");
  if (entry->abi_major != manifest.abi_major || entry->abi_minor != manifest.abi_minor)
    return disagree(fmt::format("its table is of ABI {}.{}", entry->abi_major, entry->abi_minor));
  if (to_view(entry->id) != manifest.id)
    return disagree("its table is of '" + shorten(printable(to_view(entry->id)), 100) + "'");
  if (to_view(entry->version) != manifest.version)
    return disagree("its table is of version " + shorten(printable(to_view(entry->version)), 100));
  if (entry->create == nullptr) return disagree("it cannot create tasks");
  return {};
}

}  // namespace

Result<std::shared_ptr<LoadedPlugin>> load_plugin(const CatalogEntry& entry) {
  namespace dll = boost::dll;
  const auto library = check_library_safety(entry.library);
  if (!library) return fail(library.error());
  if (auto fits = check_compatibility(entry.manifest); !fits) return fail(fits.error());
  boost::system::error_code failure;
  dll::shared_library loaded(library->string(), failure, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  if (failure) {
    const char* reason = ::dlerror();  // names the symbol or library that is missing
    return fail(ErrorKind::refused, fmt::format("cannot load {}: {}", library->string(),
                                                reason != nullptr ? reason : failure.message()));
  }
  if (!loaded.has(MAINTAIN_PLUGIN_SYMBOL))
    return fail(ErrorKind::internal,
                fmt::format("{} does not export {}", library->string(), MAINTAIN_PLUGIN_SYMBOL),
                "MAINTAIN_PLUGIN() is missing in its sources");
  const auto* table = loaded.get<const maintain_plugin*()>(MAINTAIN_PLUGIN_SYMBOL)();
  if (auto agrees = compare(table, entry.manifest); !agrees) return fail(agrees.error());
  return std::make_shared<Plugin>(entry.manifest, std::move(loaded), table);
}

}  // namespace maintain
