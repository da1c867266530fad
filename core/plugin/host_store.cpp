// maintain.store/1: the copies of a task, by core/backup. JSON comes and goes as plugin.h describes it.
#include "plugin/host_store.hpp"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "backup/kept_policy.hpp"
#include "base/text.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

tl::unexpected<HostFailure> invalid(std::string what) { return host_fail(MAINTAIN_INVALID_ARGUMENT, std::move(what)); }

HostResult write_json(const maintain_sink* sink, const Json& json) {
  return write_to(sink, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// INVALID_ARGUMENT for what is no object, or has a key that is not known: a mistyped bound must not be none.
tl::expected<Json, HostFailure> read_object(maintain_text text, const std::set<std::string>& known, const char* what) {
  Json json = Json::parse(to_view(text), nullptr, false);
  if (!json.is_object()) return invalid(fmt::format("{}: not a JSON object", what));
  for (const auto& [key, value] : json.items())
    if (!known.contains(key)) return invalid(fmt::format("{}: '{}' is not known", what, shorten(printable(key), 100)));
  return json;
}

// JSON's exceptions for a value of a wrong type become INVALID_ARGUMENT.
template <class Body>
HostResult with_valid_types(const char* what, const Body& body) {
  try {
    return body();
  } catch (const Json::exception& wrong) {
    return invalid(fmt::format("{}: {}", what, wrong.what()));
  }
}

HostResult store_of(Host& host, HostStore*& store) {
  const auto& place = host.call().copies;
  if (!place) return host_fail(MAINTAIN_UNSUPPORTED, "this run has no store of copies");
  if (!host.store) host.store = std::make_unique<HostStore>(*place);
  store = host.store.get();
  return {};
}

// Runs body(store) in a task that may still work.
template <class Body>
maintain_status store_call(const maintain_host* table, maintain_error* error, const char* what, const Body& body) {
  return host_call(table, error, [&](Host& host) -> HostResult {
    if (auto time = host.check_time(what); !time) return time;
    HostStore* store = nullptr;
    if (auto found = store_of(host, store); !found) return found;
    return with_valid_types(what, [&] { return body(host, *store); });
  });
}

Interrupt interrupt_of(const Host& host) {
  return [&host]() -> Result<void> {
    const auto time = host.check_time("the store of copies");
    return time ? Result<void>{} : Result<void>(fail(time.error().error));
  };
}

HostResult refuse_in_check_mode(const Host& host, const char* what) {
  return host.check_mode() ? HostResult(host_fail(MAINTAIN_REFUSED, fmt::format("dry run: {}", what))) : HostResult{};
}

HostResult need_draft(const HostStore& store) {
  return store.draft ? HostResult{} : HostResult(host_fail(MAINTAIN_INVALID_STATE, "no copy was begun"));
}

std::int64_t milliseconds(Time time) {
  return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count();
}

HostResult list(HostStore& store, const maintain_sink* sink) {
  const auto copies = store.copies.list();
  if (!copies) return host_fail(copies.error());
  Json all = Json::array();
  for (const CopyManifest& copy : *copies)
    all.push_back({{"id", copy.id}, {"time_ms", milliseconds(copy.started)}, {"state", to_string(copy.state)},
                   {"bytes", copy.bytes}, {"files", copy.files}, {"new_bytes", copy.new_bytes},
                   {"source", copy.source}, {"engine", copy.engine},
                   {"reason", copy.damage.empty() ? copy.reason : copy.damage}});
  return write_json(sink, all);
}

HostResult begin(Host& host, HostStore& store, maintain_text text, const maintain_sink* sink) {
  const auto json = read_object(text, {"source", "engine", "max_bytes", "max_files", "resume", "seed"}, "begin");
  if (!json) return tl::make_unexpected(json.error());
  if (auto fine = refuse_in_check_mode(host, "no copy is made"); !fine) return fine;
  if (store.draft) return host_fail(MAINTAIN_INVALID_STATE, "a copy was begun already");
  DraftRequest request;
  request.source = shorten(printable(json->value("source", "")), 500);
  request.engine = shorten(printable(json->value("engine", "")), 100);
  request.max_bytes = json->value("max_bytes", std::uint64_t{0});
  request.max_files = json->value("max_files", std::uint64_t{0});
  request.resume = json->value("resume", false);
  request.seed = json->value("seed", false);
  request.min_free = host.call().copies->min_free;
  request.snapshots = host.call().copies->snapshots;
  request.type = host.call().type;
  auto draft = store.copies.begin(request, host.call().clock->now(), interrupt_of(host));
  if (!draft) return host_fail(draft.error());
  store.draft.emplace(std::move(*draft));
  const DraftData& data = store.draft->data();
  if (!data.note.empty())
    host.tell([&](TaskEvents& events) { events.log(LogLevel::warning, shorten(printable(data.note), 500)); });
  return write_json(sink, {{"path", store.draft->path().string()},
                           {"base", store.draft->base().string()},
                           {"resumed", data.resumed},
                           {"seeded", data.seeded}});
}

HostResult create(HostStore& store, maintain_text name) {
  if (auto begun = need_draft(store); !begun) return begun;
  if (store.draft->writing()) return host_fail(MAINTAIN_INVALID_STATE, "a file of the draft is open already");
  return to_host_result(store.draft->create(to_string(name)));
}

HostResult need_file(const HostStore& store) {
  if (auto begun = need_draft(store); !begun) return begun;
  if (store.draft->writing()) return {};
  return host_fail(MAINTAIN_INVALID_STATE, "no file of the draft is open");
}

HostResult close(HostStore& store, const maintain_sink* sink) {
  if (auto open = need_file(store); !open) return open;
  const auto file = store.draft->close();
  if (!file) return host_fail(file.error());
  return write_json(sink, {{"bytes", file->bytes}, {"sha256", file->sha256}});
}

Result<CopyFacts> read_facts(const Json& json) {
  CopyFacts facts;
  for (const Json& one : json.value("verified", Json::array()))
    facts.verified.push_back({one.at("how").get<std::string>(), one.value("detail", ""), {}});
  facts.format = json.value("format", "");
  for (const auto& [key, into] : {std::pair{"tools", &facts.tools}, std::pair{"details", &facts.details}}) {
    const Json object = json.value(key, Json::object());
    if (!object.is_object()) return fail(ErrorKind::configuration, fmt::format("commit: '{}' is no object", key));
    *into = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  facts.anomaly.drop = json.value("drop", facts.anomaly.drop);
  if (!(facts.anomaly.drop >= 0 && facts.anomaly.drop <= 1))
    return fail(ErrorKind::configuration, "commit: 'drop' is a fraction, 0 to 1");
  facts.anomaly.allow_empty = json.value("allow_empty", false);
  facts.links = json.value("links", std::map<std::string, std::string>{});
  return facts;
}

HostResult commit(Host& host, HostStore& store, maintain_text text, const maintain_sink* sink) {
  const auto json = read_object(
      text, {"verified", "tools", "format", "details", "drop", "allow_empty", "links"}, "commit");
  if (!json) return tl::make_unexpected(json.error());
  if (auto begun = need_draft(store); !begun) return begun;
  if (store.draft->writing()) return host_fail(MAINTAIN_INVALID_STATE, "a file of the draft is still open");
  const auto facts = read_facts(*json);
  if (!facts) return host_fail(facts.error());
  const auto copy = store.draft->commit(*facts, host.call().clock->now(), interrupt_of(host));
  store.draft.reset();  // lets go of the lock; after a failure what was copied waits for the next run
  if (!copy) return host_fail(copy.error());
  return write_json(sink, {{"id", copy->manifest.id},
                           {"path", copy->path.string()},
                           {"state", to_string(copy->manifest.state)},
                           {"bytes", copy->manifest.bytes},
                           {"files", copy->manifest.files},
                           {"new_bytes", copy->manifest.new_bytes},
                           {"reason", copy->manifest.reason},
                           {"problems", copy->problems}});
}

HostResult abandon(Host& host, HostStore& store, bool keep) {
  if (!store.draft) return {};
  Result<void> done{};
  if (!keep) done = store.draft->discard(interrupt_of(host));
  store.draft.reset();
  return to_host_result(done);
}

HostResult prune(Host& host, HostStore& store, maintain_text text, bool dry_run, const maintain_sink* sink) {
  const auto json = read_object(text, {"keep", "min_verified", "timezone"}, "prune");
  if (!json) return tl::make_unexpected(json.error());
  if (!dry_run)
    if (auto fine = refuse_in_check_mode(host, "no copy is removed"); !fine) return fine;
  const CopiesPlace& place = *host.call().copies;
  KeptPolicy kept;
  kept.keep = json->contains("keep") ? json->at("keep").dump() : place.keep;
  kept.min_verified = json->value("min_verified", usual_min_verified);
  if (kept.min_verified < 1) return invalid("prune: 'min_verified' is 1 or more");
  kept.timezone = json->value("timezone", host.call().timezone);
  const auto policy = parse_retention_policy(kept.keep);
  if (!policy) return host_fail(policy.error());
  const auto wall_clock = place.wall_clock(kept.timezone);
  if (!wall_clock) return host_fail(wall_clock.error());
  const auto report = store.copies.prune(*policy, kept.min_verified, *wall_clock, dry_run, interrupt_of(host));
  if (!report) return host_fail(report.error());
  const auto directory = copies_directory(place.backups, place.key);
  std::error_code ignored;
  if (!dry_run && std::filesystem::is_directory(directory, ignored))
    if (auto noted = keep_policy(directory, kept); !noted) return host_fail(noted.error());
  Json copies = Json::array();
  for (const auto& [id, fate] : report->copies)
    copies.push_back({{"id", id}, {"keep", fate.keep}, {"reasons", fate.reasons}});
  return write_json(sink, {{"stopped", report->stopped},
                           {"copies", copies},
                           {"removed", report->removed},
                           {"busy", report->busy}});
}

HostResult open(HostStore& store, maintain_text which, const maintain_sink* sink) {
  auto copy = store.copies.open(to_string(which));
  if (!copy) return host_fail(copy.error());
  const Json answer = {{"id", copy->manifest.id},
                       {"time_ms", milliseconds(copy->manifest.started)},
                       {"state", to_string(copy->manifest.state)},
                       {"path", (copy->content / data_name).string()},
                       {"manifest", Json::parse(encode_manifest(copy->manifest))}};
  store.readers.push_back(std::move(*copy));
  return write_json(sink, answer);
}

HostResult verify(Host& host, HostStore& store, maintain_text which, std::uint32_t part, std::uint32_t parts,
                  const maintain_sink* sink) {
  const auto copy = store.copies.open(to_string(which));
  if (!copy) return host_fail(copy.error());
  const auto report = TaskCopies::verify(*copy, part, parts, interrupt_of(host));
  if (!report) return host_fail(report.error());
  // What was found is the answer, also where the mark cannot be made.
  if (!host.check_mode())
    if (const auto marked = store.copies.remember(*copy, *report, host.call().clock->now()); !marked)
      host.tell([&](TaskEvents& events) {
        events.log(LogLevel::warning, shorten(printable(marked.error().describe()), 500));
      });
  Json wrong = Json::array();
  for (const auto& one : report->wrong) wrong.push_back({{"file", one.file}, {"problem", one.problem}});
  return write_json(sink, {{"files", report->files}, {"bytes", report->bytes}, {"wrong", wrong}});
}

}  // namespace

Result<void> HostStore::check_draft() {
  const Steady now = std::chrono::steady_clock::now();
  if (!draft || now < next_check_) return {};
  next_check_ = now + std::chrono::seconds(1);
  return draft->check_bounds();
}

const maintain_store_1 store_table = {
    sizeof(maintain_store_1),
    0,
    [](const maintain_host* host, const maintain_sink* json, maintain_error* error) {
      return store_call(host, error, "list", [&](Host&, HostStore& store) { return list(store, json); });
    },
    [](const maintain_host* host, maintain_text request, const maintain_sink* answer, maintain_error* error) {
      return store_call(host, error, "begin",
                        [&](Host& self, HostStore& store) { return begin(self, store, request, answer); });
    },
    [](const maintain_host* host, maintain_text name, maintain_error* error) {
      return store_call(host, error, "create", [&](Host&, HostStore& store) { return create(store, name); });
    },
    [](const maintain_host* host, const void* data, uint64_t size, maintain_error* error) {
      return store_call(host, error, "write", [&](Host&, HostStore& store) -> HostResult {
        if (auto open = need_file(store); !open) return open;
        return to_host_result(
            store.draft->write({static_cast<const char*>(data), static_cast<std::size_t>(size)}));
      });
    },
    [](const maintain_host* host, const maintain_sink* answer, maintain_error* error) {
      return store_call(host, error, "close", [&](Host&, HostStore& store) { return close(store, answer); });
    },
    [](const maintain_host* host, maintain_text facts, const maintain_sink* answer, maintain_error* error) {
      return store_call(host, error, "commit",
                        [&](Host& self, HostStore& store) { return commit(self, store, facts, answer); });
    },
    [](const maintain_host* host, uint32_t keep, maintain_error* error) {
      return host_call(host, error, [&](Host& self) -> HostResult {
        return self.store ? abandon(self, *self.store, keep != 0) : HostResult{};
      });
    },
    [](const maintain_host* host, maintain_text policy, uint32_t dry_run, const maintain_sink* answer,
       maintain_error* error) {
      return store_call(host, error, "prune", [&](Host& self, HostStore& store) {
        return prune(self, store, policy, dry_run != 0, answer);
      });
    },
    [](const maintain_host* host, maintain_text which, const maintain_sink* answer, maintain_error* error) {
      return store_call(host, error, "open", [&](Host&, HostStore& store) { return open(store, which, answer); });
    },
    [](const maintain_host* host, maintain_text which, uint32_t part, uint32_t parts, const maintain_sink* answer,
       maintain_error* error) {
      return store_call(host, error, "verify", [&](Host& self, HostStore& store) {
        return verify(self, store, which, part, parts, answer);
      });
    }};

}  // namespace maintain
