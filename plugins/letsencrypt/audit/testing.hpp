// For tests: certificates made on the spot, with the names, dates and issuers that a test needs.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/pem.h>

#include "letsencrypt/certificate/certificate.hpp"
#include "letsencrypt/certificate/openssl.hpp"

namespace maintain::letsencrypt::testing {

inline constexpr std::int64_t day = 86400;
inline constexpr std::int64_t epoch = 1'800'000'000;  // 2027-01-15 08:00:00 UTC: "now", unless a test says otherwise

using KeyPtr = std::shared_ptr<EVP_PKEY>;

struct Issued {
  Certificate certificate;
  std::string pem;
  KeyPtr key;
  std::string key_pem() const;  // PKCS#8
};

struct Wanted {
  std::string common_name = {};
  std::string organization = {};
  std::vector<std::string> names = {};  // subjectAltName as OpenSSL's configuration has it, the default kind being DNS:
  std::int64_t not_before = epoch - 10 * day;
  std::int64_t not_after = epoch + 80 * day - 1;
  bool authority = false;
  std::string purpose = "serverAuth";   // of a leaf; "" for none
  KeyPtr key = {};                      // empty: a new one
};

inline KeyPtr new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

// issuer null: signed by itself.
Issued issue(const Wanted& wanted, const Issued* issuer = nullptr);

inline Issued make_root(const std::string& name = "Test Root X1") {
  return issue({.common_name = name, .organization = "Test Authority", .not_before = epoch - 1000 * day,
                .not_after = epoch + 5000 * day, .authority = true});
}
inline Issued make_intermediate(const Issued& root, const std::string& name = "R1") {
  return issue({.common_name = name, .organization = "Test Authority", .not_before = epoch - 500 * day,
                .not_after = epoch + 500 * day, .authority = true}, &root);
}
inline Issued make_leaf(const Issued& issuer, const std::vector<std::string>& names,
                        std::int64_t not_before = epoch - 10 * day, std::int64_t not_after = epoch + 80 * day - 1) {
  return issue({.common_name = names.empty() ? "" : names.front(), .names = names, .not_before = not_before,
                .not_after = not_after}, &issuer);
}

namespace detail {

inline void must(bool truth) {
  if (!truth) throw std::runtime_error("the test's certificate cannot be made");
}

inline std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

inline void add_name(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  must(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                  static_cast<int>(value.size()), -1, 0) == 1);
}

inline void add_extension(X509* x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension != nullptr);
  must(X509_add_ext(x509, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

inline std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ",") + (name.starts_with("IP:") || name.starts_with("email:") ? name : "DNS:" + name);
  }
  return text;
}

inline void add_extensions(X509* x509, X509* issuer, const Wanted& wanted) {
  add_extension(x509, issuer, NID_subject_key_identifier, "hash");
  add_extension(x509, issuer, NID_authority_key_identifier, "keyid");
  add_extension(x509, issuer, NID_basic_constraints, wanted.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!wanted.names.empty()) add_extension(x509, issuer, NID_subject_alt_name, alternative_names(wanted.names));
  if (wanted.authority) add_extension(x509, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  else if (!wanted.purpose.empty()) add_extension(x509, issuer, NID_ext_key_usage, wanted.purpose);
}

}  // namespace detail

inline std::string Issued::key_pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  detail::must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return detail::text_of(bio.get());
}

inline Issued issue(const Wanted& wanted, const Issued* issuer) {
  static long serial = 0x1000;
  Issued made{.certificate = {}, .pem = {}, .key = wanted.key ? wanted.key : new_key()};
  const X509Ptr x509(X509_new());
  const X509Ptr signer = issuer != nullptr ? read_x509(issuer->certificate.der) : nullptr;
  X509* const by = signer ? signer.get() : x509.get();
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(x509.get()), wanted.not_before);
  ASN1_TIME_set(X509_getm_notAfter(x509.get()), wanted.not_after);
  detail::add_name(X509_get_subject_name(x509.get()), "O", wanted.organization);
  detail::add_name(X509_get_subject_name(x509.get()), "CN", wanted.common_name);
  X509_set_issuer_name(x509.get(), X509_get_subject_name(by));
  X509_set_pubkey(x509.get(), made.key.get());
  detail::add_extensions(x509.get(), by, wanted);
  detail::must(X509_sign(x509.get(), (issuer != nullptr ? issuer->key : made.key).get(), EVP_sha256()) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  detail::must(PEM_write_bio_X509(bio.get(), x509.get()) == 1);
  made.pem = detail::text_of(bio.get());
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  const BytesPtr owner(der);
  detail::must(size > 0);
  const auto parsed = parse_der({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  detail::must(parsed.has_value());
  made.certificate = *parsed;
  return made;
}

}  // namespace maintain::letsencrypt::testing
