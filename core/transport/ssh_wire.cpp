#include "transport/ssh_wire.hpp"

#include <openssl/evp.h>

namespace maintain {

std::optional<std::string_view> WireReader::take(std::size_t count) {
  if (failed_ || count > rest_.size()) {
    failed_ = true;
    return std::nullopt;
  }
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::optional<std::uint8_t> WireReader::byte() {
  const auto taken = take(1);
  if (!taken) return std::nullopt;
  return static_cast<std::uint8_t>((*taken)[0]);
}

std::optional<std::uint32_t> WireReader::number() {
  const auto taken = take(4);
  if (!taken) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : *taken) number = (number << 8) | static_cast<unsigned char>(c);
  return number;
}

std::optional<std::string_view> WireReader::string() {
  const auto size = number();
  if (!size) return std::nullopt;
  return take(*size);
}

std::string wire_number(std::uint32_t number) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>((number >> shift) & 0xFF);
  return bytes;
}

std::string wire_string(std::string_view bytes) {
  return wire_number(static_cast<std::uint32_t>(bytes.size())).append(bytes);
}

std::string wire_positive(std::string_view big_endian) {
  while (!big_endian.empty() && big_endian[0] == '\0') big_endian.remove_prefix(1);
  std::string bytes(big_endian);
  if (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0) bytes.insert(bytes.begin(), '\0');
  return wire_string(bytes);
}

std::optional<std::string> base64_decode(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 0xFF);
  }
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string key_type_of(std::string_view blob) {
  const auto type = WireReader(blob).string();
  return type ? std::string(*type) : std::string();
}

std::string fingerprint(std::string_view blob) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  EVP_Digest(blob.data(), blob.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
  std::string text = base64_encode(digest);
  while (!text.empty() && text.back() == '=') text.pop_back();
  return "SHA256:" + text;
}

}  // namespace maintain
