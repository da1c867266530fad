#include <catch2/catch.hpp>

#include "store/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using std::chrono::minutes;

namespace {

const Time noon = at("2026-11-22T12:00:00Z");

}  // namespace

TEST_CASE_METHOD(StoreFixture, "a lease has so many places: who holds it is told") {
  CHECK(must(store->acquire_lease("reboot:db", "db1", 2, noon, noon + minutes(10))).acquired);
  CHECK(must(store->acquire_lease("reboot:db", "db2", 2, noon, noon + minutes(20))).acquired);
  const LeaseAnswer refused = must(store->acquire_lease("reboot:db", "db3", 2, noon, noon + minutes(10)));
  CHECK_FALSE(refused.acquired);
  REQUIRE(refused.holders.size() == 2);
  CHECK(refused.holders[1].holder == "db2");
  CHECK(refused.holders[1].until == noon + minutes(20));
  CHECK(must(store->acquire_lease("reboot:web", "db3", 1, noon, noon + minutes(10))).acquired);
}

TEST_CASE_METHOD(StoreFixture, "a holder asks again to prolong, also when all places are taken") {
  must(store->acquire_lease("x", "a", 1, noon, noon + minutes(10)));
  const LeaseAnswer again = must(store->acquire_lease("x", "a", 1, noon + minutes(5), noon + minutes(15)));
  CHECK(again.acquired);
  REQUIRE(again.holders.size() == 1);
  CHECK(again.holders.front().until == noon + minutes(15));
}

TEST_CASE_METHOD(StoreFixture, "a lease ends when it expires or is released") {
  must(store->acquire_lease("x", "a", 1, noon, noon + minutes(10)));
  CHECK_FALSE(must(store->acquire_lease("x", "b", 1, noon + minutes(9), noon + minutes(19))).acquired);
  reopen();
  CHECK_FALSE(must(store->acquire_lease("x", "b", 1, noon + minutes(9), noon + minutes(19))).acquired);
  CHECK(must(store->acquire_lease("x", "b", 1, noon + minutes(10), noon + minutes(20))).acquired);
  must(store->release_lease("x", "a"));  // not its holder any more: nothing happens
  CHECK_FALSE(must(store->acquire_lease("x", "c", 1, noon + minutes(10), noon + minutes(20))).acquired);
  must(store->release_lease("x", "b"));
  CHECK(must(store->acquire_lease("x", "c", 1, noon + minutes(10), noon + minutes(20))).acquired);
}
