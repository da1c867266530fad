// The little of BER that LDAP needs (RFC 4511 5.1: definite lengths only). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace maintain::letsencrypt {

struct BerElement {
  std::uint8_t tag = 0;        // identifier octet; tags of more than one octet are not read
  std::string_view content;
};

struct BerHead {
  std::size_t header = 0;      // octets of tag and length
  std::size_t length = 0;      // octets of content
};

// Tag and length at the start of bytes. complete is false when more octets are needed; nothing otherwise means that
// it is no BER that LDAP allows, or longer than 2^32.
std::optional<BerHead> ber_head(std::string_view bytes, bool& complete);

// Takes an element off the front of bytes, which holds all of it.
std::optional<BerElement> take_ber(std::string_view& bytes);

// An INTEGER's or ENUMERATED's content, when it is not negative and below 2^31.
std::optional<std::int32_t> ber_number(std::string_view content);

}  // namespace maintain::letsencrypt
