#include "backup/copy_manifest.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;
constexpr std::size_t id_size = 16;
constexpr std::array<CopyState, 3> written_states{CopyState::verified, CopyState::unverified, CopyState::quarantined};

// Names of files are bytes; JSON is text. What is not UTF-8 shows replaced here, and exactly in SHA256SUMS.
std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

Time moment(const Json& json, const char* key) {
  const auto time = parse_time(json.at(key).get<std::string>());
  if (!time) throw std::invalid_argument(time.error().message);
  return *time;
}

std::string object_text(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (!value.is_object()) throw std::invalid_argument(fmt::format("'{}' is not an object", key));
  return value.dump();
}

CopyState state_named(const std::string& name) {
  for (const CopyState state : written_states)
    if (to_string(state) == name) return state;
  throw std::invalid_argument("there is no state '" + name + "'");
}

CopyManifest decode(const Json& json) {
  if (json.at("version").get<int>() != version) throw std::invalid_argument("it is of another version");
  CopyManifest manifest;
  manifest.id = json.at("id").get<std::string>();
  if (!time_of_copy(manifest.id)) throw std::invalid_argument("'id' is not that of a copy");
  manifest.server = json.at("server").get<std::string>();
  manifest.project = json.at("project").get<std::string>();
  manifest.task = json.at("task").get<std::string>();
  manifest.type = json.at("type").get<std::string>();
  manifest.source = json.at("source").get<std::string>();
  manifest.engine = json.at("engine").get<std::string>();
  manifest.format = json.at("format").get<std::string>();
  manifest.state = state_named(json.at("state").get<std::string>());
  manifest.started = moment(json, "started");
  manifest.finished = moment(json, "finished");
  manifest.bytes = json.at("bytes").get<std::uint64_t>();
  manifest.files = json.at("files").get<std::uint64_t>();
  manifest.new_bytes = json.at("new_bytes").get<std::uint64_t>();
  manifest.base = json.at("base").get<std::string>();
  const auto sharing = sharing_named(json.value("sharing", to_string(Sharing::links)));
  if (!sharing) throw std::invalid_argument("'sharing' is not known");
  manifest.sharing = *sharing;
  manifest.checksums = json.at("sha256sums").get<std::string>();
  for (const Json& file : json.at("file_list"))
    manifest.file_list.push_back({file.at("name").get<std::string>(), file.at("bytes").get<std::uint64_t>(),
                                  file.at("sha256").get<std::string>()});
  for (const Json& one : json.at("verified"))
    manifest.verified.push_back({one.at("how").get<std::string>(), one.at("detail").get<std::string>(),
                                 moment(one, "when")});
  manifest.tools = object_text(json, "tools");
  manifest.details = object_text(json, "details");
  manifest.reason = json.value("reason", "");
  if (json.contains("accepted")) manifest.accepted = moment(json, "accepted");
  return manifest;
}

}  // namespace

std::string to_string(CopyState state) {
  switch (state) {
    case CopyState::verified: return "verified";
    case CopyState::unverified: return "unverified";
    case CopyState::quarantined: return "quarantined";
    case CopyState::damaged: return "damaged";
  }
  return {};
}

std::string encode_manifest(const CopyManifest& manifest) {
  Json files = Json::array(), verified = Json::array();
  for (const StoredFile& file : manifest.file_list)
    files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  for (const Verification& one : manifest.verified)
    verified.push_back({{"how", one.how}, {"detail", one.detail}, {"when", format_time(one.when)}});
  Json json = {{"version", version},
               {"id", manifest.id},
               {"server", manifest.server},
               {"project", manifest.project},
               {"task", manifest.task},
               {"type", manifest.type},
               {"source", manifest.source},
               {"engine", manifest.engine},
               {"format", manifest.format},
               {"state", to_string(manifest.state)},
               {"started", format_time(manifest.started)},
               {"finished", format_time(manifest.finished)},
               {"duration_seconds", (manifest.finished - manifest.started).count()},
               {"bytes", manifest.bytes},
               {"files", manifest.files},
               {"new_bytes", manifest.new_bytes},
               {"base", manifest.base},
               {"sharing", to_string(manifest.sharing)},
               {"sha256sums", manifest.checksums},
               {"file_list", std::move(files)},
               {"verified", std::move(verified)},
               {"tools", Json::parse(manifest.tools)},
               {"details", Json::parse(manifest.details)}};
  if (!manifest.reason.empty()) json["reason"] = manifest.reason;
  if (manifest.accepted) json["accepted"] = format_time(*manifest.accepted);
  if (!manifest.damage.empty()) json["damage"] = manifest.damage;
  return dump(json);
}

Result<CopyManifest> decode_manifest(std::string_view text) {
  try {
    return decode(Json::parse(text));
  } catch (const std::exception& wrong) {
    return fail(ErrorKind::system, fmt::format("not the manifest of a copy: {}", wrong.what()));
  }
}

std::string copy_id(Time time, int number) {
  const std::string text = format_time(time);  // 2026-11-29T01:02:03Z
  std::string id;
  for (const char c : text)
    if (c != '-' && c != ':') id += c;
  return number > 1 ? fmt::format("{}-{}", id, number) : id;
}

std::optional<Time> time_of_copy(std::string_view id) {
  if (id.size() < id_size) return std::nullopt;
  const std::string_view more = id.substr(id_size);
  if (!more.empty()) {
    int number = 0;
    const auto [end, error] = std::from_chars(more.data() + 1, more.data() + more.size(), number);
    if (more[0] != '-' || error != std::errc() || end != more.data() + more.size() || number < 2) return std::nullopt;
  }
  const auto part = [&](std::size_t at, std::size_t size) { return std::string(id.substr(at, size)); };
  const std::string date = part(0, 4) + "-" + part(4, 2) + "-" + part(6, 5);  // with the T and the hour
  const auto time = parse_time(date + ":" + part(11, 2) + ":" + part(13, 3));
  if (!time || copy_id(*time) != id.substr(0, id_size)) return std::nullopt;
  return *time;
}

}  // namespace maintain
