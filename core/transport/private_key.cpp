#include "transport/private_key.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <optional>

#include "transport/ssh_wire.hpp"

namespace maintain {
namespace {

constexpr std::string_view openssh_begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view openssh_end = "-----END OPENSSH PRIVATE KEY-----";

template <auto release>
struct Releaser {
  template <class T>
  void operator()(T* held) const { release(held); }
};
using Bignum = std::unique_ptr<BIGNUM, Releaser<BN_clear_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Releaser<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Releaser<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Releaser<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Releaser<EVP_MD_CTX_free>>;
using Key = std::shared_ptr<EVP_PKEY>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Key own(EVP_PKEY* key) { return key == nullptr ? Key() : Key(key, EVP_PKEY_free); }

Bignum number_of(std::string_view big_endian) {
  return Bignum(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

std::string big_endian(const BIGNUM* number) {
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::string number_in(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  const Bignum held(number);
  return big_endian(number);
}

Key build(const char* algorithm, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1)
    return {};
  return own(key);
}

Key make_ed25519(WireReader fields) {
  fields.string();  // the public half, which the private half repeats
  const auto both = fields.string();
  if (!both || both->size() != 64) return {};
  return own(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(*both), 32));
}

Key make_ecdsa(WireReader fields) {
  const auto curve = fields.string(), point = fields.string(), secret = fields.string();
  if (!curve || !point || !secret) return {};
  const Bignum number = number_of(*secret);
  const Builder builder(OSSL_PARAM_BLD_new());
  const std::string group(*curve);  // OpenSSL knows NIST's curves by the names SSH has for them, in capitals
  const std::string name = group == "nistp256" ? "P-256" : group == "nistp384" ? "P-384" : "P-521";
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, name.c_str(), 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point->data(), point->size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) != 1)
    return {};
  return build("EC", builder.get());
}

Key make_rsa(WireReader fields) {
  // n, e, d, the inverse of q modulo p, p, q; without the exponents modulo p-1 and q-1 signing takes four times as long
  const char* const names[] = {OSSL_PKEY_PARAM_RSA_N,            OSSL_PKEY_PARAM_RSA_E,       OSSL_PKEY_PARAM_RSA_D,
                               OSSL_PKEY_PARAM_RSA_COEFFICIENT1, OSSL_PKEY_PARAM_RSA_FACTOR1,
                               OSSL_PKEY_PARAM_RSA_FACTOR2};
  const Builder builder(OSSL_PARAM_BLD_new());
  Bignum numbers[6];
  for (int i = 0; i < 6; ++i) {
    const auto field = fields.string();
    if (!field || !(numbers[i] = number_of(*field))) return {};
    if (OSSL_PARAM_BLD_push_BN(builder.get(), names[i], numbers[i].get()) != 1) return {};
  }
  const std::unique_ptr<BN_CTX, Releaser<BN_CTX_free>> scratch(BN_CTX_new());
  const char* const exponents[] = {OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2};
  Bignum reduced[2];
  for (int i = 0; i < 2; ++i) {
    reduced[i].reset(BN_dup(numbers[4 + i].get()));
    if (!reduced[i] || BN_sub_word(reduced[i].get(), 1) != 1 ||
        BN_mod(reduced[i].get(), numbers[2].get(), reduced[i].get(), scratch.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), exponents[i], reduced[i].get()) != 1)
      return {};
  }
  return build("RSA", builder.get());
}

Key make_key(const std::string& type, std::string_view fields) {
  if (type == "ssh-ed25519") return make_ed25519(WireReader(fields));
  if (type.starts_with("ecdsa-sha2-nistp")) return make_ecdsa(WireReader(fields));
  return type == "ssh-rsa" ? make_rsa(WireReader(fields)) : Key();
}

// The public key blob of a key that came from PEM.
std::string blob_of(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    return wire_string("ssh-rsa") + wire_positive(number_in(key, OSSL_PKEY_PARAM_RSA_E)) +
           wire_positive(number_in(key, OSSL_PKEY_PARAM_RSA_N));
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    std::string half(32, '\0');
    std::size_t size = half.size();
    EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(half.data()), &size);
    return wire_string("ssh-ed25519") + wire_string(half);
  }
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return {};
  char group[64] = {};
  unsigned char point[256];
  std::size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, nullptr) != 1 ||
      EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &size) != 1)
    return {};
  const std::string name(group);
  const std::string curve = name == "prime256v1" || name == "P-256" ? "nistp256"
                            : name == "secp384r1" || name == "P-384" ? "nistp384"
                            : name == "secp521r1" || name == "P-521" ? "nistp521" : "";
  if (curve.empty()) return {};
  return wire_string("ecdsa-sha2-" + curve) + wire_string(curve) +
         wire_string(std::string_view(reinterpret_cast<const char*>(point), size));
}

