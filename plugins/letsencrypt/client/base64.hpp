// What our scripts print of names and files.
#pragma once

#include <string>
#include <string_view>

namespace maintain::letsencrypt {

// The bytes; nothing for "-", for what is no base64 and for more than 16 MiB of it.
std::string decoded(std::string_view base64);

// At most 4 KiB of it as one printable line: '?' stands for every other byte.
std::string decoded_line(std::string_view base64);

}  // namespace maintain::letsencrypt
