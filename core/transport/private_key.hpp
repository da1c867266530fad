// Private keys from files: OpenSSH's own format and PEM, unencrypted. OpenSSL signs.
//
// libssh2 reads key files itself, but for every connection anew (that costs more than all its cryptography), and
// signs with RSA in a way that today's servers refuse.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

typedef struct evp_pkey_st EVP_PKEY;

namespace maintain {

// What a file of the format openssh-key-v1 holds. The public part is readable even when the rest is encrypted.
struct OpensshKeyFile {
  std::string public_blob;
  bool encrypted = false;
  std::string private_fields = {};  // after the type's name, in wire format; empty when encrypted
};

// `text` is the whole file. Pure: nothing is read, no cryptography.
Result<OpensshKeyFile> parse_openssh_key(std::string_view text);

class PrivateKey {
 public:
  // From the text of a file; `name` is for messages. refused: it is encrypted. configuration: it is no key we can use.
  static Result<std::shared_ptr<const PrivateKey>> parse(std::string_view text, const std::string& name);

  const std::string& public_blob() const { return public_blob_; }
  std::string type() const;
  // What comes inside an SSH signature after the algorithm's name. RSA signs with SHA-512 (rsa-sha2-512).
  Result<std::string> sign(std::string_view data) const;

 private:
  PrivateKey(std::shared_ptr<EVP_PKEY> key, std::string blob) : key_(std::move(key)), public_blob_(std::move(blob)) {}
  std::shared_ptr<EVP_PKEY> key_;
  std::string public_blob_;
};

// What there is to know of a key file without signing.
struct IdentityFile {
  std::string path;
  std::string public_blob = {};                     // empty when even that cannot be read
  std::shared_ptr<const PrivateKey> key = nullptr;  // null: encrypted, or of a kind that only ssh can use
  bool encrypted = false;
  bool is_public = false;                           // not the private half at all: names a key that an agent may hold
  bool only_ssh = false;                            // a hardware key, or a certificate lies beside
};

// Reads an identity file as ssh would: refuses (kind refused) one that belongs to us and that others may read;
// not_found when there is none. A leading ~/ is the home directory. Parsed keys are kept for the life of the process,
// as long as the file stays the same, so that they are inherited by a fork.
Result<IdentityFile> load_identity(const std::string& path);

}  // namespace maintain
