// known_hosts is written by ssh, by administrators, and by our own scan of servers that may answer anything.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "transport/host_key_scan.hpp"
#include "transport/known_hosts.hpp"

using namespace maintain;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::uint16_t port : {std::uint16_t{22}, std::uint16_t{2222}}) {
    KnownHost found;
    find_in_known_hosts(text, "known_hosts", known_hosts_name("web1.example.org", port), found);
    for (const KnownKey& key : found.keys) {
      const HostKeyVerdict verdict = judge_host_key(found, key.blob);
      if (verdict != HostKeyVerdict::known && verdict != HostKeyVerdict::revoked) std::abort();
      if (verdict == HostKeyVerdict::revoked) host_key_error({.name = "web1"}, found, key.blob);
    }
    host_key_error({.name = "web1"}, found, text.substr(0, 100));
    // Taking a server out once leaves nothing to take out.
    const std::string without = remove_from_known_hosts(text, known_hosts_name("web1.example.org", port));
    if (remove_from_known_hosts(without, known_hosts_name("web1.example.org", port)) != without) std::abort();
  }
  for (const HostKey& key : parse_host_keys(text))
    if (key.type.empty() || key.fingerprint.size() != 50) std::abort();
  return 0;
}
