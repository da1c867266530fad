#include "backup/kept_policy.hpp"

#include <nlohmann/json.hpp>

#include "backup/tree.hpp"
#include "base/fd.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr const char* file_name = "_policy.json";
constexpr std::size_t file_limit = 64 * 1024;

}  // namespace

Result<std::optional<KeptPolicy>> read_kept_policy(const std::filesystem::path& directory) {
  const auto file = directory / file_name;
  const auto text = read_plain_file(file, file_limit);
  if (!text && text.error().kind == ErrorKind::not_found) return std::nullopt;
  if (!text) return fail(text.error());
  const Json json = Json::parse(*text, nullptr, false);
  KeptPolicy policy;
  const bool sound = json.is_object() && json.contains("keep") &&
                     json.value("min_verified", Json()).is_number_integer() &&
                     json.value("timezone", Json()).is_string();
  if (sound) {
    policy.keep = json["keep"].dump();
    policy.min_verified = json["min_verified"].get<int>();
    policy.timezone = json["timezone"].get<std::string>();
  }
  if (!sound || policy.min_verified < 1 || !parse_retention_policy(policy.keep))
    return fail(ErrorKind::configuration, file.string() + " is damaged",
                "remove it; the task's next run writes it anew");
  return policy;
}

Result<void> keep_policy(const std::filesystem::path& directory, const KeptPolicy& policy) {
  if (const auto before = read_kept_policy(directory); before && *before == policy) return {};
  const Json json = {{"keep", Json::parse(policy.keep, nullptr, false)},
                     {"min_verified", policy.min_verified},
                     {"timezone", policy.timezone}};
  return write_file_atomically(directory / file_name, json.dump(2) + "\n", 0600);
}

}  // namespace maintain
