// What a server says, as it may stand in a finding: one short printable line. Pure.
#pragma once

#include <string>
#include <string_view>

namespace maintain::letsencrypt {

std::string one_line(std::string_view text);

}  // namespace maintain::letsencrypt
