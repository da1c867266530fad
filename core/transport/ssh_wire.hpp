// The data types of the SSH protocol (RFC 4251, section 5), as they occur in key files, known_hosts and agents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace maintain {

// Reads from a text that must outlive it. A reader that has run over the end gives nothing ever after.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  std::optional<std::uint8_t> byte();
  std::optional<std::uint32_t> number();
  std::optional<std::string_view> string();
  std::string_view rest() const { return rest_; }

 private:
  std::optional<std::string_view> take(std::size_t count);
  std::string_view rest_;
  bool failed_ = false;
};

std::string wire_number(std::uint32_t number);
std::string wire_string(std::string_view bytes);
std::string wire_positive(std::string_view big_endian);  // mpint of a number that is not negative

// RFC 4648, padded. Nothing when a character does not belong.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

// "ssh-ed25519": the first string of a public key blob; empty when there is none.
std::string key_type_of(std::string_view blob);

// "SHA256:Zm9v...", as ssh-keygen -l prints it.
std::string fingerprint(std::string_view blob);

}  // namespace maintain
