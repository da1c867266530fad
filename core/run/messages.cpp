#include "run/messages.hpp"

#include <fmt/format.h>

#include "run/model_json.hpp"

namespace maintain {

MAINTAIN_ENUM_JSON(Purpose, check_config)
MAINTAIN_ENUM_JSON(LogLevel, error)
MAINTAIN_ENUM_JSON(AskKind, release_lock)

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Hello, protocol)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StartWorker, worker)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SignalWorker, worker, signal)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WorkerEnded, worker, status, error)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Assignment, server, purpose, mode, now, only_tasks, now_tasks, refresh_configs,
                                   memory, records, legacy_marks, resume, first_index, by_hand, writable)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cancel, index)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Answer, ask, error)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Unconfined, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Contacted, transport, connect_ms, round_trip_ms, facts)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NotContacted, error)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ConfigsFetched, configs)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProjectNotes, project, contact, findings)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Planned, plan, from_cache, notes, config_files, config_errors)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskStarted, index)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LogLine, level, line)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FindingEmitted, finding)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MetricEmitted, metric)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProgressEmitted, done, total, unit)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SummaryEmitted, line)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Ask, ask, kind, text, jobs, places, lease_ms, wait_ms)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskEnded, index, outcome, error, new_state)

void to_json(json& j, const OutputEmitted& output) { j = {{"bytes", bytes_to_json(output.bytes)}}; }
void from_json(const json& j, OutputEmitted& output) { output.bytes = bytes_from_json(j.at("bytes")); }

void to_json(json& j, const Done&) { j = json::object(); }
void from_json(const json&, Done&) {}

// Of the settings, only what a worker acts on.
void to_json(json& j, const Setup& setup) {
  const Settings& settings = setup.settings;
  j = {{"state_directory", settings.state_directory.string()},
       {"backup_directory", settings.backup_directory.string()},
       {"run_directory", settings.run_directory.string()},
       {"known_hosts_files", settings.known_hosts_files},
       {"identity_files", settings.identity_files},
       {"config_cache", settings.config_cache},
       {"connect_timeout", settings.connect_timeout},
       {"handshake_timeout", settings.handshake_timeout},
       {"authentication_timeout", settings.authentication_timeout},
       {"keepalive", settings.keepalive},
       {"min_free", settings.min_free},
       {"keep_copies", settings.keep_copies},
       {"snapshots", settings.snapshots},
       {"http_allow", settings.http_allow},
       {"http_instead", settings.http_instead},
       {"plugins", setup.plugins},
       {"debug", setup.debug},
       {"several_servers", setup.several_servers}};
}
void from_json(const json& j, Setup& setup) {
  Settings& settings = setup.settings;
  settings.state_directory = j.at("state_directory").get<std::string>();
  settings.backup_directory = j.at("backup_directory").get<std::string>();
  settings.run_directory = j.at("run_directory").get<std::string>();
  j.at("known_hosts_files").get_to(settings.known_hosts_files);
  j.at("identity_files").get_to(settings.identity_files);
  j.at("config_cache").get_to(settings.config_cache);
  j.at("connect_timeout").get_to(settings.connect_timeout);
  j.at("handshake_timeout").get_to(settings.handshake_timeout);
  j.at("authentication_timeout").get_to(settings.authentication_timeout);
  j.at("keepalive").get_to(settings.keepalive);
  j.at("min_free").get_to(settings.min_free);
  j.at("keep_copies").get_to(settings.keep_copies);
  j.at("snapshots").get_to(settings.snapshots);
  j.at("http_allow").get_to(settings.http_allow);
  j.at("http_instead").get_to(settings.http_instead);
  j.at("plugins").get_to(setup.plugins);
  j.at("debug").get_to(setup.debug);
  j.at("several_servers").get_to(setup.several_servers);
}

namespace {

constexpr int max_nesting = 24;

struct Malformed {
  const char* why;
};

// Whole numbers only (turning an arbitrary floating-point number into an integer is undefined), and not nested so
// deep that taking the value apart again would overflow the stack.
bool check_event(int depth, json::parse_event_t event, json& parsed) {
  if (depth > max_nesting) throw Malformed{"nested too deep"};
  if (event == json::parse_event_t::value && parsed.is_number_float()) throw Malformed{"a number that is not whole"};
  return true;
}

template <class M>
bool decode_as(const std::string& type, const json& body, Message& message) {
  if (type != M::type) return false;
  message = body.get<M>();
  return true;
}

template <class... M>
bool decode_any(const std::string& type, const json& body, Message& message, std::variant<M...>*) {
  return (decode_as<M>(type, body, message) || ...);
}

}  // namespace

std::string encode_message(const Message& message) {
  const json body = std::visit(
      [](const auto& alternative) {
        json j = alternative;
        j["type"] = std::decay_t<decltype(alternative)>::type;
        return j;
      },
      message);
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Message> decode_message(std::string_view text) {
  try {
    const json body = json::parse(text, check_event);
    const std::string type = body.at("type").get<std::string>();
    Message message;
    if (decode_any(type, body, message, static_cast<Message*>(nullptr))) return message;
    return fail(ErrorKind::internal, "a message of an unknown type");
  } catch (const Malformed& malformed) {
    return fail(ErrorKind::internal, fmt::format("a malformed message: {}", malformed.why));
  } catch (const json::exception& exception) {
    return fail(ErrorKind::internal, fmt::format("a malformed message: {}", exception.what()));
  }
}

}  // namespace maintain
