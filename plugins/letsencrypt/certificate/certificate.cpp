#include "letsencrypt/certificate/certificate.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <arpa/inet.h>
#include <openssl/pem.h>

#include "common/sections.hpp"
#include "letsencrypt/certificate/names.hpp"
#include "letsencrypt/certificate/openssl.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr std::size_t longest_line = 200;

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4U];
    text += digits[bytes[i] & 0xFU];
  }
  return text;
}

std::string sha256(const void* data, std::size_t size) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(data, size, digest.data(), &length, EVP_sha256(), nullptr) != 1) return {};
  return hex(digest.data(), length);
}

std::string one_line(std::string_view text) {
  std::string line = plugins::printable(text.substr(0, longest_line));
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\t', ' ');
  if (text.size() > longest_line) line += "...";
  return line;
}

// The last attribute of that kind, as UTF-8; the last is the most specific.
std::string attribute(const X509_NAME* name, int nid) {
  int at = -1;
  for (int next = -1; (next = X509_NAME_get_index_by_NID(name, nid, next)) >= 0;) at = next;
  if (at < 0) return {};
  unsigned char* bytes = nullptr;
  const int length = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (length < 0) return {};
  const BytesPtr owner(bytes);
  return one_line({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)});
}

std::optional<std::int64_t> seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

std::optional<std::string> name_in(const GENERAL_NAME* entry) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(entry, &type);
  if (value == nullptr || (type != GEN_DNS && type != GEN_IPADD)) return std::nullopt;
  const auto* string = static_cast<const ASN1_STRING*>(value);
  const unsigned char* bytes = ASN1_STRING_get0_data(string);
  const auto size = static_cast<std::size_t>(std::max(ASN1_STRING_length(string), 0));
  if (type == GEN_IPADD) return address_text({reinterpret_cast<const char*>(bytes), size});
  const std::string name = lower_case(one_line({reinterpret_cast<const char*>(bytes), size}));
  if (name.empty() || canonical_address(name)) return std::nullopt;
  return name;
}

void read_names(const X509* x509, Certificate& certificate) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && certificate.names.size() < max_names; ++i) {
    if (auto name = name_in(sk_GENERAL_NAME_value(names.get(), i))) certificate.names.push_back(std::move(*name));
  }
  if (!certificate.names.empty()) return;
  std::string common_name = lower_case(attribute(X509_get_subject_name(x509), NID_commonName));
  if (common_name.empty()) return;
  certificate.names.push_back(std::move(common_name));
  certificate.names_from_subject = true;
}

void read_issuer(const X509_NAME* issuer, Certificate& certificate) {
  certificate.issuer = name_line(issuer);
  const std::string organization = attribute(issuer, NID_organizationName);
  const std::string common_name = attribute(issuer, NID_commonName);
  certificate.issuer_organization = organization.empty() ? common_name : organization;
  if (organization.empty() || common_name.find(organization) != std::string::npos) {
    certificate.issuer_short = common_name;
  } else {
    certificate.issuer_short = common_name.empty() ? organization : organization + " " + common_name;
  }
  if (!certificate.issuer_short.empty()) return;
  certificate.issuer_short = certificate.issuer.empty() ? "an issuer without a name" : certificate.issuer;
  certificate.issuer_organization = certificate.issuer_short;
}

std::string serial_of(const X509* x509) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509);
  const auto size = static_cast<std::size_t>(std::max(ASN1_STRING_length(serial), 0));
  return hex(ASN1_STRING_get0_data(serial), std::min<std::size_t>(size, 40));
}

std::optional<Certificate> read_certificate(std::string_view der) {
  const ErrorsForgotten forgotten;
  const X509Ptr x509 = read_x509(der);
  if (!x509) return std::nullopt;
  const auto not_before = seconds(X509_get0_notBefore(x509.get()));
  const auto not_after = seconds(X509_get0_notAfter(x509.get()));
  unsigned char* key = nullptr;
  const int key_size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509.get()), &key);
  const BytesPtr key_owner(key);
  if (!not_before || !not_after || key_size <= 0) return std::nullopt;

  Certificate certificate;
  certificate.fingerprint = sha256(der.data(), der.size());
  certificate.key_hash = sha256(key, static_cast<std::size_t>(key_size));
  certificate.subject = name_line(X509_get_subject_name(x509.get()));
  read_issuer(X509_get_issuer_name(x509.get()), certificate);
  certificate.serial = serial_of(x509.get());
  read_names(x509.get(), certificate);
  certificate.not_before = *not_before;
  certificate.not_after = *not_after;
  const std::uint32_t flags = X509_get_extension_flags(x509.get());
  certificate.self_signed = (flags & EXFLAG_SS) != 0;
  certificate.is_authority = (flags & EXFLAG_CA) != 0;
  certificate.der = der;
  return certificate;
}

std::string ordinal_problem(std::size_t certificates_before) {
  return "certificate number " + std::to_string(certificates_before + 1) + " cannot be read";
}

}  // namespace

X509Ptr read_x509(std::string_view der) {
  if (der.empty() || der.size() > max_pem_bytes) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  X509Ptr x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (at != end) return nullptr;
  return x509;
}

std::string name_line(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  constexpr unsigned long format = XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT |
                                   ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_DUMP_UNKNOWN | ASN1_STRFLGS_DUMP_DER;
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, format) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size <= 0 ? "" : one_line({text, static_cast<std::size_t>(size)});
}

std::optional<Certificate> parse_der(std::string_view der) { return read_certificate(der); }

Chain parse_pem(std::string_view text) {
  const ErrorsForgotten forgotten;
  Chain chain;
  if (text.size() > max_pem_bytes) {
    chain.problem = "it is larger than " + std::to_string(max_pem_bytes >> 10U) + " KiB";
    return chain;
  }
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  while (bio && chain.certificates.size() < max_chain) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &name, &header, &bytes, &size) != 1) {
      if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        chain.problem = ordinal_problem(chain.certificates.size());
      }
      break;
    }
    const std::unique_ptr<char, Release<release_memory>> name_owner(name);
    const std::unique_ptr<char, Release<release_memory>> header_owner(header);
    const BytesPtr bytes_owner(bytes);
    const std::string_view kind(name);
    // "TRUSTED CERTIFICATE" is OpenSSL's own form, with data behind the certificate that no server sends.
    if (kind != PEM_STRING_X509 && kind != PEM_STRING_X509_OLD) continue;
    auto certificate = read_certificate({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    if (!certificate) {
      chain.problem = ordinal_problem(chain.certificates.size());
      break;
    }
    chain.certificates.push_back(std::move(*certificate));
  }
  if (chain.certificates.empty() && chain.problem.empty()) {
    chain.problem = text.empty() ? "it is empty" : "there is no certificate in it";
  }
  return chain;
}

}  // namespace maintain::letsencrypt
