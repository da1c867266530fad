// maintain.store/1 through the C table, as a plugin sees it.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "backup/kept_policy.hpp"
#include "plugin/extensions.hpp"
#include "plugin/host.hpp"
#include "plugin/host_store.hpp"
#include "plugin/test_support.hpp"

using namespace maintain;
using Json = nlohmann::json;

namespace {

class Fixture {
 public:
  test::TemporaryDirectory directory;
  FixedClock clock{*parse_time("2026-11-29T01:02:03Z")};
  TaskCall call;
  test::RememberedEvents events;

  Fixture() {
    for (const auto id : offered_extensions()) manifest_.wants.emplace_back(id);
    call.key = {"web1", "shop", "orders"};
    call.directory = (directory.path() / "task").string();
    call.clock = &clock;
    call.copies.emplace();
    call.copies->backups = directory.path() / "backups";
    call.copies->key = call.key;
    call.copies->keep = R"({"last":2})";
    call.copies->wall_clock = [](const std::string& zone) -> Result<WallClock> {
      if (zone != "UTC") return fail(ErrorKind::configuration, "no zone " + zone);
      return WallClock([](Time time) { return std::chrono::local_seconds(time.time_since_epoch()); });
    };
    begin_run();
  }
  void begin_run() {
    host_.emplace(manifest_);
    host_->begin_run(call, session_, events);
    const void* table = host_->table()->get_extension(host_->table(), to_text(MAINTAIN_STORE_1));
    store = static_cast<const maintain_store_1*>(table);
  }
  const maintain_host* host() const { return host_->table(); }
  maintain_error* error() { return &error_; }
  const maintain_sink* answer() {
    text_.clear();
    return &sink_;
  }
  Json json() const { return Json::parse(text_); }

  maintain_status begin(const char* request = R"({"source":"orders","engine":"postgresql"})") {
    return store->begin(host(), to_text(request), answer(), error());
  }
  // A copy with one file, verified; returns its id.
  std::string copy(const std::string& content) {
    CHECK(begin() == MAINTAIN_OK);
    CHECK(store->create(host(), to_text("orders.dump"), error()) == MAINTAIN_OK);
    CHECK(store->write(host(), content.data(), content.size(), error()) == MAINTAIN_OK);
    CHECK(store->close(host(), answer(), error()) == MAINTAIN_OK);
    CHECK(store->commit(host(), to_text(R"({"verified":[{"how":"trailer"}]})"), answer(), error()) == MAINTAIN_OK);
    INFO(message);
    clock.set(clock.now() + std::chrono::hours(1));
    return json().value("id", "");
  }

  const maintain_store_1* store = nullptr;
  std::string message;

