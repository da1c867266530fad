#include "transport/local_user.hpp"

#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace maintain {

std::string local_user() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return entry.pw_name;
  return std::to_string(::geteuid());
}

}  // namespace maintain
