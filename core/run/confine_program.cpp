#include "run/confine_program.hpp"

#include <unistd.h>

#include <filesystem>

namespace maintain {

std::string installed_confine() {
  std::error_code ignored;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "maintain-confine";
  return ::access(path.c_str(), X_OK) == 0 ? path.string() : std::string();
}

}  // namespace maintain
