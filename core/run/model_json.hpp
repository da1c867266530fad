// The model as JSON, for messages.cpp alone (it costs seconds to compile). Strict: every field must be there and of
// its type, or nlohmann throws; messages.cpp turns that into an Error.
#pragma once

#include <charconv>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "model/finding.hpp"
#include "model/names.hpp"
#include "model/plan.hpp"
#include "model/server.hpp"
#include "model/task_type.hpp"
#include "plugin/catalog.hpp"
#include "store/state_store.hpp"

namespace maintain {

using nlohmann::json;

// Bounded, so that arithmetic on what a worker said cannot overflow.
inline std::int64_t whole_within(const json& j, std::int64_t lowest, std::int64_t highest) {
  const auto number = j.get<std::int64_t>();
  if (number < lowest || number > highest) throw json::out_of_range::create(406, "number out of range", &j);
  return number;
}

}  // namespace maintain

namespace nlohmann {

template <class T>
struct adl_serializer<std::optional<T>> {
  static void to_json(json& j, const std::optional<T>& value) {
    if (value) j = *value;
    else j = nullptr;
  }
  static void from_json(const json& j, std::optional<T>& value) {
    if (j.is_null()) value.reset();
    else value = j.get<T>();
  }
};

template <>
struct adl_serializer<maintain::Seconds> {
  static void to_json(json& j, const maintain::Seconds& value) { j = value.count(); }
  static void from_json(const json& j, maintain::Seconds& value) {
    value = maintain::Seconds(maintain::whole_within(j, -longest_span, longest_span));
  }
  static constexpr std::int64_t longest_span = 10'000'000'000;  // 317 years
};

template <>
struct adl_serializer<maintain::Time> {
  static void to_json(json& j, const maintain::Time& value) { j = value.time_since_epoch().count(); }
  static void from_json(const json& j, maintain::Time& value) {
    value = maintain::Time(maintain::Seconds(maintain::whole_within(j, 0, last_moment)));
  }
  static constexpr std::int64_t last_moment = 253'402'300'799;  // the end of the year 9999
};

}  // namespace nlohmann

namespace maintain {

// Enumerations cross as numbers; one that is out of range is malformed.
template <class E>
E enum_from(const json& j, E last) {
  const auto number = j.get<std::uint64_t>();
  if (!j.is_number_unsigned() || number > static_cast<std::uint64_t>(last))
    throw json::out_of_range::create(401, "enumeration out of range", &j);
  return static_cast<E>(number);
}

#define MAINTAIN_ENUM_JSON(E, last)                                                      \
  inline void to_json(json& j, const E& value) { j = static_cast<std::uint64_t>(value); } \
  inline void from_json(const json& j, E& value) { value = enum_from(j, E::last); }

MAINTAIN_ENUM_JSON(State, unknown)
MAINTAIN_ENUM_JSON(Outcome, crashed)
MAINTAIN_ENUM_JSON(Decision, not_selected)
MAINTAIN_ENUM_JSON(Mode, check)
MAINTAIN_ENUM_JSON(TransportKind, local)
MAINTAIN_ENUM_JSON(Scope, server)
MAINTAIN_ENUM_JSON(ErrorKind, internal)

inline void to_json(json& j, const Order& value) { j = to_string(value); }
inline void from_json(const json& j, Order& value) {
  const auto order = parse_order(j.get_ref<const std::string&>());
  if (!order) throw json::out_of_range::create(401, "no such order", &j);
  value = *order;
}

// Bytes of a server need not be UTF-8, which JSON strings must be. Those that are not go as one code point per byte
// in an array of one string.
inline bool is_utf8(const std::string& text) {
  try {
    (void)json(text).dump();
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

inline json bytes_to_json(const std::string& bytes) {
  if (is_utf8(bytes)) return bytes;
  std::string wide;
  wide.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      wide += c;
    } else {
      wide += static_cast<char>(0xc0 | (byte >> 6));
      wide += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return json::array({wide});
}

inline std::string bytes_from_json(const json& j) {
  if (j.is_string()) return j.get<std::string>();
  const auto wide = j.at(0).get<std::string>();
  std::string bytes;
  bytes.reserve(wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const auto lead = static_cast<unsigned char>(wide[i]);
    if (lead < 0x80 || i + 1 == wide.size()) {
      bytes += wide[i];
    } else {
      bytes += static_cast<char>(((lead & 0x03) << 6) | (static_cast<unsigned char>(wide[i + 1]) & 0x3f));
      ++i;
    }
  }
  return bytes;
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Position, file, line, column)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Error, kind, message, hint, where)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Finding, state, code, subject, title, detail, action, remind)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Become, enabled, user, password_file, password_command)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Server, name, address, port, user, transport, transient, enabled, wave, groups, tags,
                                   identity_files, ssh_options, become, expect, where)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LegacyClaim, key, status_key, nickname, options, defaults)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Companion, key, type)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskType, name, plugin, summary, scope, order, changes, permission, default_window,
                                   default_timeout, schema, legacy, companions, standalone, restore)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Manifest, id, version, summary, abi_major, abi_minor, needs, wants, http, task_types)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Retry, first, longest)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskSpec, name, use, when, timezone, window, max_age, timeout, retry, after, enabled,
                                   severity, order, scope, common_window, permission, options, companion_of,
                                   legacy_status_key, legacy_nickname, where)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskKey, server, project, task)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskRecord, last_success, last_attempt, last_outcome, failures_in_a_row, state,
                                   pending_jobs)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PlannedTask, key, spec, decision, reason, scheduled, window_end, next)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Plan, server, tasks)

inline void to_json(json& j, const CachedConfig& config) {
  j = {{"path", config.path}, {"text", bytes_to_json(config.text)}, {"last_good", nullptr}};
  if (config.last_good) j["last_good"] = bytes_to_json(*config.last_good);
}
inline void from_json(const json& j, CachedConfig& config) {
  config.path = j.at("path").get<std::string>();
  config.text = bytes_from_json(j.at("text"));
  const json& good = j.at("last_good");
  if (!good.is_null()) config.last_good = bytes_from_json(good);
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LegacyMark, server, status_key, at)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ServerMemory, last_contact, unreachable_since, configs_fetched, configs)

inline void to_json(json& j, const CatalogEntry& entry) {
  j = {{"library", entry.library.string()}, {"manifest", entry.manifest}};
}
inline void from_json(const json& j, CatalogEntry& entry) {
  entry.library = j.at("library").get<std::string>();
  j.at("manifest").get_to(entry.manifest);
}

// As text: JSON's numbers here are all whole (see messages.cpp), and infinity and NaN exist.
inline void to_json(json& j, const Metric& metric) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, metric.value).ptr;
  j = {{"name", metric.name}, {"value", std::string(digits, end)}, {"unit", metric.unit}, {"subject", metric.subject}};
}
inline void from_json(const json& j, Metric& metric) {
  metric.name = j.at("name").get<std::string>();
  metric.unit = j.at("unit").get<std::string>();
  metric.subject = j.at("subject").get<std::string>();
  const json& value = j.at("value");
  const auto& digits = value.get_ref<const std::string&>();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), metric.value);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw json::out_of_range::create(406, "not a number", &value);
}

}  // namespace maintain
