#include "transport/crypto_warm_up.hpp"

#include <libssh2.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <memory>

namespace maintain {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

constexpr std::array<unsigned char, 64> zeros{};

Key generate(int type) {
  const KeyContext context(EVP_PKEY_CTX_new_id(type, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (context && EVP_PKEY_keygen_init(context.get()) == 1) EVP_PKEY_keygen(context.get(), &key);
  return {key, EVP_PKEY_free};
}

void exchange_keys() {
  const Key ours = generate(EVP_PKEY_X25519);
  std::array<unsigned char, 32> bytes{};
  std::size_t size = bytes.size();
  if (!ours || EVP_PKEY_get_raw_public_key(ours.get(), bytes.data(), &size) != 1) return;
  const Key theirs(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes.data(), size), EVP_PKEY_free);
  const KeyContext context(EVP_PKEY_CTX_new(ours.get(), nullptr), EVP_PKEY_CTX_free);
  if (!theirs || !context || EVP_PKEY_derive_init(context.get()) != 1) return;
  size = bytes.size();
  if (EVP_PKEY_derive_set_peer(context.get(), theirs.get()) == 1) EVP_PKEY_derive(context.get(), bytes.data(), &size);
}

void sign_and_verify() {
  const Key key = generate(EVP_PKEY_ED25519);
  std::array<unsigned char, 64> signature{};
  std::size_t size = signature.size();
  const Digest signing(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!key || EVP_DigestSignInit(signing.get(), nullptr, nullptr, nullptr, key.get()) != 1) return;
  EVP_DigestSign(signing.get(), signature.data(), &size, zeros.data(), zeros.size());
  const Digest verifying(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (EVP_DigestVerifyInit(verifying.get(), nullptr, nullptr, nullptr, key.get()) != 1) return;
  EVP_DigestVerify(verifying.get(), signature.data(), size, zeros.data(), zeros.size());
}

void hash(const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned int size = 0;
  EVP_Digest(zeros.data(), zeros.size(), result.data(), &size, kind, nullptr);
  HMAC(kind, zeros.data(), 32, zeros.data(), zeros.size(), result.data(), &size);
}

void encrypt(const EVP_CIPHER* kind) {
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::array<unsigned char, 32> result{};
  int size = 0;
  if (EVP_EncryptInit_ex(cipher.get(), kind, nullptr, zeros.data(), zeros.data()) == 1)
    EVP_EncryptUpdate(cipher.get(), result.data(), &size, zeros.data(), 16);
}

}  // namespace

void warm_up_cryptography() {
  libssh2_init(0);  // counts its calls; sessions call it, too
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  exchange_keys();
  sign_and_verify();
  for (const EVP_MD* kind : {EVP_sha256(), EVP_sha512(), EVP_sha1(), EVP_md5()}) hash(kind);
  for (const EVP_CIPHER* kind : {EVP_aes_128_ctr(), EVP_aes_192_ctr(), EVP_aes_256_ctr()}) encrypt(kind);
  ERR_clear_error();
}

}  // namespace maintain
