#include "letsencrypt/renew/rehearsal_memory.hpp"

#include "letsencrypt/renew/json_parts.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::chrono_literals;
using sdk::Json;

constexpr Milliseconds jitter = 1h;  // a weekly rehearsal of a daily task must not slip by a day each week

Milliseconds interval(Rehearse rehearse) { return rehearse == Rehearse::weekly ? 24h * 7 : 24h * 30; }

}  // namespace

bool rehearsal_is_due(const RehearsalMemory& memory, Rehearse rehearse, Moment now, bool by_hand) {
  if (rehearse == Rehearse::never) return false;
  if (!memory.last || *memory.last > now) return true;
  if (memory.failed && by_hand) return true;
  return now + jitter >= *memory.last + (memory.failed ? Milliseconds(24h) : interval(rehearse));
}

Json to_json(const RehearsalMemory& memory) {
  if (!memory.last) return nullptr;
  Json document = {{"last", moment_to_json(*memory.last)}};
  if (!memory.failed) return document;
  document["failed"] = true;
  document["error"] = cut(memory.error, 1000);
  document["detail"] = cut(memory.detail, 4000);
  return document;
}

RehearsalMemory rehearsal_from_json(const Json& document, Moment now) {
  RehearsalMemory memory{.last = moment_at(document, "last", now + 1h), .failed = flag_at(document, "failed")};
  if (!memory.last) return {};
  if (memory.failed) {
    memory.error = text_at(document, "error");
    memory.detail = text_at(document, "detail", 4000);
  }
  return memory;
}

}  // namespace maintain::letsencrypt
