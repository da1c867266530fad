// The C functions behind MAINTAIN_PLUGIN. Every one is noexcept and goes through guarded(), the only catch-all.
#pragma once

#include <span>
#include <utility>

#include <maintain/detail/call.hpp>
#include <maintain/plugin.hpp>

namespace maintain::sdk::detail {

inline maintain_status tell(maintain_error* error, maintain_status status, std::string_view message,
                            std::string_view detail = {}) {
  if (error != nullptr && error->set != nullptr)
    error->set(error->context, status, to_text(message), to_text(detail));
  return status;
}

// Runs body, which returns a status; whatever it throws becomes a status and the error's text.
template <class Body>
maintain_status guarded(maintain_error* error, const Body& body) noexcept {
  try {
    try {
      return body();
    } catch (const InvalidOption& option) {
      return tell(error, option.status(), option.what(),
                  Json{{"path", option.path()}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    } catch (const Failure& failure) {
      return tell(error, failure.status() == MAINTAIN_OK ? MAINTAIN_INTERNAL : failure.status(), failure.what());
    } catch (const std::exception& defect) {
      return tell(error, MAINTAIN_INTERNAL, std::string("the task threw: ") + defect.what());
    }
  } catch (...) {  // not a std::exception, or telling the error threw again
    constexpr std::string_view words = "the task threw something that is not a std::exception";
    if (error != nullptr && error->set != nullptr)
      error->set(error->context, MAINTAIN_INTERNAL, to_text(words), {});
    return MAINTAIN_INTERNAL;
  }
}

inline Json parse_options(maintain_text text) {
  Json options = Json::parse(to_view(text), nullptr, false);
  if (!options.is_object()) throw Failure(MAINTAIN_INVALID_ARGUMENT, "the options are not a JSON object");
  return options;
}

// The maintain_task of one Task. owned is empty when the caller (the test kit) keeps the Task.
struct TaskBox {
  maintain_task raw{};
  const maintain_host* host = nullptr;
  std::unique_ptr<Task> owned;
  Task* task = nullptr;
};

inline TaskBox& box_of(const maintain_task* task) { return *static_cast<TaskBox*>(task->context); }

inline maintain_status validate_task(const maintain_task* task, maintain_text options,
                                     maintain_error* problem) noexcept {
  return guarded(problem, [&] {
    const auto found = box_of(task).task->validate(parse_options(options));
    return found ? tell(problem, MAINTAIN_INVALID_ARGUMENT, *found) : MAINTAIN_OK;
  });
}

inline maintain_status run_task(const maintain_task* task, const maintain_request* request,
                                maintain_outcome* outcome, maintain_error* error) noexcept {
  return guarded(error, [&] {
    TaskBox& box = box_of(task);
    Context context(box.host, request);
    *outcome = static_cast<maintain_outcome>(box.task->run(context));
    return MAINTAIN_OK;
  });
}

inline void destroy_task(const maintain_task* task) noexcept {
  guarded(nullptr, [&] {
    delete &box_of(task);
    return MAINTAIN_OK;
  });
}

inline const maintain_task* new_box(const maintain_host* host, std::unique_ptr<Task> owned, Task* task) {
  auto box = std::make_unique<TaskBox>();
  box->host = host;
  box->owned = std::move(owned);
  box->task = task;
  box->raw = {sizeof(maintain_task), box.get(), &validate_task, &run_task, &destroy_task};
  return &box.release()->raw;
}

// How often `type` stands in `words`, which have one space between them; without a type, how many words there are.
constexpr std::size_t count_words(std::string_view words, std::optional<std::string_view> type = {}) {
  std::size_t count = 0;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    if (!type || *type == word) ++count;
    words.remove_prefix(word.size() < words.size() ? word.size() + 1 : word.size());
  }
  return count;
}

// Whether the entries are the task types of `words`, each once.
constexpr bool are_task_types(std::span<const TaskEntry> entries, std::string_view words) {
  for (const TaskEntry& entry : entries) {
    std::size_t offered = 0;
    for (const TaskEntry& other : entries)
      if (other.type == entry.type) ++offered;
    if (offered != 1 || count_words(words, entry.type) != 1) return false;
  }
  return count_words(words) == entries.size();
}

inline maintain_status create_task(std::span<const TaskEntry> entries, const maintain_host* host, maintain_text type,
                                   const maintain_task** task, maintain_error* error) noexcept {
  return guarded(error, [&] {
    for (const TaskEntry& entry : entries) {
      if (entry.type != to_view(type)) continue;
      auto made = entry.make();
      Task* const raw = made.get();
      *task = new_box(host, std::move(made), raw);
      return MAINTAIN_OK;
    }
    return tell(error, MAINTAIN_NOT_FOUND, "this plugin has no task type '" + to_string(type) + "'");
  });
}

}  // namespace maintain::sdk::detail
