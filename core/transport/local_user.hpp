// Who we are on the maintenance server.
#pragma once

#include <string>

namespace maintain {

// The name of the effective user; its number when it has none.
std::string local_user();

}  // namespace maintain
