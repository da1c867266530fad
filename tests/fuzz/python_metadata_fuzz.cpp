// What a server says of its Python environments is parsed whatever it is: names are names, versions are one visible
// word, no URL has a password, and all of it is valid JSON text.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "pydeps/base/package_name.hpp"
#include "pydeps/environment/inventory.hpp"
#include "pydeps/reading/direct_url.hpp"
#include "pydeps/reading/freeze.hpp"
#include "pydeps/reading/marker.hpp"
#include "pydeps/reading/metadata.hpp"
#include "pydeps/reading/pyvenv_cfg.hpp"
#include "pydeps/reading/split_names.hpp"
#include "pydeps/reading/url.hpp"

using namespace maintain::pydeps;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

// On one line; throws, and so ends the program, where it is no UTF-8.
void require_text(const std::string& text) {
  require(text.find('\n') == std::string::npos);
  (void)nlohmann::json(text).dump();
}

void require_url(const std::string& url) {
  require_text(url);
  require(url.size() <= 500);
  const std::size_t host = url.find("://");
  if (host == std::string::npos) return;
  const std::string authority = url.substr(host + 3, url.find('/', host + 3) - host - 3);
  const std::size_t at = authority.find('@');
  require(at == std::string::npos || authority.substr(0, at) == "git");
}

void require_package(const Package& package) {
  require(is_package_name(package.name) && package.key == normalized_name(package.name));
  require(package.version.empty() || is_version_text(package.version));
  require_text(package.installer);
  require_text(package.requires_python);
  require_text(package.commit);
  require_url(package.url);
  require(package.url.empty() || package.origin != Origin::index);
}

void fuzz_files(std::string_view text) {
  if (const auto metadata = parse_metadata(text)) {
    require(is_package_name(metadata->name) && is_version_text(metadata->version));
    require_text(metadata->requires_python);
  }
  if (const auto direct = parse_direct_url(text)) {
    require_url(direct->url);
    require(direct->origin != Origin::index);
  }
  require_text(parse_pyvenv_cfg(text).python_version);
  require_url(without_credentials(text));
  require_url(read_url(text).url);
  for (const std::string& name : split_package_names(text)) require(!name.empty());
}

// What changes nothing: parentheses, "and" with yes, "or" with no. They may not fit in any more.
void fuzz_marker(std::string_view text) {
  const Applies applies = marker_applies(text);
  if (applies == Applies::unknown) return;
  const std::string inner = "(" + std::string(text) + ")";
  for (const std::string& marker : {inner, inner + "and os_name=='posix'", "os_name=='nt'or" + inner}) {
    const Applies again = marker_applies(marker);
    require(again == applies || again == Applies::unknown);
  }
}

void fuzz_freeze(std::string_view text) {
  const Freeze freeze = parse_freeze(text);
  for (const FreezeEntry& entry : freeze.entries) {
    require(entry.line > 0);
    require_package(entry.package);
    require_text(entry.marker);
    fuzz_marker(entry.marker);
  }
  for (const FreezeNote& note : freeze.skipped) require_text(note.text);
  for (const FreezeNote& note : freeze.problems) require_text(note.text);
}

void fuzz_inventory(const std::string& text) {
  const Inventory inventory = parse_inventory(text);
  for (const Environment& environment : inventory.environments) {
    require_text(environment.path);
    require_text(environment.given);
    require_text(environment.python_version);
    for (const std::string& by : environment.found_by) require_text(by);
    std::set<std::string> keys;
    for (const Package& package : environment.packages) {
      require_package(package);
      require(keys.insert(package.key).second);
    }
    for (const Problem& problem : environment.problems) {
      require_text(problem.subject);
      require_text(problem.text);
    }
  }
  for (const Absent& absent : inventory.absent) require_text(absent.path);
  for (const Hidden& hidden : inventory.hidden) require_text(hidden.path + hidden.by);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz_files(text);
  fuzz_freeze(text);
  fuzz_marker(text);
  fuzz_inventory(text);
  // Also as records of one environment, which hardly any input begins by itself.
  fuzz_inventory("@@maintain begin inventory\nenv\t/e\t/e\nlib\tpython3.11\n" + text);
  return 0;
}
