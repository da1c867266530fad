#include "letsencrypt/certificate/names.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "letsencrypt/certificate/certificate.hpp"

namespace maintain::letsencrypt {
namespace {

bool is_host_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// Labels of letters, digits, '-' and '_' (which RFC 1035 has not and people use), none of them empty.
bool is_host(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.back() != '.' &&
         name.find("..") == std::string_view::npos && std::all_of(name.begin(), name.end(), is_host_byte);
}

bool matches(std::string_view presented, std::string_view name) {
  if (presented == name) return true;
  if (!presented.starts_with("*.")) return false;
  const std::size_t dot = name.find('.');
  return is_host(name) && dot != std::string_view::npos && name.substr(dot) == presented.substr(1);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<std::string> address_text(std::string_view bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) {
    return std::nullopt;
  }
  return text.data();
}

std::optional<std::string> canonical_address(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string word(text);
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, word.c_str(), bytes.data()) == 1) return address_text({bytes.data(), 4});
  if (inet_pton(AF_INET6, word.c_str(), bytes.data()) == 1) return address_text({bytes.data(), 16});
  return std::nullopt;
}

bool covers(const Certificate& certificate, std::string_view name) {
  if (certificate.names_from_subject) return false;
  const auto has = [&](const auto& test) {
    return std::any_of(certificate.names.begin(), certificate.names.end(), test);
  };
  if (const auto address = canonical_address(name)) {
    return has([&](const std::string& presented) { return presented == *address; });
  }
  std::string wanted = lower_case(name);
  if (wanted.ends_with('.')) wanted.pop_back();
  if (!is_host(wanted.starts_with("*.") ? std::string_view(wanted).substr(2) : wanted)) return false;
  return has([&](const std::string& presented) { return matches(presented, wanted); });
}

}  // namespace maintain::letsencrypt
