// Names and addresses of hosts as certificates hold them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maintain::letsencrypt {

// ASCII only: names of hosts have no other letters.
std::string lower_case(std::string_view text);

// "2001:DB8:0::1" -> "2001:db8::1"; nothing where text is no IPv4 or IPv6 address.
std::optional<std::string> canonical_address(std::string_view text);

// From the 4 or 16 bytes of an iPAddress.
std::optional<std::string> address_text(std::string_view bytes);

}  // namespace maintain::letsencrypt
