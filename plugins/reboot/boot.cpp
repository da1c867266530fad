#include "reboot/boot.hpp"

#include <nlohmann/json.hpp>

namespace maintain::plugins::reboot {
namespace {

std::string told(const Sections& sections, std::string_view name) {
  const Section* section = find_section(sections, name);
  return section != nullptr && section->ok() ? printable(trim(section->body)) : std::string{};
}

// 8-4-4-4-12 hexadecimal digits: half of an id must not look like another boot.
bool is_boot_id(std::string_view id) {
  if (id.size() != 36) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? id[i] != '-' : std::string_view("0123456789abcdef").find(id[i]) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

std::string boot_sections() {
  return R"sh(
first_process() (  # round brackets: `set -f` stays in here, what comes after looks for files by patterns
  IFS= read -r stat </proc/1/stat || return 1
  set -f; set -- ${stat##*) }
  echo "${20}"
)
section boot_id cat /proc/sys/kernel/random/boot_id
section first_process first_process
section kernel uname -r
section kernel_version uname -v
)sh";
}

std::optional<Boot> parse_boot(const Sections& sections) {
  Boot boot{.id = told(sections, "boot_id"), .first_process = told(sections, "first_process"),
            .kernel = told(sections, "kernel"), .kernel_version = told(sections, "kernel_version")};
  if (!is_boot_id(boot.id) || boot.kernel.empty()) return std::nullopt;
  if (!parse_number(boot.first_process)) boot.first_process.clear();
  return boot;
}

bool booted_anew(const Boot& before, const Boot& now) {
  if (now.id != before.id) return true;
  return !now.first_process.empty() && !before.first_process.empty() && now.first_process != before.first_process;
}

nlohmann::json boot_to_json(const Boot& boot) {
  return {{"id", boot.id}, {"first_process", boot.first_process}, {"kernel", boot.kernel},
          {"kernel_version", boot.kernel_version}};
}

Boot boot_from_json(const nlohmann::json& document) {
  if (!document.is_object()) return {};
  const auto text = [&](const char* key) {
    const auto found = document.find(key);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  return {.id = text("id"), .first_process = text("first_process"), .kernel = text("kernel"),
          .kernel_version = text("kernel_version")};
}

}  // namespace maintain::plugins::reboot
