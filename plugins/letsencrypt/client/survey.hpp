// What is on the server: the client, the certificates of its store and the files that options name, in one round trip.
// Certificates are public and come whole; of the client's configuration come only paths and whether there is a hook;
// of a private key only the hash of its public half, which the server computes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/certificate/certificate.hpp"
#include "letsencrypt/client/client.hpp"

namespace maintain::letsencrypt {

// missing: it is not there for certain. denied: the user may not read it, or may not look into a directory on the way,
// so it may be there. broken: it is there and is not what it should be.
enum class FileTrouble { none, missing, denied, broken };

// All text is printable: bytes of names that are not are '?'.
struct StoredCertificate {
  std::string name = {};            // of the lineage; of a file its path
  std::string path = {};            // of the certificate with its chain
  FileTrouble trouble = FileTrouble::none;
  std::string problem = {};         // one sentence's end for a person: "holds no certificate", "/a/b is not there"
  Chain chain = {};                 // not empty when trouble is none
  std::string key_path = {};        // empty: none is known
  FileTrouble key_trouble = FileTrouble::none;
  std::string key_problem = {};     // why key_hash is empty, which needs no trouble: a passphrase, no openssl
  std::string key_hash = {};        // as Certificate::key_hash
  bool in_store = false;            // false: a file that options name
  bool has_deploy_hook = false;     // the client itself would run something after renewing it (certbot only)
  bool is_configured = true;        // false: certbot has no renewal configuration for it, and will not renew it
};

struct Survey {
  std::int64_t server_time = 0;     // seconds since 1970, when the survey ended
  bool client_found = false;        // always true for none and command
  std::string client_version = {};  // "2.1.0"; empty: not told
  std::string store = {};           // with "~" resolved
  FileTrouble store_trouble = FileTrouble::none;  // of that directory, or of one in it that lists lineages; when it
                                                  // is denied, no lineage found does not mean that there is none
  std::vector<StoredCertificate> certificates = {};  // of the store by name, then the files
  std::vector<StoredCertificate> deployed = {};
  std::vector<std::string> roots = {};     // PEM of each that could be read
  std::vector<std::string> missing_places = {};  // of that directory and those in it: "/a/b is not there"
  std::vector<std::string> problems = {};  // what else could not be looked at, one line each
};

// Read-only, as options.user. Lineages and files that are named and not there are in the survey all the same.
sdk::Command survey_command(const ClientOptions& options);

// Pure. Nothing when output is not a whole survey, as from a command that was ended half-way.
std::optional<Survey> parse_survey(std::string_view output);

}  // namespace maintain::letsencrypt
