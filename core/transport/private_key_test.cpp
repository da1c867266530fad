#include "transport/private_key.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <openssl/evp.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "transport/identities.hpp"
#include "transport/ssh_wire.hpp"

using namespace maintain;

namespace {

std::string testdata(const std::string& name) { return std::string(MAINTAIN_TESTDATA) + "/" + name; }

std::string text_of(const std::string& name) {
  const auto text = read_file(testdata(name), 100'000);
  REQUIRE(text);
  return *text;
}

std::string public_blob(const std::string& name) {
  return base64_decode(split_words(text_of(name + ".pub")).at(1)).value();
}

// A directory for the files of a case.
struct Directory {
  char path[32] = "/tmp/maintain-keys-XXXXXX";
  Directory() { REQUIRE(::mkdtemp(path) != nullptr); }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) const {
    const std::string file = std::string(path) + "/" + name;
    std::ofstream(file) << content;
    ::chmod(file.c_str(), mode);
    return file;
  }
};

// The judgement of ssh-keygen on a signature, in the format of PROTOCOL.sshsig.
bool ssh_keygen_accepts(const PrivateKey& key, const std::string& message) {
  std::string digest(64, '\0');
  unsigned int size = 0;
  EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha512(),
             nullptr);
  const std::string parts = wire_string("file") + wire_string("") + wire_string("sha512");
  const auto signature = key.sign("SSHSIG" + parts + wire_string(digest));
  REQUIRE(signature);
  const std::string algorithm = key.type() == "ssh-rsa" ? "rsa-sha2-512" : key.type();
  const std::string whole = "SSHSIG" + wire_number(1) + wire_string(key.public_blob()) + parts +
                            wire_string(wire_string(algorithm) + wire_string(*signature));
  const Directory directory;
  const std::string file = directory.write(
      "signature", "-----BEGIN SSH SIGNATURE-----\n" + base64_encode(whole) + "\n-----END SSH SIGNATURE-----\n");
  const auto exit = run_local({.argv = {"ssh-keygen", "-Y", "check-novalidate", "-n", "file", "-s", file},
                               .input = message});
  REQUIRE(exit);
  INFO(exit->error_output);
  return exit->ok();
}

}  // namespace

TEST_CASE("keys of every kind and format sign as ssh does") {
  const std::string name = GENERATE("key_ed25519", "key_ecdsa256", "key_ecdsa384", "key_ecdsa521", "key_rsa",
                                    "key_rsa_pem", "key_ecdsa_pem", "key_rsa_pkcs8");
  INFO(name);
  const auto key = PrivateKey::parse(text_of(name), name);
  REQUIRE(key);
  CHECK((*key)->public_blob() == public_blob(name));
  CHECK(ssh_keygen_accepts(**key, "what is signed\n"));
}

TEST_CASE("an Ed25519 key in PEM knows its public half") {
  const auto key = PrivateKey::parse(text_of("key_ed25519_pkcs8"), "key");
  REQUIRE(key);
  CHECK((*key)->type() == "ssh-ed25519");
  CHECK(ssh_keygen_accepts(**key, "x"));
}

TEST_CASE("an encrypted key is known by its public half and refused") {
  const auto file = parse_openssh_key(text_of("key_encrypted"));
  REQUIRE(file);
  CHECK(file->encrypted);
  CHECK(file->public_blob == public_blob("key_encrypted"));
  for (const char* name : {"key_encrypted", "key_encrypted_pem"}) {
    const auto key = PrivateKey::parse(text_of(name), name);
    REQUIRE_FALSE(key);
    CHECK(key.error().kind == ErrorKind::refused);
    CHECK(key.error().message.find("passphrase") != std::string::npos);
  }
}

