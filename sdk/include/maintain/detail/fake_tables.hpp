// The test kit's C tables: what a task gets from get_extension, answered by a FakeServer.
#pragma once

#include <maintain/detail/fake_call.hpp>
#include <maintain/detail/fake_http.hpp>
#include <maintain/detail/fake_jobs.hpp>
#include <maintain/detail/fake_store.hpp>
#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit {

namespace detail {

inline constexpr maintain_exec_1 exec_table = {
    sizeof(maintain_exec_1),
    [](const maintain_host* host, const maintain_command* command, maintain_exit* exit, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { return run_command(server, command, false, exit); });
    },
    [](const maintain_host* host, int64_t timeout_ms, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { reconnect(server, Milliseconds(timeout_ms)); });
    }};

inline constexpr maintain_job_1 job_table = {
    sizeof(maintain_job_1),
    [](const maintain_host* host, maintain_text name, maintain_job_phase* phase, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { *phase = find_job(server, to_string(name)); });
    },
    [](const maintain_host* host, maintain_text name, const maintain_command* command, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { start_job(server, to_string(name), *command); });
    },
    [](const maintain_host* host, maintain_text name, uint64_t* offset, const maintain_sink* output,
       int64_t timeout_ms, int64_t idle_timeout_ms, maintain_exit* exit, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        return follow_job(server, to_string(name), offset, output, Milliseconds(timeout_ms),
                          Milliseconds(idle_timeout_ms), exit);
      });
    },
    [](const maintain_host* host, maintain_text name, int64_t, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { stop_job(server, to_string(name)); });
    },
    [](const maintain_host* host, maintain_text name, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { collect_job(server, to_string(name)); });
    }};

inline const FakeFile& file_at(FakeServer& server, maintain_text path) {
  check_path(to_view(path));
  check_time(server);
  const auto found = server.files.find(to_string(path));
  if (found == server.files.end()) throw Failure(MAINTAIN_NOT_FOUND, "no file " + to_string(path));
  return found->second;
}

inline constexpr maintain_files_1 files_table = {
    sizeof(maintain_files_1),
    [](const maintain_host* host, maintain_text path, maintain_text, maintain_file_info* info,
       maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        const FakeFile& file = file_at(server, path);
        info->kind = file.kind;
        info->mode = file.mode;
        info->uid = file.uid;
        info->gid = file.gid;
        info->size = file.content.size();
        info->modified_ms = file.modified.time_since_epoch().count();
      });
    },
    [](const maintain_host* host, maintain_text path, maintain_text, uint64_t limit, const maintain_sink* sink,
       maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        const FakeFile& file = file_at(server, path);
        const uint64_t most = limit != 0 ? limit : 16u * 1024 * 1024;
        if (file.content.size() > most) throw Failure(MAINTAIN_REFUSED, to_string(path) + " is too long");
        return write(sink, file.content);
      });
    },
    [](const maintain_host* host, maintain_text path, maintain_text, uint32_t mode, maintain_text content,
       maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        require(mode <= 07777, "not permission bits");
        refuse_in_check_mode(server, "writing of files");
        check_path(to_view(path));
        check_time(server);
        if (content.size > 1024 * 1024) throw Failure(MAINTAIN_INVALID_ARGUMENT, "more than 1 MiB");
        FakeFile& file = server.files[to_string(path)];
        file.content = to_string(content);
        file.mode = mode;
        file.modified = server.now();
      });
    }};

inline constexpr maintain_local_1 local_table = {
    sizeof(maintain_local_1),
    [](const maintain_host* host, const maintain_command* command, maintain_exit* exit, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { return run_command(server, command, true, exit); });
    },
    [](const maintain_host* host, const maintain_sink* path, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { return write(path, server.directory()); });
    },
    [](const maintain_host* host, uint32_t with_destination, const maintain_sink* words, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        if (server.remote_shell.empty())
          throw Failure(MAINTAIN_UNSUPPORTED, "the server is the maintenance server itself");
        Json list = server.remote_shell;
        if (with_destination == 0 && !list.empty()) list.erase(list.size() - 1);
        return write(words, list.dump());
      });
    },
    [](const maintain_host* host, const maintain_command* command, const maintain_confinement* confinement,
       maintain_exit* exit, maintain_error* error) {
      return call(host, error,
                  [&](FakeServer& server) { return run_command(server, command, true, exit, seen(*confinement)); });
    }};

