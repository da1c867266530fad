#include "transport/known_hosts.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "transport/pattern.hpp"
#include "transport/ssh_wire.hpp"

namespace maintain {
namespace {

constexpr std::size_t largest_file = 16 * 1024 * 1024;
constexpr std::string_view blanks = " \t";

struct Line {
  std::string_view marker, names, type, key;
};

std::string_view next_field(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
  const std::string_view field = rest.substr(0, rest.find_first_of(blanks));
  rest.remove_prefix(field.size());
  return field;
}

std::optional<Line> read_line(std::string_view rest) {
  Line line;
  line.names = next_field(rest);
  if (line.names.empty() || line.names[0] == '#') return std::nullopt;
  if (line.names[0] == '@') {
    line.marker = line.names;
    line.names = next_field(rest);
  }
  line.type = next_field(rest);
  line.key = next_field(rest);
  if (line.key.empty()) return std::nullopt;
  return line;
}

// Calls visit(whole line without its end, number) for each line.
template <class Visit>
void each_line(std::string_view text, Visit visit) {
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    visit(line, number);
  }
}

// |1|salt|HMAC-SHA1(salt, name)|
bool matches_hash(std::string_view name, std::string_view hashed) {
  const std::size_t bar = hashed.find('|', 3);
  if (!hashed.starts_with("|1|") || bar == std::string_view::npos) return false;
  const auto salt = base64_decode(hashed.substr(3, bar - 3));
  const auto expected = base64_decode(hashed.substr(bar + 1));
  if (!salt || salt->empty() || !expected) return false;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()),
           reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest, &size) == nullptr)
    return false;
  return *expected == std::string_view(reinterpret_cast<const char*>(digest), size);
}

bool matches(std::string_view name, std::string_view names) {
  return names.starts_with("|") ? matches_hash(name, names) : matches_pattern_list(name, names);
}

bool holds(const std::vector<KnownKey>& keys, std::string_view blob) {
  return std::any_of(keys.begin(), keys.end(), [&](const KnownKey& key) { return key.blob == blob; });
}

std::string short_type(const std::string& type) {
  if (type == "ssh-ed25519") return "ED25519";
  if (type.starts_with("ecdsa-sha2-")) return "ECDSA";
  return type == "ssh-rsa" ? "RSA" : printable(type);
}

}  // namespace

std::string known_hosts_name(const std::string& host, std::uint16_t port) {
  const std::string name = to_lower(host);
  return port == 22 ? name : fmt::format("[{}]:{}", name, port);
}

void find_in_known_hosts(std::string_view text, const std::string& file, const std::string& name, KnownHost& found) {
  const std::string plain = name.starts_with('[') ? name.substr(1, name.rfind("]:") - 1) : name;
  each_line(text, [&](std::string_view whole, int number) {
    const auto line = read_line(whole);
    if (!line || !(matches(name, line->names) || (name != plain && matches(plain, line->names)))) return;
    if (line->marker == "@cert-authority") {
      found.certificate_authority = true;
      return;
    }
    auto blob = base64_decode(line->key);
    if (!blob || key_type_of(*blob) != line->type) return;
    KnownKey key{std::string(line->type), std::move(*blob), {file, number, 0}};
    if (line->marker == "@revoked") found.revoked.push_back(std::move(key));
    else if (line->marker.empty()) found.keys.push_back(std::move(key));
  });
}

Result<KnownHost> read_known_hosts(const std::vector<std::string>& files, const Server& server) {
  return read_known_hosts(files, known_hosts_name(server.host(), server.port));
}

Result<KnownHost> read_known_hosts(const std::vector<std::string>& files, const std::string& name) {
  KnownHost found;
  for (const std::string& file : files) {
    const auto text = read_file(file, largest_file);
    if (text) find_in_known_hosts(*text, file, name, found);
    else if (text.error().kind != ErrorKind::not_found) return fail(text.error());
  }
  return found;
}

HostKeyVerdict judge_host_key(const KnownHost& known, std::string_view blob) {
  if (holds(known.revoked, blob)) return HostKeyVerdict::revoked;
  if (holds(known.keys, blob)) return HostKeyVerdict::known;
  return known.keys.empty() ? HostKeyVerdict::unknown : HostKeyVerdict::changed;
}

Error host_key_error(const Server& server, const KnownHost& known, std::string_view offered_blob) {
  const std::string who = fmt::format("{} ({}:{})", server.name, server.host(), server.port);
  const std::string offered = fmt::format("{} {}", short_type(key_type_of(offered_blob)), fingerprint(offered_blob));
  Error error{ErrorKind::host_key, {}, {}, {}};
  switch (judge_host_key(known, offered_blob)) {
    case HostKeyVerdict::revoked:
      for (const KnownKey& key : known.revoked)
        if (key.blob == offered_blob) error.where = key.where;
      error.message = fmt::format("{}: the server offers the host key {}, which is marked as revoked", who, offered);
      error.hint = "somebody may be answering in the server's place: ask who revoked the key";
      return error;
    case HostKeyVerdict::changed: {
      const std::string type = key_type_of(offered_blob);
      auto old = std::find_if(known.keys.begin(), known.keys.end(),
                              [&](const KnownKey& key) { return key.type == type; });
      if (old == known.keys.end()) old = known.keys.begin();
      error.where = old->where;
      error.message = fmt::format("{}: the host key has changed: known is {} {}, offered is {}", who,
                                  short_type(old->type), fingerprint(old->blob), offered);
      error.hint = fmt::format("compare with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub on the server's console; if "
                               "it was reinstalled: maintain trust {} --replace", server.name);
      return error;
    }
    default:
      error.message = fmt::format("{}: the host key is not known", who);
      if (!offered_blob.empty()) error.message += "; offered is " + offered;
      error.hint = fmt::format("compare and store it with: maintain trust {}", server.name);
      return error;
  }
}

std::string remove_from_known_hosts(std::string_view text, const std::string& name) {
  std::string kept;
  each_line(text, [&](std::string_view whole, int) {
    const auto line = read_line(whole);
    if (!line || !line->marker.empty() || !matches(name, line->names)) {
      kept.append(whole).append("\n");
      return;
    }
    if (line->names.starts_with("|")) return;
    std::vector<std::string> others = split(line->names, ',');
    std::erase_if(others, [&](const std::string& other) { return to_lower(other) == name; });
    const bool nothing_left =
        std::all_of(others.begin(), others.end(), [](const std::string& other) { return other.starts_with("!"); });
    if (nothing_left) return;
    const auto after = static_cast<std::size_t>(line->names.data() + line->names.size() - whole.data());
    kept.append(join(others, ",")).append(whole.substr(after)).append("\n");
  });
  return kept;
}

}  // namespace maintain