 private:
  test::LocalSession session_;
  Manifest manifest_;
  std::optional<Host> host_;
  std::string text_;
  maintain_error error_{sizeof(maintain_error), this,
                        [](void* self, maintain_status, maintain_text text, maintain_text) {
                          static_cast<Fixture*>(self)->message = to_string(text);
                        }};
  maintain_sink sink_{sizeof(maintain_sink), this, [](void* self, const void* data, std::uint64_t size) {
                        static_cast<Fixture*>(self)->text_.append(static_cast<const char*>(data),
                                                                  static_cast<std::size_t>(size));
                        return maintain_status{MAINTAIN_OK};
                      }};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "store: a copy is made, listed, opened, verified and pruned") {
  const std::string first = copy("old rows");
  CHECK(first == "20261129T010203Z");
  copy("new rows");
  const std::string third = copy("newer rows");

  CHECK(store->list(host(), answer(), error()) == MAINTAIN_OK);
  REQUIRE(json().size() == 3);
  CHECK(json()[0]["id"] == third);
  CHECK(json()[2]["state"] == "verified");
  CHECK(json()[2]["bytes"] == 8);

  CHECK(store->open(host(), to_text("2026-11-29T01:30:00Z"), answer(), error()) == MAINTAIN_OK);
  CHECK(json()["id"] == first);
  CHECK(json()["manifest"]["engine"] == "postgresql");
  std::ifstream file(std::filesystem::path(json()["path"].get<std::string>()) / "orders.dump");
  std::string line;
  std::getline(file, line);
  CHECK(line == "old rows");

  CHECK(store->verify(host(), to_text("latest"), 1, 1, answer(), error()) == MAINTAIN_OK);
  CHECK(json() == Json{{"files", 1}, {"bytes", 10}, {"wrong", Json::array()}});

  // What is being read stays, until the run ends.
  CHECK(store->prune(host(), to_text(R"({"min_verified":1})"), 0, answer(), error()) == MAINTAIN_OK);
  CHECK(json()["busy"] == Json{first});
  begin_run();
  CHECK(store->prune(host(), to_text(R"({"min_verified":1})"), 1, answer(), error()) == MAINTAIN_OK);
  CHECK(json()["copies"][2]["keep"] == false);
  CHECK(json()["removed"].empty());
  CHECK(store->prune(host(), to_text(R"({"keep":{"last":1},"min_verified":1})"), 0, answer(), error()) == MAINTAIN_OK);
  CHECK(json()["removed"].size() == 2);
  const auto kept = read_kept_policy(copies_directory(call.copies->backups, call.key));
  REQUIRE(kept);
  CHECK(**kept == KeptPolicy{R"({"last":1})", 1, "UTC"});
}

TEST_CASE_METHOD(Fixture, "store: a copy in which something is wrong is damaged from then on") {
  const std::string first = copy("old rows"), second = copy("new rows");
  const auto copies = copies_directory(call.copies->backups, call.key);
  std::ofstream(copies / second / "data/orders.dump") << "new rats";
  call.mode = Mode::check;
  begin_run();
  CHECK(store->verify(host(), to_text("latest"), 1, 1, answer(), error()) == MAINTAIN_OK);
  CHECK(json()["wrong"].size() == 1);
  CHECK(store->list(host(), answer(), error()) == MAINTAIN_OK);
  CHECK(json()[0]["state"] == "verified");  // a dry run changes nothing

  call.mode = Mode::apply;
  begin_run();
  CHECK(store->verify(host(), to_text("latest"), 1, 1, answer(), error()) == MAINTAIN_OK);
  CHECK(store->list(host(), answer(), error()) == MAINTAIN_OK);
  CHECK(json()[0]["state"] == "damaged");
  CHECK(json()[0]["reason"].get<std::string>().starts_with("data/orders.dump: its content has changed"));
  CHECK(store->open(host(), to_text("latest"), answer(), error()) == MAINTAIN_OK);
  CHECK(json()["id"] == first);
  CHECK(store->prune(host(), to_text("{}"), 0, answer(), error()) == MAINTAIN_OK);
  CHECK(json()["stopped"].get<std::string>().starts_with(second + " is damaged"));
}

TEST_CASE_METHOD(Fixture, "store: a draft that is open when the run ends waits for the next") {
  REQUIRE(begin() == MAINTAIN_OK);
  CHECK(begin() == MAINTAIN_INVALID_STATE);
  CHECK(store->write(host(), "x", 1, error()) == MAINTAIN_INVALID_STATE);
  CHECK(store->create(host(), to_text("../x"), error()) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(store->create(host(), to_text("part"), error()) == MAINTAIN_OK);
  CHECK(store->create(host(), to_text("other"), error()) == MAINTAIN_INVALID_STATE);
  CHECK(store->commit(host(), to_text("{}"), answer(), error()) == MAINTAIN_INVALID_STATE);
  begin_run();
  CHECK(begin(R"({"source":"orders","engine":"postgresql","resume":true})") == MAINTAIN_OK);
  CHECK(json()["resumed"] == true);
  CHECK(std::filesystem::exists(json()["path"].get<std::string>() + "/part"));
  CHECK(store->abandon(host(), 0, error()) == MAINTAIN_OK);
  CHECK(store->abandon(host(), 0, error()) == MAINTAIN_OK);
  CHECK(begin(R"({"source":"orders","engine":"postgresql","resume":true})") == MAINTAIN_OK);
  CHECK(json()["resumed"] == false);
}

TEST_CASE_METHOD(Fixture, "store: what a plugin may not ask is refused, and says what") {
  CHECK(begin(R"({"sauce":"orders"})") == MAINTAIN_INVALID_ARGUMENT);
  CHECK(message.find("'sauce'") != std::string::npos);
  CHECK(begin(R"({"source":7})") == MAINTAIN_INVALID_ARGUMENT);
  CHECK(begin("[]") == MAINTAIN_INVALID_ARGUMENT);
  CHECK(store->open(host(), to_text("latest"), answer(), error()) == MAINTAIN_NOT_FOUND);
  CHECK(store->prune(host(), to_text(R"({"keep":{}})"), 0, answer(), error()) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(store->prune(host(), to_text(R"({"keep":{"dayly":7}})"), 0, answer(), error()) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(store->prune(host(), to_text(R"({"timezone":"Mars/Base"})"), 0, answer(), error()) ==
        MAINTAIN_INVALID_ARGUMENT);
  REQUIRE(begin() == MAINTAIN_OK);
  CHECK(store->commit(host(), to_text(R"({"drop":2})"), answer(), error()) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(store->commit(host(), to_text(R"({"verified":[{"how":7}]})"), answer(), error()) == MAINTAIN_INVALID_ARGUMENT);

  Fixture dry;
  dry.call.mode = Mode::check;
  CHECK(dry.begin() == MAINTAIN_REFUSED);
  CHECK(dry.store->prune(dry.host(), to_text("{}"), 0, dry.answer(), dry.error()) == MAINTAIN_REFUSED);
  CHECK(dry.store->prune(dry.host(), to_text("{}"), 1, dry.answer(), dry.error()) == MAINTAIN_OK);

  Fixture storeless;
  storeless.call.copies.reset();
  CHECK(storeless.begin() == MAINTAIN_UNSUPPORTED);
}

TEST_CASE_METHOD(Fixture, "store: what was asked for and cannot be is told, and a copy is made all the same") {
  call.copies->snapshots = Snapshots::btrfs;
  const auto parent = open_directory(directory.path());
  REQUIRE(parent);
  if (on_btrfs(parent->get())) return;
  begin_run();
  REQUIRE(begin(R"({"source":"media","seed":true})") == MAINTAIN_OK);
  CHECK(json()["seeded"] == false);
  REQUIRE(events.lines.size() == 1);
  CHECK(events.lines[0].find("does not lie on btrfs") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "store: a quarantined copy is an answer") {
  REQUIRE(begin() == MAINTAIN_OK);
  CHECK(store->commit(host(), to_text(R"({"verified":[{"how":"exit status"}]})"), answer(), error()) == MAINTAIN_OK);
  CHECK(json()["state"] == "quarantined");
  CHECK_FALSE(json()["reason"].get<std::string>().empty());
}

TEST_CASE_METHOD(Fixture, "store: a program that fills the draft beyond its bounds is ended") {
  REQUIRE(begin(R"({"source":"media","max_bytes":1000})") == MAINTAIN_OK);
  const std::string file = json()["path"].get<std::string>() + "/growing";
  const void* found = host()->get_extension(host(), to_text(MAINTAIN_LOCAL_1));
  const auto* local = static_cast<const maintain_local_1*>(found);
  // The sleep is what the program does: it grows a file without end. Nothing waits for it.
  const std::string script = "while :; do echo 0123456789 >> " + file + "; sleep 0.01; done";
  const maintain_text words[] = {to_text("/bin/sh"), to_text("-c"), to_text(script)};
  maintain_command command{};
  command.struct_size = sizeof command;
  command.argc = 3;
  command.argv = words;
  command.timeout_ms = 30'000;
  maintain_exit exit{};
  exit.struct_size = sizeof exit;
  CHECK(local->run(host(), &command, &exit, error()) == MAINTAIN_REFUSED);
  CHECK(message.find("max_bytes") != std::string::npos);
}
