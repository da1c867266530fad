// maintain.facts/1: what the server is.
#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

HostResult get(Host& host, const maintain_sink* json) {
  if (auto time = host.check_time("facts"); !time) return time;
  const auto facts = host.session().facts();
  if (!facts) return host_fail(facts.error());
  return write_to(json, *facts);
}

}  // namespace

const maintain_facts_1 facts_table = {
    sizeof(maintain_facts_1), [](const maintain_host* host, const maintain_sink* json, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return get(self, json); });
    }};

}  // namespace maintain
