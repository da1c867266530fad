// maintain.state/1: a task's memory between runs.
#include <nlohmann/json.hpp>

#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

constexpr std::size_t most_bytes = 256 * 1024;

HostResult check_document(std::string_view json) {
  if (json.size() > most_bytes) return host_fail(MAINTAIN_INVALID_ARGUMENT, "the state is larger than 256 KiB");
  // Parsed, not only accepted: an array must not get in.
  if (!nlohmann::json::parse(json, nullptr, false).is_object())
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "the state is not a JSON object");
  return {};
}

HostResult set(Host& host, maintain_text text, bool at_once) {
  const std::string json = to_string(text);
  if (auto good = check_document(json); !good) return good;
  if (host.check_mode()) return {};
  if (at_once) {
    const auto kept = host.ask([&](TaskEvents& events) { return events.checkpoint(json); });
    if (!kept) return host_fail(MAINTAIN_FAILED, "the state could not be kept: " + kept.error().describe());
  }
  host.state = json;
  host.new_state = json;
  return {};
}

}  // namespace

const maintain_state_1 state_table = {
    sizeof(maintain_state_1),
    [](const maintain_host* host, const maintain_sink* json, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return write_to(json, self.state); });
    },
    [](const maintain_host* host, maintain_text json, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return set(self, json, false); });
    },
    [](const maintain_host* host, maintain_text json, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return set(self, json, true); });
    }};

}  // namespace maintain
