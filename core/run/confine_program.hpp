// Where maintain-confine is.
#pragma once

#include <string>

namespace maintain {

// Beside this program, as it is installed; empty when it is not there.
std::string installed_confine();

}  // namespace maintain