inline constexpr maintain_report_1 report_table = {
    sizeof(maintain_report_1),
    [](const maintain_host* host, const maintain_finding* raw, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        check_finding(to_view(raw->code), to_view(raw->title));
        server.findings.push_back({static_cast<State>(raw->state), to_string(raw->code), to_string(raw->subject),
                                   to_string(raw->title), to_string(raw->detail), to_string(raw->action),
                                   Milliseconds(raw->remind_ms)});
      });
    },
    [](const maintain_host* host, uint64_t done, uint64_t total, maintain_text unit) {
      call(host, nullptr,
           [&](FakeServer& server) { server.progress.push_back({done, total, to_string(unit)}); });
    },
    [](const maintain_host* host, maintain_text name, maintain_text subject, double value, maintain_text unit,
       maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        check_metric(to_view(name), value, to_view(unit));
        server.metrics[subject.size == 0 ? to_string(name) : to_string(name) + " " + to_string(subject)] = value;
      });
    },
    [](const maintain_host* host, maintain_text line) {
      call(host, nullptr, [&](FakeServer& server) { server.summary = to_string(line); });
    },
    [](const maintain_host* host, maintain_text text) {
      call(host, nullptr, [&](FakeServer& server) { server.output += to_view(text); });
    }};

inline Json state_document(maintain_text text) {
  Json document = Json::parse(to_view(text), nullptr, false);
  if (!document.is_object() || text.size > 256 * 1024)
    throw Failure(MAINTAIN_INVALID_ARGUMENT, "the state must be a JSON object of at most 256 KiB");
  return document;
}

inline constexpr maintain_state_1 state_table = {
    sizeof(maintain_state_1),
    [](const maintain_host* host, const maintain_sink* json, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) { return write(json, server.state.dump()); });
    },
    [](const maintain_host* host, maintain_text json, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        Json document = state_document(json);
        if (!server.script().check) server.state = std::move(document);
      });
    },
    [](const maintain_host* host, maintain_text json, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        Json document = state_document(json);
        if (server.script().check) return;
        server.checkpoints.push_back(document);
        server.state = std::move(document);
      });
    }};

inline constexpr maintain_facts_1 facts_table = {
    sizeof(maintain_facts_1), [](const maintain_host* host, const maintain_sink* json, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        check_time(server);
        const Facts& facts = server.facts;
        return write(json, Json{{"os_id", facts.os_id},
                                {"os_version", facts.os_version},
                                {"os_codename", facts.os_codename},
                                {"arch", facts.arch},
                                {"kernel", facts.kernel},
                                {"boot_id", facts.boot_id},
                                {"uptime_seconds", facts.uptime_seconds},
                                {"init", facts.init},
                                {"container", facts.container},
                                {"hostname", facts.hostname},
                                {"user", facts.user},
                                {"time_ms", facts.time_ms}}
                               .dump());
      });
    }};

inline maintain_status acquire(FakeServer& server, const std::string& name, std::uint32_t places, Milliseconds wait) {
  check_name(name);
  refuse_in_check_mode(server, "taking of locks");
  check_time(server);
  const Moment until = server.now() + wait;
  for (;;) {  // ends: every round moves the clock towards `until`
    auto& holders = server.locks[name];
    if (holders.contains(server.script().server_name) || holders.size() < places) {
      holders.insert(server.script().server_name);
      return MAINTAIN_OK;
    }
    const Milliseconds left = until - server.now();
    if (left.count() <= 0) break;
    const auto spent = spend(server, std::min(left, Milliseconds(1000)), Milliseconds(0));
    if (spent != MAINTAIN_OK) return spent;
  }
  std::string names;
  for (const auto& holder : server.locks[name]) names += (names.empty() ? "" : ", ") + holder;
  throw Failure(MAINTAIN_BUSY, "held by " + names);
}

