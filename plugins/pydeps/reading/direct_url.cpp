#include "pydeps/reading/direct_url.hpp"

#include <nlohmann/json.hpp>

#include "common/sections.hpp"
#include "pydeps/base/package_name.hpp"
#include "pydeps/reading/url.hpp"

namespace maintain::pydeps {
namespace {

using Json = nlohmann::json;

const Json* object_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? &*found : nullptr;
}

std::string word_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  return is_version_text(text) ? text : std::string{};
}

}  // namespace

std::optional<DirectUrl> parse_direct_url(std::string_view text) {
  constexpr std::size_t most_bytes = 65536;
  if (text.size() > most_bytes) return std::nullopt;
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto url = document.find("url");
  if (url == document.end() || !url->is_string()) return std::nullopt;
  DirectUrl direct;
  direct.url = without_credentials(url->get_ref<const std::string&>());
  if (const Json* vcs = object_in(document, "vcs_info")) {
    direct.origin = Origin::vcs;
    direct.vcs = word_in(*vcs, "vcs");
    direct.commit = word_in(*vcs, "commit_id");
    direct.revision = word_in(*vcs, "requested_revision");
  } else if (const Json* directory = object_in(document, "dir_info")) {
    const auto editable = directory->find("editable");
    const bool in_place = editable != directory->end() && *editable == true;
    direct.origin = in_place ? Origin::editable : Origin::local;
  } else if (!object_in(document, "archive_info")) {
    return std::nullopt;
  }
  return direct;
}

}  // namespace maintain::pydeps
