// What a package index says is read whatever it is, and what comes of it survives the cache.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "pydeps/base/package_name.hpp"
#include "pydeps/base/test_order.hpp"
#include "pydeps/index/dist_filename.hpp"
#include "pydeps/index/simple_index.hpp"

using namespace maintain::pydeps;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

void require_sound(const ParsedProject& parsed) {
  require(parsed.project.has_value() == parsed.problem.empty());
  if (!parsed.project) return;
  for (const Release& release : parsed.project->releases) {
    require(is_version_text(release.version));
    require(release.yanked || release.yank_reason.empty());
    const Release* found = find_release(*parsed.project, release.version, testing::test_order);
    require(found != nullptr);
  }
  const Json kept = releases_to_json(*parsed.project);
  const auto read = releases_from_json(nlohmann::json::parse(kept.dump()));  // throws where a text is no UTF-8
  require(read.has_value() && releases_to_json(*read) == kept);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require_sound(parse_simple_index(text, "demo-pkg", testing::test_order));
  require_sound(parse_project_json(text, "demo-pkg", testing::test_order));
  require_sound(parse_simple_index(text, "demo-pkg", {}));
  const auto document = parse_json(text, {.bytes = 1U << 20U});
  if (document.value) (void)releases_from_json(*document.value);
  const auto name = parse_distribution_name(text, "demo-pkg");
  require(!name || is_version_text(name->version));
  return 0;
}
