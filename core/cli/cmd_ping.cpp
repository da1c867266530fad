#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "cli/commands.hpp"
#include "cli/run_session.hpp"
#include "cli/selection.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

std::string milliseconds(const std::optional<Milliseconds>& span) {
  return span ? fmt::format("{} ms", span->count()) : "";
}

std::string fact(const Json& facts, const char* name) {
  const auto found = facts.find(name);
  return found != facts.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

void ping(Program& program, const Selection& selection) {
  RunRequest request{.settings = program.settings(), .catalog = program.catalog(),
                     .servers = program.select_servers(selection.servers)};
  request.purpose = Purpose::ping;
  request.debug = program.debug;
  const auto store = store_to_look_at(program);
  const RunResult result = supervise_visibly(program, request, *store);

  TextTable table({"server", "answer", "connect", "round trip", "system", "kernel", "transport"});
  Json answers = Json::array();
  for (const ServerReport& report : result.servers) {
    const Json facts = Json::parse(report.facts, nullptr, false);
    const std::string system = fact(facts, "os_id") + " " + fact(facts, "os_version");
    table.add({report.server, report.error ? "no" : "yes", milliseconds(report.connect_time),
               milliseconds(report.round_trip), std::string(trim(system)), fact(facts, "kernel"), report.transport});
    Json answer{{"server", report.server}, {"answers", !report.error.has_value()}};
    if (report.connect_time) answer["connect_ms"] = report.connect_time->count();
    if (report.round_trip) answer["round_trip_ms"] = report.round_trip->count();
    if (!report.transport.empty()) answer["transport"] = report.transport;
    if (facts.is_object()) answer["facts"] = facts;
    if (report.error) answer["error"] = report.error->describe();
    answers.push_back(std::move(answer));
  }
  program.exit_status = exit_status_of_servers(result);
  if (program.json) return print(Json{{"servers", answers}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  print(table.render());
  for (const ServerReport& report : result.servers)
    if (report.error) std::fprintf(stderr, "%s\n", server_error(report).c_str());
}

}  // namespace

void add_ping_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "ping", "ping");
  const auto selection = std::make_shared<Selection>();
  add_server_arguments(*command, *selection);
  command->callback([&program, selection] { ping(program, *selection); });
}

}  // namespace maintain
