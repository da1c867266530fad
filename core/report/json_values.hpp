// Values of the model as JSON, the same in all documents: docs/reports.md lists the keys.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "model/names.hpp"

namespace maintain::json_values {

using Json = nlohmann::ordered_json;  // as documented: the same order every time

// Text of any origin: what JSON may not hold, and what would act on a terminal, is gone.
inline Json text(const std::string& words) { return printable(words, true); }
inline Json when(Time time) { return format_time(time); }
inline Json when(const std::optional<Time>& time) { return time ? Json(format_time(*time)) : Json(nullptr); }

inline void put_key(Json& json, const TaskKey& key) {
  json["server"] = text(key.server);
  json["project"] = text(key.project);
  json["task"] = text(key.task);
}

inline void put_finding(Json& json, const Finding& finding) {
  json["state"] = to_string(finding.state);
  json["code"] = text(finding.code);
  json["subject"] = text(finding.subject);
  json["title"] = text(finding.title);
  json["detail"] = text(finding.detail);
  json["action"] = text(finding.action);
}

inline std::string document(const Json& json) { return json.dump(2) + '\n'; }

}  // namespace maintain::json_values