// OpenSSL's ASN.1 signature as SSH's two numbers.
std::string ecdsa_numbers(std::string_view asn1) {
  const unsigned char* at = bytes_of(asn1);
  const std::unique_ptr<ECDSA_SIG, Releaser<ECDSA_SIG_free>> parsed(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(asn1.size())));
  if (!parsed) return {};
  return wire_positive(big_endian(ECDSA_SIG_get0_r(parsed.get()))) +
         wire_positive(big_endian(ECDSA_SIG_get0_s(parsed.get())));
}

const EVP_MD* digest_for(const std::string& type) {
  if (type == "ssh-rsa" || type == "ecdsa-sha2-nistp521") return EVP_sha512();
  if (type == "ecdsa-sha2-nistp384") return EVP_sha384();
  return type == "ecdsa-sha2-nistp256" ? EVP_sha256() : nullptr;  // Ed25519 does its own hashing
}

Result<OpensshKeyFile> parse_decoded(std::string_view bytes) {
  const auto broken = [] { return fail(ErrorKind::configuration, "the private key is damaged"); };
  constexpr std::string_view magic("openssh-key-v1\0", 15);
  if (!bytes.starts_with(magic)) return broken();
  WireReader reader(bytes.substr(magic.size()));
  const auto cipher = reader.string(), derivation = reader.string(), salt = reader.string();
  const auto count = reader.number();
  const auto public_blob = reader.string(), private_part = reader.string();
  if (!cipher || !derivation || !salt || !count || !public_blob || !private_part) return broken();
  if (*count != 1) return fail(ErrorKind::configuration, "the private key file does not hold exactly one key");
  OpensshKeyFile file{std::string(*public_blob), *cipher != "none"};
  if (file.encrypted) return file;
  WireReader fields(*private_part);
  const auto check = fields.number(), again = fields.number();
  const auto type = fields.string();
  if (!check || check != again || !type || *type != key_type_of(file.public_blob)) return broken();
  file.private_fields = fields.rest();
  return file;
}

}  // namespace

Result<OpensshKeyFile> parse_openssh_key(std::string_view text) {
  const std::size_t begin = text.find(openssh_begin), end = text.find(openssh_end);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + openssh_begin.size())
    return fail(ErrorKind::configuration, "this is no private key in OpenSSH's format");
  std::string encoded(text.substr(begin + openssh_begin.size(), end - begin - openssh_begin.size()));
  std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  const auto bytes = base64_decode(encoded);
  return bytes ? parse_decoded(*bytes) : fail(ErrorKind::configuration, "the private key is damaged");
}

std::string PrivateKey::type() const { return key_type_of(public_blob_); }

Result<std::shared_ptr<const PrivateKey>> PrivateKey::parse(std::string_view text, const std::string& name) {
  const auto encrypted = [&] {
    return fail(ErrorKind::refused, "the private key " + name + " is protected by a passphrase",
                "load it into an ssh-agent, or give maintain a key of its own");
  };
  const auto unusable = [&](const std::string& why) {
    return fail(ErrorKind::configuration, "the private key " + name + " cannot be used: " + why);
  };
  Key key;
  std::string blob;
  if (text.find(openssh_begin) != std::string_view::npos) {
    auto file = parse_openssh_key(text);
    if (!file) return unusable(file.error().message);
    if (file->encrypted) return encrypted();
    blob = std::move(file->public_blob);
    key = make_key(key_type_of(blob), file->private_fields);
    std::fill(file->private_fields.begin(), file->private_fields.end(), '\0');
  } else {
    bool asked = false;
    const auto no_passphrase = [](char*, int, int, void* was_asked) {
      *static_cast<bool*>(was_asked) = true;
      return -1;
    };
    const std::unique_ptr<BIO, Releaser<BIO_free_all>> source(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    key = own(PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, &asked));
    if (asked) return encrypted();
    if (key) blob = blob_of(key.get());
  }
  if (!key || blob.empty()) return unusable("its kind is not supported, or it is damaged");
  return std::shared_ptr<const PrivateKey>(new PrivateKey(std::move(key), std::move(blob)));
}

Result<std::string> PrivateKey::sign(std::string_view data) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t size = 0;
  std::string signature;
  const auto attempt = [&] {
    if (!context || EVP_DigestSignInit(context.get(), nullptr, digest_for(type()), nullptr, key_.get()) != 1)
      return false;
    if (EVP_DigestSign(context.get(), nullptr, &size, bytes_of(data), data.size()) != 1) return false;
    signature.resize(size);
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(data),
                       data.size()) != 1)
      return false;
    signature.resize(size);
    if (type().starts_with("ecdsa-")) signature = ecdsa_numbers(signature);
    return !signature.empty();
  };
  if (!attempt()) return fail(ErrorKind::internal, "OpenSSL could not sign with a key of type " + type());
  return signature;
}

}  // namespace maintain
