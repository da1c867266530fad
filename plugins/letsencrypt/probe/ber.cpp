#include "letsencrypt/probe/ber.hpp"

namespace maintain::letsencrypt {
namespace {

std::uint8_t octet(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

}  // namespace

std::optional<BerHead> ber_head(std::string_view bytes, bool& complete) {
  complete = true;
  const auto more = [&]() -> std::optional<BerHead> {
    complete = false;
    return std::nullopt;
  };
  if (bytes.empty()) return more();
  if ((octet(bytes, 0) & 0x1Fu) == 0x1Fu) return std::nullopt;
  if (bytes.size() < 2) return more();
  const std::uint8_t first = octet(bytes, 1);
  if (first < 0x80) return BerHead{2, first};
  const std::size_t octets = first & 0x7Fu;
  if (octets == 0 || octets > 4) return std::nullopt;  // indefinite, or too long for anything
  if (bytes.size() < 2 + octets) return more();
  std::size_t length = 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | octet(bytes, 2 + i);
  return BerHead{2 + octets, length};
}

std::optional<BerElement> take_ber(std::string_view& bytes) {
  bool complete = false;
  const auto head = ber_head(bytes, complete);
  if (!head || bytes.size() - head->header < head->length) return std::nullopt;
  const BerElement element{octet(bytes, 0), bytes.substr(head->header, head->length)};
  bytes.remove_prefix(head->header + head->length);
  return element;
}

std::optional<std::int32_t> ber_number(std::string_view content) {
  if (content.empty() || content.size() > 4 || octet(content, 0) >= 0x80) return std::nullopt;
  std::int32_t number = 0;
  for (std::size_t i = 0; i < content.size(); ++i) number = number << 8 | octet(content, i);
  return number;
}

}  // namespace maintain::letsencrypt
