#include "model/task_spec.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("an option is found where it is written, or what is around it") {
  const OptionPlaces places{{"/endpoints", {"shop.yml", 3, 5}}, {"/endpoints/0", {"shop.yml", 4, 9}}};
  CHECK(place_of_option(places, "/endpoints/0")->line == 4);
  CHECK(place_of_option(places, "/endpoints/0/port")->line == 4);
  CHECK(place_of_option(places, "/endpoints/1")->line == 3);
  CHECK_FALSE(place_of_option(places, "/ports"));
  CHECK_FALSE(place_of_option(places, ""));
  CHECK_FALSE(place_of_option(places, "endpoints"));
}
