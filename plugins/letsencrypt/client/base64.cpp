#include "letsencrypt/client/base64.hpp"

#include <algorithm>
#include <cstddef>

#include <openssl/evp.h>

#include "common/sections.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr std::size_t most_bytes = 16UL << 20;
constexpr std::size_t most_of_a_line = 4096;

}  // namespace

std::string decoded(std::string_view base64) {
  if (base64.size() % 4 != 0 || base64.size() > most_bytes) return {};
  std::string bytes(base64.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
  if (length < 0) return {};
  std::size_t size = static_cast<std::size_t>(length);  // with the bytes that padding stands for
  if (size >= 2 && base64.ends_with("==")) size -= 2;
  else if (size >= 1 && base64.ends_with('=')) size -= 1;
  bytes.resize(size);
  return bytes;
}

std::string decoded_line(std::string_view base64) {
  std::string text = plugins::printable(decoded(base64).substr(0, most_of_a_line));
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, '?');
  return text;
}

}  // namespace maintain::letsencrypt