inline constexpr maintain_lock_1 lock_table = {
    sizeof(maintain_lock_1),
    [](const maintain_host* host, maintain_text name, uint32_t count, int64_t lease_ms, int64_t wait_ms,
       maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        require(count > 0 && count <= 1000000 && lease_ms > 0, "a lock needs at least one place and a lease");
        return acquire(server, to_string(name), count, Milliseconds(wait_ms));
      });
    },
    [](const maintain_host* host, maintain_text name, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        check_name(to_view(name));
        server.locks[to_string(name)].erase(server.script().server_name);
      });
    }};

inline constexpr maintain_clock_1 clock_table = {
    sizeof(maintain_clock_1),
    [](const maintain_host* host) { return int64_t{server_of(host).now().time_since_epoch().count()}; },
    [](const maintain_host* host) { return int64_t{server_of(host).now().time_since_epoch().count()}; },
    [](const maintain_host* host, int64_t span) {
      return call(host, nullptr, [&](FakeServer& server) {
        check_time(server);
        return spend(server, Milliseconds(span), Milliseconds(0));
      });
    }};

inline const void* table_named(std::string_view id) {
  if (id == MAINTAIN_EXEC_1) return &exec_table;
  if (id == MAINTAIN_JOB_1) return &job_table;
  if (id == MAINTAIN_FILES_1) return &files_table;
  if (id == MAINTAIN_LOCAL_1) return &local_table;
  if (id == MAINTAIN_REPORT_1) return &report_table;
  if (id == MAINTAIN_STATE_1) return &state_table;
  if (id == MAINTAIN_STORE_1) return &store_table;
  if (id == MAINTAIN_FACTS_1) return &facts_table;
  if (id == MAINTAIN_HTTP_1) return &http_table;
  if (id == MAINTAIN_LOCK_1) return &lock_table;
  if (id == MAINTAIN_CLOCK_1) return &clock_table;
  return nullptr;
}

}  // namespace detail

inline FakeServer::FakeServer()
    : now_(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(12)),
      script_(std::make_unique<Script>()) {
  script_->start = now_;
  facts.os_id = "debian";
  facts.os_version = "12";
  facts.os_codename = "bookworm";
  facts.arch = "x86_64";
  facts.kernel = "6.1.0-30-amd64";
  facts.boot_id = "11111111-1111-4111-8111-111111111111";
  facts.init = "systemd";
  facts.hostname = "web1";
  facts.user = "maintain";
  facts.uptime_seconds = 86400;
  facts.time_ms = now_.time_since_epoch().count();

  host_.struct_size = sizeof host_;
  host_.abi_major = MAINTAIN_ABI_MAJOR;
  host_.abi_minor = MAINTAIN_ABI_MINOR;
  host_.version = detail::to_text("0.0.0-testkit");
  host_.context = this;
  host_.get_extension = [](const maintain_host* host, maintain_text id) -> const void* {
    const auto& script = detail::server_of(host).script();
    const std::string name = detail::to_string(id);
    if (script.missing.contains(name) || (script.listed && !script.listed->contains(name))) return nullptr;
    return detail::table_named(name);
  };
  host_.log = [](const maintain_host* host, maintain_level level, maintain_text line) {
    detail::guarded(nullptr, [&] {
      detail::server_of(host).log.push_back({static_cast<Level>(level), detail::to_string(line)});
      return MAINTAIN_OK;
    });
  };
  host_.is_cancelled = [](const maintain_host* host) -> uint32_t {
    FakeServer& server = detail::server_of(host);
    return server.script().cancelled || server.out_of_time() ? 1u : 0u;
  };
#ifdef MAINTAIN_PLUGIN_MANIFEST
  only_listed_in(MAINTAIN_PLUGIN_MANIFEST);
#endif
}

}  // namespace maintain::sdk::testkit
