#include "letsencrypt/renew/memory.hpp"

#include "letsencrypt/renew/json_parts.hpp"

namespace maintain::letsencrypt {

using sdk::Json;

Json to_json(const Memory& memory) {
  Json document = {{"failure", to_json(memory.failure)},
                   {"deploy", to_json(memory.deploy)},
                   {"rehearsal", to_json(memory.rehearsal)},
                   {"seen", to_json(memory.seen)}};
  if (memory.busy_since) document["busy_since"] = moment_to_json(*memory.busy_since);
  constexpr std::size_t largest = 250UL << 10;
  Json& seen = document["seen"];
  while (!seen.empty() && document.dump().size() > largest)
    for (std::size_t drop = (seen.size() + 3) / 4; drop > 0; --drop) seen.erase(std::prev(seen.end()));
  return document;
}

Memory memory_from_json(const Json& document, Moment now) {
  const auto part = [&](const char* key) {
    const Json* found = member(document, key);
    return found == nullptr ? Json() : *found;
  };
  return {.failure = failure_from_json(part("failure"), now),
          .deploy = deploy_from_json(part("deploy"), now),
          .rehearsal = rehearsal_from_json(part("rehearsal"), now),
          .seen = seen_from_json(part("seen")),
          .busy_since = moment_at(document, "busy_since", now)};
}

}  // namespace maintain::letsencrypt
