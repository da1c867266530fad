#include "backup/anomaly.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

const std::vector<CopySize> usual = {{1000, 10}, {1100, 10}, {900, 12}, {1000, 11}};

}  // namespace

TEST_CASE("anomaly: nothing at all is one from the first copy on") {
  CHECK(anomaly_of({0, 0}, {}, {}) == "it holds no file at all");
  CHECK(anomaly_of({0, 3}, {}, {}) == "it holds not a single byte");
  CHECK(anomaly_of({0, 0}, {}, {0.5, true}).empty());
  CHECK(anomaly_of({1, 1}, {}, {}).empty());
}

TEST_CASE("anomaly: a drop beyond the median of the last copies") {
  CHECK(anomaly_of({500, 10}, usual, {}).empty());
  CHECK(anomaly_of({499, 10}, usual, {}) == "499 bytes, where 1000 are usual");
  CHECK(anomaly_of({1000, 5}, usual, {}) == "5 files, where 11 are usual");
  CHECK(anomaly_of({499, 10}, usual, {0.9, false}).empty());
  CHECK(anomaly_of({1, 1}, usual, {1.0, false}).empty());
  CHECK(anomaly_of({0, 0}, usual, {0.5, true}) == "0 bytes, where 1000 are usual");
}

TEST_CASE("anomaly: nothing is usual after fewer than three copies") {
  CHECK(anomaly_of({1, 1}, {{1000, 10}, {1000, 10}}, {}).empty());
}

TEST_CASE("anomaly: only the last copies count, and growth is none") {
  std::vector<CopySize> grown(anomaly_window, CopySize{10, 1});
  grown.insert(grown.end(), 100, CopySize{100'000, 1000});
  CHECK(anomaly_of({10, 1}, grown, {}).empty());
  CHECK(anomaly_of({1'000'000, 10'000}, grown, {}).empty());
}