TEST_CASE("damaged keys are refused wherever the damage is") {
  const std::string good = text_of("key_ed25519");
  std::string body = good.substr(good.find('\n') + 1);
  body = body.substr(0, body.find("-----END"));
  std::erase(body, '\n');
  const std::string bytes = base64_decode(body).value();
  const auto armoured = [](const std::string& content) {
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64_encode(content) + "\n-----END OPENSSH PRIVATE KEY-----\n";
  };
  REQUIRE(PrivateKey::parse(armoured(bytes), "key"));
  for (std::size_t length = 0; length < bytes.size() - 30; ++length)
    CHECK_FALSE(PrivateKey::parse(armoured(bytes.substr(0, length)), "key"));
  for (const std::string& wrong : {std::string(), std::string("not a key"), good.substr(0, 40),
                                   std::string("-----END OPENSSH PRIVATE KEY----------BEGIN OPENSSH PRIVATE KEY-----")})
    CHECK(PrivateKey::parse(wrong, "key").error().kind == ErrorKind::configuration);
}

TEST_CASE("identity files: permissions, public keys in their place, certificates beside, changes") {
  const Directory directory;
  CHECK(load_identity(directory.path + std::string("/absent")).error().kind == ErrorKind::not_found);
  CHECK(load_identity(directory.write("open", text_of("key_ed25519"), 0640)).error().kind == ErrorKind::refused);
  CHECK(load_identity(directory.write("nonsense", "nothing of the kind")).error().kind == ErrorKind::configuration);

  const auto only_public = load_identity(directory.write("some.pub", text_of("key_rsa.pub"), 0644));
  REQUIRE(only_public);
  CHECK(only_public->public_blob == public_blob("key_rsa"));
  CHECK_FALSE(only_public->key);

  directory.write("locked.pub", text_of("key_encrypted_pem.pub"));
  const auto locked = load_identity(directory.write("locked", text_of("key_encrypted_pem")));
  REQUIRE(locked);
  CHECK(locked->encrypted);
  CHECK(locked->public_blob == public_blob("key_encrypted_pem"));

  const std::string path = directory.write("key", text_of("key_ed25519"));
  const auto first = load_identity(path);
  REQUIRE(first);
  CHECK(load_identity(path)->key == first->key);  // parsed once
  std::filesystem::remove(path);
  directory.write("key", text_of("key_ecdsa256"));
  CHECK(load_identity(path)->public_blob == public_blob("key_ecdsa256"));

  directory.write("certified-cert.pub", "ssh-ed25519-cert-v01@openssh.com AAAA");
  CHECK(load_identity(directory.write("certified", text_of("key_ed25519")))->only_ssh);
}

TEST_CASE("a public key that is named as identity file is told as what it is") {
  const Directory directory;
  Server server;
  server.name = "web1";
  server.identity_files = {directory.write("maintain.pub", text_of("key_ed25519.pub"))};
  TransportSettings settings;
  settings.use_agent = false;
  const Identities identities = gather_identities(server, settings);
  REQUIRE(identities.problems.size() == 1);
  CHECK_THAT(identities.problems[0].message, Catch::Contains("maintain.pub is a public key"));
  CHECK_THAT(identities.problems[0].hint, Catch::Contains("private key"));
}

TEST_CASE("a private key that the user may not read is told with who should own it") {
  if (::geteuid() != 0) return;  // nobody else can make such a file
  const Directory directory;
  const std::string file = directory.write("maintain", text_of("key_ed25519"));
  REQUIRE(::chmod(directory.path, 0755) == 0);
  REQUIRE(::seteuid(65534) == 0);
  const auto in_open_directory = load_identity(file);
  REQUIRE(::seteuid(0) == 0);
  REQUIRE(::chmod(directory.path, 0700) == 0);
  REQUIRE(::seteuid(65534) == 0);
  const auto in_closed_directory = load_identity(file);
  REQUIRE(::seteuid(0) == 0);
  for (const auto* key : {&in_open_directory, &in_closed_directory}) {
    REQUIRE_FALSE(*key);
    CHECK(key->error().message == "cannot read the private key " + file + ": Permission denied");
    CHECK_THAT(key->error().hint, Catch::Contains("chmod 600 " + file));
  }
}
