// Bodies of Context's maintain.store/1.
#pragma once

#include <maintain/detail/call.hpp>
#include <maintain/detail/context.hpp>
#include <maintain/plugin.hpp>

namespace maintain::sdk {

namespace detail {

// A call that answers with JSON. The host wrote it, so what is not as described is the host's defect.
template <class Call>
Json json_answer(const char* what, const Call& call) {
  std::string text;
  const Sink sink(text);
  ErrorSlot error;
  const maintain_status status = call(sink.raw(), error.raw());
  sink.rethrow();
  error.check(status, what);
  Json answer = Json::parse(text, nullptr, false);
  if (answer.is_discarded()) throw Failure(MAINTAIN_INTERNAL, std::string(what) + ": the host's answer is not JSON");
  return answer;
}

inline Moment moment_of(const Json& answer) { return Moment(Milliseconds(answer.value("time_ms", std::int64_t{0}))); }

}  // namespace detail

inline std::vector<CopyInfo> Context::copies() {
  const auto& store = table(store_, MAINTAIN_STORE_1);
  const Json answer = detail::json_answer("listing the copies", [&](const maintain_sink* sink, maintain_error* error) {
    return store.list(host_, sink, error);
  });
  std::vector<CopyInfo> all;
  for (const Json& one : answer)
    all.push_back({one.value("id", ""), detail::moment_of(one), one.value("state", ""),
                   one.value("bytes", std::uint64_t{0}), one.value("files", std::uint64_t{0}),
                   one.value("new_bytes", std::uint64_t{0}), one.value("source", ""), one.value("engine", ""),
                   one.value("reason", "")});
  return all;
}

inline Draft Context::begin_copy(const Json& request) {
  const auto& store = table(store_, MAINTAIN_STORE_1);
  const std::string text = detail::dump(request);
  const Json answer = detail::json_answer("beginning a copy", [&](const maintain_sink* sink, maintain_error* error) {
    return store.begin(host_, detail::to_text(text), sink, error);
  });
  return {answer.value("path", ""), answer.value("base", ""), answer.value("resumed", false),
          answer.value("seeded", false)};
}

inline void Context::create_file(std::string_view name) {
  detail::ErrorSlot error;
  error.check(table(store_, MAINTAIN_STORE_1).create(host_, detail::to_text(name), error.raw()), "creating a file");
}

inline void Context::write_file(std::string_view bytes) {
  detail::ErrorSlot error;
  error.check(table(store_, MAINTAIN_STORE_1).write(host_, bytes.data(), bytes.size(), error.raw()), "writing a file");
}

inline StoredFile Context::close_file() {
  const auto& store = table(store_, MAINTAIN_STORE_1);
  const Json answer = detail::json_answer("closing a file", [&](const maintain_sink* sink, maintain_error* error) {
    return store.close(host_, sink, error);
  });
  return {answer.value("bytes", std::uint64_t{0}), answer.value("sha256", "")};
}

inline CommittedCopy Context::commit_copy(const Json& facts) {
  const auto& store = table(store_, MAINTAIN_STORE_1);
  const std::string text = detail::dump(facts);
  const Json answer = detail::json_answer("committing a copy", [&](const maintain_sink* sink, maintain_error* error) {
    return store.commit(host_, detail::to_text(text), sink, error);
  });
  return {answer.value("id", ""), answer.value("path", ""), answer.value("state", ""),
          answer.value("bytes", std::uint64_t{0}), answer.value("files", std::uint64_t{0}),
          answer.value("new_bytes", std::uint64_t{0}), answer.value("reason", ""),
          answer.value("problems", std::vector<std::string>{})};
}

inline void Context::abandon_copy(bool keep) {
  detail::ErrorSlot error;
  error.check(table(store_, MAINTAIN_STORE_1).abandon(host_, keep ? 1 : 0, error.raw()), "abandoning a copy");
}

inline Json Context::prune_copies(const Json& policy, bool dry_run) {
  const auto& store = table(store_, MAINTAIN_STORE_1);
  const std::string text = detail::dump(policy);
  return detail::json_answer("pruning the copies", [&](const maintain_sink* sink, maintain_error* error) {
    return store.prune(host_, detail::to_text(text), dry_run ? 1 : 0, sink, error);
  });
}

inline OpenCopy Context::open_copy(std::string_view which) {
  const auto& store = table(store_, MAINTAIN_STORE_1);
  Json answer = detail::json_answer("opening a copy", [&](const maintain_sink* sink, maintain_error* error) {
    return store.open(host_, detail::to_text(which), sink, error);
  });
  return {answer.value("id", ""), detail::moment_of(answer), answer.value("state", ""), answer.value("path", ""),
          answer.value("manifest", Json::object())};
}

inline Json Context::verify_copy(std::string_view which, std::uint32_t part, std::uint32_t parts) {
  const auto& store = table(store_, MAINTAIN_STORE_1);
  return detail::json_answer("verifying a copy", [&](const maintain_sink* sink, maintain_error* error) {
    return store.verify(host_, detail::to_text(which), part, parts, sink, error);
  });
}

}  // namespace maintain::sdk
