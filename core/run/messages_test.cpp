#include "run/messages.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

template <class M>
M there_and_back(const M& message) {
  return std::get<M>(decode_message(encode_message(message)).value());
}

PlannedTask full_task() {
  PlannedTask task;
  task.key = {"web1", "shop", "orders"};
  TaskSpec& spec = task.spec;
  spec.name = "orders";
  spec.use = "backup.database";
  spec.when = "20 20 * * *";
  spec.timezone = "Europe/Berlin";
  spec.window = Seconds(1800);
  spec.max_age = Seconds(129600);
  spec.timeout = Seconds(60);
  spec.retry = {Seconds(1), Seconds(2)};
  spec.after = {"upgrade"};
  spec.enabled = false;
  spec.severity = State::critical;
  spec.order = Order::very_last;
  spec.scope = Scope::server;
  spec.common_window = true;
  spec.permission = "backup";
  spec.options = R"({"database":"orders"})";
  spec.companion_of = "shop";
  spec.legacy_status_key = "db_backup_when";
  spec.legacy_nickname = "backupdb";
  spec.where = {"/etc/maintain.d/shop.yml", 7, 3};
  task.decision = Decision::due;
  task.reason = "scheduled";
  task.scheduled = Time(Seconds(1));
  task.window_end = Time(Seconds(2));
  task.next = Time(Seconds(3));
  return task;
}

}  // namespace

TEST_CASE("a planned task crosses with every field") {
  Planned planned;
  planned.plan = {"web1", {full_task()}};
  planned.from_cache = true;
  planned.notes = {{"shop", "ops@example.org", {{State::warning, "c", "s", "t", "d", "a"}}}};
  planned.config_files = {"/etc/maintain.d/shop.yml"};
  planned.config_errors = {{ErrorKind::configuration, "m", "h", Position{"f", 1, 2}}};
  const Planned back = there_and_back(planned);
  // Encoded again it is the same text, so no field was dropped on the way in; what follows says none was on the way
  // out.
  CHECK(encode_message(back) == encode_message(planned));
  CHECK(back.plan.tasks.at(0) == full_task());
  CHECK(back.notes.at(0).findings.at(0).action == "a");
  CHECK(back.config_errors.at(0).where == (Position{"f", 1, 2}));
}

TEST_CASE("an assignment crosses with what the worker must know") {
  Assignment assignment;
  assignment.server.name = "web1";
  assignment.server.port = 2222;
  assignment.server.transport = TransportKind::openssh;
  assignment.server.become = {true, "admin", "/secret", {"pass", "show"}};
  assignment.server.expect = {{"os", "debian-12"}};
  assignment.server.ssh_options = {"-o", "ProxyJump=gate"};
  assignment.purpose = Purpose::check_config;
  assignment.mode = Mode::check;
  assignment.now = Time(Seconds(1'790'000'000));
  assignment.only_tasks = {"a"};
  assignment.now_tasks = {"b"};
  assignment.memory.configs = {{"/etc/x.yml", "text", "good"}};
  assignment.memory.unreachable_since = assignment.now;
  TaskRecord record;
  record.last_success = assignment.now;
  record.last_outcome = Outcome::crashed;
  record.failures_in_a_row = 3;
  record.state = "{}";
  record.pending_jobs = {"prepare", "order"};
  assignment.records = {{{"web1", "", "t"}, record}};
  assignment.legacy_marks = {{"web1", "db_backup_when", assignment.now}};
  assignment.resume = std::vector{full_task()};
  assignment.first_index = 4;
  assignment.by_hand = true;
  assignment.writable = {"/root/restored"};
  const Assignment back = there_and_back(assignment);
  CHECK(encode_message(back) == encode_message(assignment));
  CHECK(back.server.port == 2222);
  CHECK(back.server.become.password_command == assignment.server.become.password_command);
  CHECK(back.records.at(0).second.pending_jobs == record.pending_jobs);
  CHECK(back.resume->size() == 1);
  CHECK(back.by_hand);
  CHECK(back.writable == assignment.writable);
  CHECK(back.purpose == Purpose::check_config);
}

TEST_CASE("a note of jobs crosses with all names") {
  Ask ask;
  ask.kind = AskKind::jobs_pending;
  ask.jobs = {"prepare", "order"};
  CHECK(there_and_back(ask).jobs == ask.jobs);
}

TEST_CASE("bytes that are not UTF-8 cross unchanged") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(there_and_back(OutputEmitted{all}).bytes == all);
  CHECK(there_and_back(OutputEmitted{"gr\xc3\xbc\xc3\x9f"}).bytes == "gr\xc3\xbc\xc3\x9f");
  const ConfigsFetched configs{{{"/etc/x.yml", "name: \xff", all}}};
  const ConfigsFetched back = there_and_back(configs);
  CHECK(back.configs.at(0).text == "name: \xff");
  CHECK(back.configs.at(0).last_good == all);
}

TEST_CASE("texts that are not UTF-8 cross with a mark where they were not") {
  CHECK(there_and_back(SummaryEmitted{"a\xff" "b"}).line == "a\xef\xbf\xbd" "b");
}

TEST_CASE("numbers of metrics cross exactly") {
  for (const double value : {0.1, 1e300, -3.0})
    CHECK(there_and_back(MetricEmitted{{"m", value, "seconds", "www.example.org"}}).metric.value == value);
  CHECK(there_and_back(MetricEmitted{{"m", 1, "", "www.example.org"}}).metric.subject == "www.example.org");
}

TEST_CASE("what is not exactly a message is malformed") {
  const std::string deep = R"({"type":"done","x":)" + std::string(100, '[') + std::string(100, ']') + "}";
  for (const std::string& text : {std::string("{}"), std::string("[]"), std::string("null"),
                                  std::string("{\"type\":1}"),
                                  std::string(R"({"type":"nonsense"})"), std::string(R"({"type":"hello"})"),
                                  std::string(R"({"type":"hello","protocol":1.5})"),
                                  std::string(R"({"type":"hello","protocol":"1"})"),
                                  std::string(R"({"type":"task_ended","index":0,"outcome":99,"error":null,"new_state":null})"),
                                  std::string(R"({"type":"task_ended","index":0,"outcome":-1,"error":null,"new_state":null})"),
                                  std::string(R"({"type":"metric","metric":{"name":"m","unit":"","subject":"","value":"many"}})"),
                                  std::string(R"({"type":"hello","protocol":1)"), deep}) {
    CAPTURE(text);
    CHECK_FALSE(decode_message(text));
  }
}
