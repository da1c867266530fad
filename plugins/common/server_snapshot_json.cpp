// Keeps a snapshot between runs. Short keys: the document shares 256 KiB with the rest of a task's state.
#include <nlohmann/json.hpp>

#include "common/server_snapshot.hpp"

namespace maintain::plugins {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_kept = 1000;  // of each kind

template <typename T, typename Write>
Json list_to_json(const Listed<T>& list, Write write) {
  if (!list.problem.empty()) return {{"problem", list.problem}};
  if (list.absent) return {{"absent", true}};
  Json items = Json::array();
  for (const T& item : list.items) {
    if (items.size() == most_kept) break;
    if (Json row = write(item); !row.is_null()) items.push_back(std::move(row));
  }
  return {{"items", std::move(items)}};
}

std::string text_at(const Json& row, std::size_t index) {
  return row.is_array() && row.size() > index && row[index].is_string() ? row[index].get<std::string>() : "";
}

long long number_at(const Json& row, std::size_t index) {
  return row.is_array() && row.size() > index && row[index].is_number_integer() ? row[index].get<long long>() : 0;
}

template <typename T, typename Read>
Listed<T> list_from_json(const Json& document, const char* key, Read read) {
  Listed<T> list;
  const auto found = document.is_object() ? document.find(key) : document.end();
  if (found == document.end() || !found->is_object()) {
    list.problem = "it was not recorded";
    return list;
  }
  if (const auto problem = found->find("problem"); problem != found->end() && problem->is_string()) {
    list.problem = problem->get<std::string>();
  }
  list.absent = found->contains("absent");
  const auto items = found->find("items");
  if (items == found->end() || !items->is_array()) return list;
  for (const Json& row : *items) {
    if (T item = read(row); !text_at(row, 0).empty()) list.items.push_back(std::move(item));
  }
  return list;
}

}  // namespace

Json snapshot_to_json(const ServerSnapshot& snapshot) {
  return {
      {"units", list_to_json(snapshot.units,
                             [](const Unit& u) -> Json {
                               return {u.name, u.active, u.sub, u.result, u.on_demand ? 1 : 0, u.restarts};
                             })},
      {"containers", list_to_json(snapshot.containers,
                                  [](const Container& c) -> Json {
                                    if (!c.running) return nullptr;
                                    return {c.name, c.engine, c.image, c.status, c.unhealthy ? 1 : 0};
                                  })},
      {"listeners", list_to_json(snapshot.listeners,
                                 [](const Listener& l) -> Json {
                                   return {l.protocol, l.address, l.port, l.process};
                                 })},
      {"mounts", list_to_json(snapshot.mounts,
                              [](const Mount& m) -> Json { return {m.target, m.source, m.type}; })},
  };
}

ServerSnapshot snapshot_from_json(const Json& document) {
  return {
      .units = list_from_json<Unit>(document, "units",
                                    [](const Json& row) {
                                      return Unit{.name = text_at(row, 0),
                                                  .active = text_at(row, 1),
                                                  .sub = text_at(row, 2),
                                                  .result = text_at(row, 3),
                                                  .on_demand = number_at(row, 4) != 0,
                                                  .restarts = number_at(row, 5)};
                                    }),
      .containers = list_from_json<Container>(document, "containers",
                                              [](const Json& row) {
                                                return Container{.name = text_at(row, 0),
                                                                 .engine = text_at(row, 1),
                                                                 .image = text_at(row, 2),
                                                                 .status = text_at(row, 3),
                                                                 .running = true,
                                                                 .unhealthy = number_at(row, 4) != 0};
                                              }),
      .listeners = list_from_json<Listener>(document, "listeners",
                                            [](const Json& row) {
                                              return Listener{.protocol = text_at(row, 0),
                                                              .address = text_at(row, 1),
                                                              .port = static_cast<int>(number_at(row, 2)),
                                                              .process = text_at(row, 3)};
                                            }),
      .mounts = list_from_json<Mount>(document, "mounts",
                                      [](const Json& row) {
                                        return Mount{.target = text_at(row, 0),
                                                     .source = text_at(row, 1),
                                                     .type = text_at(row, 2)};
                                      }),
  };
}

}  // namespace maintain::plugins
