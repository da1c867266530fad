#include "reboot/memory.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::Json;

Json moment_to_json(const std::optional<Moment>& moment) {
  return moment ? Json(moment->time_since_epoch().count()) : Json(nullptr);
}

std::optional<Moment> moment_at(const Json& document, const char* key) {
  const auto found = document.find(key);
  if (found == document.end() || !found->is_number_integer()) return std::nullopt;
  return Moment(sdk::Milliseconds(found->get<std::int64_t>()));
}

std::string text_at(const Json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> texts_at(const Json& document, const char* key) {
  std::vector<std::string> texts;
  const auto found = document.find(key);
  if (found == document.end() || !found->is_array()) return texts;
  for (const Json& item : *found)
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

Json member(const Json& document, const char* key) {
  const auto found = document.find(key);
  return found == document.end() ? Json() : *found;
}

const char* word_of(Stage stage) {
  switch (stage) {
    case Stage::preparing: return "preparing";
    case Stage::refused: return "refused";
    case Stage::ordered: break;
  }
  return "ordered";
}

Stage stage_of(const std::string& word) {
  return word == "preparing" ? Stage::preparing : word == "refused" ? Stage::refused : Stage::ordered;
}

Json order_to_json(const Order& order) {
  return {{"stage", word_of(order.stage)},
          {"at", moment_to_json(order.at)},
          {"window_end", moment_to_json(order.window_end)},
          {"boot", boot_to_json(order.boot)},
          {"expected_kernel", order.expected_kernel},
          {"expected_package", order.expected_package},
          {"reasons", order.reasons},
          {"before", snapshot_to_json(order.before)},
          {"back_at", moment_to_json(order.back_at)},
          {"after_ran", order.after_ran},
          {"group", order.group}};
}

Order order_from_json(const Json& document) {
  return {.stage = stage_of(text_at(document, "stage")),
          .at = moment_at(document, "at").value_or(Moment{}),
          .window_end = moment_at(document, "window_end"),
          .boot = boot_from_json(member(document, "boot")),
          .expected_kernel = text_at(document, "expected_kernel"),
          .expected_package = text_at(document, "expected_package"),
          .reasons = texts_at(document, "reasons"),
          .before = snapshot_from_json(member(document, "before")),
          .back_at = moment_at(document, "back_at"),
          .after_ran = member(document, "after_ran") == Json(true),
          .group = text_at(document, "group")};
}

}  // namespace

void remember_need(Memory& memory, const Needs& needs, Moment now) {
  const Moment since = now - std::chrono::seconds(needs.age_seconds.value_or(0));
  memory.needed_since = std::min(memory.needed_since.value_or(since), since);
}

Json memory_to_json(const Memory& memory) {
  Json document = Json::object();
  if (memory.needed_since) document["needed_since"] = moment_to_json(memory.needed_since);
  if (memory.quiet_until) document["quiet_until"] = moment_to_json(memory.quiet_until);
  if (!memory.useless_kernel.empty()) document["useless_kernel"] = memory.useless_kernel;
  if (memory.after_pending) document["after_pending"] = true;
  if (memory.order) document["order"] = order_to_json(*memory.order);
  if (memory.watch) document["watch"] = watch_to_json(*memory.watch);
  return document;
}

Memory memory_from_json(const Json& document) {
  Memory memory;
  if (!document.is_object()) return memory;
  memory.needed_since = moment_at(document, "needed_since");
  memory.quiet_until = moment_at(document, "quiet_until");
  memory.useless_kernel = text_at(document, "useless_kernel");
  memory.after_pending = member(document, "after_pending") == Json(true);
  if (document.contains("order")) {
    const Json order = member(document, "order");
    memory.order = order_from_json(order.is_object() ? order : Json::object());
  }
  memory.watch = watch_from_json(member(document, "watch"));
  return memory;
}

}  // namespace maintain::plugins::reboot
