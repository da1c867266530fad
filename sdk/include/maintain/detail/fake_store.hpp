// The test kit's maintain.store/1: copies in a real temporary directory, so that programs can work on them.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <maintain/detail/fake_call.hpp>
#include <maintain/detail/fake_jobs.hpp>
#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit {

// What a draft needs between two calls.
struct FakeStore::Draft {
  Json request;
  std::string name;  // of the open file
  std::ofstream file;
  std::uint64_t file_bytes = 0;
  std::uint64_t bytes = 0;
};

inline FakeStore::FakeStore() = default;
inline FakeStore::~FakeStore() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

inline std::filesystem::path FakeStore::directory() {
  if (directory_.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "maintain-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw TestProblem("cannot make a temporary directory " + pattern);
    directory_ = pattern;
  }
  return directory_;
}

inline std::filesystem::path FakeStore::draft_path() { return directory() / "_draft" / "data"; }

inline FakeCopy& FakeStore::add(FakeCopy copy) {
  const auto days = std::chrono::floor<std::chrono::days>(copy.time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(copy.time - days));
  char id[80];
  std::snprintf(id, sizeof id, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  if (copy.id.empty()) copy.id = id;
  copy.path = (directory() / copy.id / "data").string();
  std::filesystem::create_directories(copy.path);
  for (const auto& [name, content] : copy.content) {
    std::filesystem::create_directories((copy.path / name).parent_path());
    std::ofstream(copy.path / name) << content;
  }
  const auto later = std::find_if(copies.begin(), copies.end(), [&](const FakeCopy& other) {
    return other.id < copy.id;
  });
  return *copies.insert(later, std::move(copy));
}

namespace detail {

inline FakeStore::Draft& draft_of(FakeServer& server) {
  if (!server.store.draft) throw Failure(MAINTAIN_INVALID_STATE, "no copy was begun");
  return *server.store.draft;
}

inline FakeStore::Draft& open_file_of(FakeServer& server) {
  FakeStore::Draft& draft = draft_of(server);
  if (!draft.file.is_open()) throw Failure(MAINTAIN_INVALID_STATE, "no file of the draft is open");
  return draft;
}

inline Json store_document(maintain_text text, const std::set<std::string>& known) {
  Json document = Json::parse(to_view(text), nullptr, false);
  require(document.is_object(), "a JSON object is expected");
  for (const auto& [key, value] : document.items())
    require(known.contains(key), "'" + key + "' is not known here");
  return document;
}

// Newest verified copy, or null.
inline const FakeCopy* newest_copy(const FakeServer& server, const std::string& not_after = {}) {
  for (const FakeCopy& copy : server.store.copies)
    if (copy.state == "verified" && (not_after.empty() || copy.id <= not_after)) return &copy;
  return nullptr;
}

// What a draft may share files with, or null.
inline const FakeCopy* base_copy(const FakeServer& server) {
  for (const FakeCopy& copy : server.store.copies)
    if (copy.state == "verified" || copy.state == "unverified") return &copy;
  return nullptr;
}

inline const FakeCopy& copy_named(const FakeServer& server, const std::string& which) {
  std::string moment;
  for (const char c : which)
    if (c != '-' && c != ':') moment += c;
  const FakeCopy* found = which == "latest" ? newest_copy(server) : nullptr;
  for (const FakeCopy& copy : server.store.copies)
    if (copy.id == which) found = &copy;
  if (found == nullptr && moment != which) found = newest_copy(server, moment);
  if (found == nullptr) throw Failure(MAINTAIN_NOT_FOUND, "there is no copy " + which);
  return *found;
}

// With times, modes, attributes and hard links, as a snapshot has them.
inline void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::string source = from.string(), target = to.string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("cp", "cp", "-a", "--", source.c_str(), target.c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
    throw TestProblem("cannot copy " + source + " to " + target);
}

inline Json begin_copy(FakeServer& server, maintain_text text) {
  FakeStore& store = server.store;
  Json request = store_document(text, {"source", "engine", "max_bytes", "max_files", "resume", "seed"});
  refuse_in_check_mode(server, "making of copies");
  if (store.draft) throw Failure(MAINTAIN_INVALID_STATE, "a copy was begun already");
  if (store.busy) throw Failure(MAINTAIN_BUSY, "another process writes copies of this task");
  const bool resumed = request.value("resume", false) && std::filesystem::exists(store.draft_path());
  if (!resumed) std::filesystem::remove_all(store.draft_path());
  std::filesystem::create_directories(store.draft_path());
  const FakeCopy* base = base_copy(server);
  const bool seeded = store.snapshots && request.value("seed", false) && base != nullptr;
  if (seeded && !resumed) {
    std::filesystem::remove(store.draft_path());
    copy_tree(base->path, store.draft_path());
  }
  store.draft = std::make_unique<FakeStore::Draft>();
  store.draft->request = request;
  return {{"path", store.draft_path().string()},
          {"base", base == nullptr ? "" : base->path.string()},
          {"resumed", resumed},
          {"seeded", seeded}};
}

inline void write_draft(FakeServer& server, std::string_view bytes) {
  FakeStore::Draft& draft = open_file_of(server);
  draft.bytes += bytes.size();
  const auto most = draft.request.value("max_bytes", std::uint64_t{0});
  if (most != 0 && draft.bytes > most) throw Failure(MAINTAIN_REFUSED, "the copy would be larger than max_bytes");
  if (server.store.full_after && draft.bytes > *server.store.full_after)
    throw Failure(MAINTAIN_REFUSED, "no space is left where the copies are");
  draft.file_bytes += bytes.size();
  draft.file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline Json commit_copy(FakeServer& server, maintain_text text) {
  FakeStore& store = server.store;
  FakeStore::Draft& draft = draft_of(server);
  const Json facts = store_document(
      text, {"verified", "tools", "format", "details", "drop", "allow_empty", "links"});
  if (draft.file.is_open()) throw Failure(MAINTAIN_INVALID_STATE, "a file of the draft is still open");
  FakeCopy copy;
  copy.time = server.now();
  while (std::any_of(store.copies.begin(), store.copies.end(),
                     [&](const FakeCopy& other) { return other.time == copy.time; }))
    copy.time += std::chrono::seconds(1);
  copy.source = draft.request.value("source", "");
  copy.engine = draft.request.value("engine", "");
  copy.facts = facts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store.draft_path())) {
    if (!entry.is_regular_file()) continue;
    ++copy.files;
    copy.bytes += entry.file_size();
  }
  const auto passes = [&](const char* bound, std::uint64_t size) {
    const auto most = draft.request.value(bound, std::uint64_t{0});
    return most != 0 && size > most;
  };
  if (passes("max_bytes", copy.bytes) || passes("max_files", copy.files)) {
    store.draft.reset();
    std::filesystem::remove_all(store.draft_path());
    throw Failure(MAINTAIN_REFUSED, "the copy is larger than a bound of begin allows");
  }
  copy.new_bytes = copy.bytes;
  const bool empty = (copy.files == 0 || copy.bytes == 0) && !facts.value("allow_empty", false);
  copy.reason = !store.quarantine.empty() ? store.quarantine : empty ? "it is empty" : "";
  copy.state = !copy.reason.empty() ? "quarantined"
               : facts.value("verified", Json::array()).empty() ? "unverified"
                                                                 : "verified";
  FakeCopy& kept = store.add(std::move(copy));
  std::filesystem::remove_all(kept.path);
  std::filesystem::rename(store.draft_path(), kept.path);
  store.draft.reset();
  return {{"id", kept.id},       {"path", kept.path.parent_path().string()},
          {"state", kept.state}, {"bytes", kept.bytes},
          {"files", kept.files}, {"new_bytes", kept.new_bytes},
          {"reason", kept.reason}, {"problems", store.problems}};
}

inline Json list_copies(const FakeServer& server) {
  Json all = Json::array();
  for (const FakeCopy& copy : server.store.copies)
    all.push_back({{"id", copy.id}, {"time_ms", copy.time.time_since_epoch().count()}, {"state", copy.state},
                   {"bytes", copy.bytes}, {"files", copy.files}, {"new_bytes", copy.new_bytes},
                   {"source", copy.source}, {"engine", copy.engine}, {"reason", copy.reason}});
  return all;
}

inline Json prune_copies(FakeServer& server, maintain_text text, bool dry_run) {
  Json policy = store_document(text, {"keep", "min_verified", "timezone"});
  if (!dry_run) refuse_in_check_mode(server, "removing of copies");
  require(!policy.contains("keep") || !policy["keep"].empty(), "this policy would keep nothing at all");
  if (!dry_run) server.store.prunes.push_back(policy);
  return server.store.prune_answer;
}

inline Json open_copy(FakeServer& server, const std::string& which) {
  const FakeCopy& copy = copy_named(server, which);
  Json manifest = {{"id", copy.id},         {"source", copy.source}, {"engine", copy.engine}, {"state", copy.state},
                   {"bytes", copy.bytes},   {"files", copy.files},   {"format", copy.facts.value("format", "")},
                   {"details", copy.facts.value("details", Json::object())},
                   {"verified", copy.facts.value("verified", Json::array())}};
  return {{"id", copy.id}, {"time_ms", copy.time.time_since_epoch().count()}, {"state", copy.state},
          {"path", copy.path.string()}, {"manifest", manifest}};
}

inline Json verify_copy(FakeServer& server, const std::string& which, std::uint32_t part, std::uint32_t parts) {
  require(part >= 1 && part <= parts, "part is of 1 to parts");
  const FakeCopy& copy = copy_named(server, which);
  return {{"files", copy.files}, {"bytes", copy.bytes}, {"wrong", server.store.wrong}};
}

// Calls body(server) -> Json and hands it to the sink.
template <class Body>
maintain_status answer(const maintain_host* host, const maintain_sink* sink, maintain_error* error, const Body& body) {
  return call(host, error, [&](FakeServer& server) {
    check_time(server);
    const std::string text = body(server).dump();
    return sink == nullptr ? MAINTAIN_OK : write(sink, text);
  });
}

inline constexpr maintain_store_1 store_table = {
    sizeof(maintain_store_1),
    0,
    [](const maintain_host* host, const maintain_sink* json, maintain_error* error) {
      return answer(host, json, error, [](FakeServer& server) { return list_copies(server); });
    },
    [](const maintain_host* host, maintain_text request, const maintain_sink* json, maintain_error* error) {
      return answer(host, json, error, [&](FakeServer& server) { return begin_copy(server, request); });
    },
    [](const maintain_host* host, maintain_text name, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        FakeStore::Draft& draft = draft_of(server);
        if (draft.file.is_open()) throw Failure(MAINTAIN_INVALID_STATE, "a file of the draft is open already");
        check_copied_name(to_view(name));
        draft.name = to_string(name);
        draft.file_bytes = 0;
        const auto path = server.store.draft_path() / draft.name;
        std::filesystem::create_directories(path.parent_path());
        std::filesystem::remove(path);
        draft.file.open(path, std::ios::binary);
      });
    },
    [](const maintain_host* host, const void* data, uint64_t size, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        write_draft(server, {static_cast<const char*>(data), static_cast<std::size_t>(size)});
      });
    },
    [](const maintain_host* host, const maintain_sink* json, maintain_error* error) {
      return answer(host, json, error, [](FakeServer& server) -> Json {
        FakeStore::Draft& draft = open_file_of(server);
        draft.file.close();
        return {{"bytes", draft.file_bytes}, {"sha256", std::string(64, '0')}};
      });
    },
    [](const maintain_host* host, maintain_text facts, const maintain_sink* json, maintain_error* error) {
      return answer(host, json, error, [&](FakeServer& server) { return commit_copy(server, facts); });
    },
    [](const maintain_host* host, uint32_t keep, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        if (!server.store.draft) return;
        server.store.draft.reset();
        ++server.store.abandoned;
        if (keep == 0) std::filesystem::remove_all(server.store.draft_path());
      });
    },
    [](const maintain_host* host, maintain_text policy, uint32_t dry_run, const maintain_sink* json,
       maintain_error* error) {
      return answer(host, json, error,
                    [&](FakeServer& server) { return prune_copies(server, policy, dry_run != 0); });
    },
    [](const maintain_host* host, maintain_text which, const maintain_sink* json, maintain_error* error) {
      return answer(host, json, error, [&](FakeServer& server) { return open_copy(server, to_string(which)); });
    },
    [](const maintain_host* host, maintain_text which, uint32_t part, uint32_t parts, const maintain_sink* json,
       maintain_error* error) {
      return answer(host, json, error,
                    [&](FakeServer& server) { return verify_copy(server, to_string(which), part, parts); });
    }};

}  // namespace detail

}  // namespace maintain::sdk::testkit
