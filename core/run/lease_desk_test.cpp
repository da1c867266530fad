#include "run/lease_desk.hpp"

#include <catch2/catch.hpp>

#include "run/testing.hpp"
#include "store/sqlite_store.hpp"

using namespace maintain;

namespace {

struct Scene {
  testing::TemporaryDirectory directory = {};
  std::unique_ptr<StateStore> store = open_sqlite_store(directory.path() / "state.db", Access::read_write).value();
  FixedClock clock{Time(Seconds(1'790'000'000))};
  LeaseDesk desk{*store, clock};

  static Ask ask(std::uint64_t number, std::uint64_t wait_ms = 0, int places = 1) {
    Ask result;
    result.ask = number;
    result.kind = AskKind::acquire_lock;
    result.text = "db";
    result.places = places;
    result.lease_ms = 60'000;
    result.wait_ms = wait_ms;
    return result;
  }
};

}  // namespace

TEST_CASE("a taken lock is refused at once to those who do not wait, naming the holder") {
  Scene scene;
  CHECK_FALSE(scene.desk.acquire(1, "web1", Scene::ask(1))->error);
  const auto refused = scene.desk.acquire(2, "web2", Scene::ask(1));
  REQUIRE(refused->error);
  CHECK(refused->error->kind == ErrorKind::busy);
  CHECK_THAT(refused->error->message, Catch::Contains("web1"));
  CHECK_FALSE(scene.desk.acquire(1, "web1", Scene::ask(2))->error);  // the holder prolongs
  CHECK_FALSE(scene.desk.acquire(2, "web2", Scene::ask(2, 0, 2))->error);
}

TEST_CASE("who waits gets the place when it is given back, in order of asking") {
  Scene scene;
  REQUIRE(scene.desk.acquire(1, "web1", Scene::ask(1)));
  CHECK_FALSE(scene.desk.acquire(2, "web2", Scene::ask(5, 60'000)));
  CHECK_FALSE(scene.desk.acquire(3, "web3", Scene::ask(6, 60'000)));
  CHECK(scene.desk.until_retry());
  CHECK_FALSE(scene.desk.release("web1", Scene::ask(2)).error);
  const auto answers = scene.desk.retry();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].first == 2);
  CHECK(answers[0].second.ask == 5);
  CHECK_FALSE(answers[0].second.error);
}

TEST_CASE("waiting ends by time, by cancellation and with the worker") {
  Scene scene;
  REQUIRE(scene.desk.acquire(1, "web1", Scene::ask(1)));
  CHECK_FALSE(scene.desk.acquire(2, "web2", Scene::ask(1, 1)));
  CHECK_FALSE(scene.desk.acquire(3, "web3", Scene::ask(1, 60'000)));
  CHECK_FALSE(scene.desk.acquire(4, "web4", Scene::ask(1, 60'000)));
  const Deadline over = Deadline::after(Milliseconds(2));
  while (!over.passed()) {}
  const auto answers = scene.desk.retry();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].second.error->kind == ErrorKind::busy);
  CHECK(scene.desk.cancel(3)->error->kind == ErrorKind::cancelled);
  CHECK_FALSE(scene.desk.cancel(3));
  scene.desk.forget(4);
  CHECK_FALSE(scene.desk.until_retry());
}

TEST_CASE("locks with impossible names or numbers of places are refused") {
  Scene scene;
  for (const int places : {0, -1, 1'000'000})
    CHECK(scene.desk.acquire(1, "web1", Scene::ask(1, 0, places))->error->kind == ErrorKind::refused);
  for (const std::string& name : {std::string(), std::string("a\nb"), std::string(1000, 'x')}) {
    Ask ask = Scene::ask(1);
    ask.text = name;
    CHECK(scene.desk.acquire(1, "web1", ask)->error->kind == ErrorKind::refused);
  }
}
