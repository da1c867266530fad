#include "pydeps/advisory/cvss.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace maintain::pydeps;

namespace {

using Scores = std::vector<std::pair<std::string, int>>;

void check(const Scores& scores) {
  for (const auto& [vector, tenths] : scores) {
    CAPTURE(vector);
    CHECK(cvss_score(vector) == tenths);
  }
}

}  // namespace

// FIRST, "CVSS v3.1 Examples": vectors and base scores as published there.
TEST_CASE("base scores of 3.1 are those of FIRST's examples") {
  check({
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61},  // phpMyAdmin, CVE-2013-1937
      {"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 64},  // MySQL, CVE-2013-0375
      {"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 31},  // POODLE, CVE-2014-3566
      {"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 99},  // VMware, CVE-2012-1516
      {"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 88},  // IOS, CVE-2012-0384
      {"CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 78},  // iWork, CVE-2015-1098
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 75},  // Heartbleed, CVE-2014-0160
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98},  // Bash, CVE-2014-6271
      {"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N", 68},  // DNS, CVE-2008-1447
      {"CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 68},  // Sophos, CVE-2014-2005
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:L/I:N/A:N", 58},  // Joomla, CVE-2010-0467
      {"CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", 93},  // Junos, CVE-2013-6014
      {"CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N", 54},  // DokuWiki, CVE-2014-9253
      {"CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", 46},  // iOS, CVE-2014-2019
      {"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N", 74},  // OpenSSL, CVE-2014-0224
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H", 96},  // Chrome, CVE-2012-5376
  });
}

TEST_CASE("what is rounded up and what has no impact") {
  check({
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0},
      {"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100},
      {"CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L", 16},
      {"CVSS:3.0/AV:A/AC:L/PR:L/UI:R/S:C/C:L/I:N/A:L", 48},
      {"CVSS:3.1/AV:A/AC:L/PR:L/UI:R/S:C/C:L/I:N/A:L", 48},
  });
}

TEST_CASE("temporal and environmental metrics of 3.x are read and do not count") {
  check({{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U", 98},
         {"CVSS:3.0/S:U/C:H/I:H/A:H/AV:N/AC:L/PR:N/UI:N/MAV:P/CR:L", 98}});
}

// FIRST, "CVSS v4.0 Examples": vectors and scores as published there; those without a name as FIRST's calculator gives.
TEST_CASE("scores of 4.0 are those of FIRST's examples") {
  check({
      {"CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 73},   // NGINX, CVE-2022-41741
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", 87},   // Heartbleed, CVE-2014-0160
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N", 51},   // reflected scripting, CVE-2022-21830
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N", 69}, 
      {"CVSS:4.0/AV:L/AC:L/AT:N/PR:H/UI:N/VC:N/VI:N/VA:N/SC:H/SI:N/SA:N", 59},   // VirtualBox, CVE-2023-21989
      {"CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 93},
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 100},  // Log4Shell, CVE-2021-44228
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 93},   // Bash, CVE-2014-6271
  });
}

// Scores of the reference implementation's test data (RedHatProductSecurity/cvss, vectors_simple4 and vectors_threat4).
TEST_CASE("scores of 4.0 between the macrovectors are interpolated") {
  check({
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:H/VA:L/SC:N/SI:H/SA:L", 92},
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:H/SI:L/SA:H", 79},
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:A/VC:N/VI:L/VA:L/SC:L/SI:L/SA:H", 62},
      {"CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:L/VI:L/VA:N/SC:H/SI:N/SA:N", 49},
      {"CVSS:4.0/AV:N/AC:L/AT:P/PR:H/UI:A/VC:N/VI:L/VA:L/SC:L/SI:N/SA:N", 18},
      {"CVSS:4.0/AV:N/AC:H/AT:N/PR:H/UI:A/VC:N/VI:N/VA:N/SC:N/SI:H/SA:N", 40},
      {"CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:L/SA:N", 95},
      {"CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:A", 73},
      {"CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:P", 59},
      {"CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U", 41},
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N/E:A", 0},
  });
}

// RedHatProductSecurity/cvss-v4-calculator, issues 66 and 48; RedHatProductSecurity/cvss, issues 60 and 63: calculators
// with binary fractions came to a tenth less.
TEST_CASE("halves are rounded up") {
  check({
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:H/SI:H/SA:H", 86},
      {"CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:A/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N/E:U", 4},
      {"CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:H/SI:H/SA:H/E:P", 90},
      {"CVSS:4.0/AV:L/AC:H/AT:N/PR:N/UI:N/VC:L/VI:H/VA:L/SC:N/SI:N/SA:H/S:N/AU:N/R:I/V:C/RE:M/U:Green/"
       "MAV:A/MAC:L/MAT:N/MPR:N/MUI:N/MVC:H/MVI:N/MVA:H/MSC:H/MSI:H/MSA:H/CR:H/IR:M/AR:H/E:A",
       86},
      {"CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:A/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N/E:P/CR:L/IR:L/AR:L/MAV:N/"
       "MAC:L/MAT:N/MPR:L/MUI:A/MVC:H/MVI:H/MVA:H/MSC:H/MSI:S/MSA:S/S:P/AU:Y/R:I/V:C/RE:H/U:Red",
       85},
  });
}

TEST_CASE("what is no complete vector has no score") {
  const std::string base3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
  const std::string base4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
  REQUIRE(cvss_score(base3));
  REQUIRE(cvss_score(base4));
  for (const std::string& vector :
       std::vector<std::string>{"", "CVSS:3.1", "CVSS:3.1/", "CVSS:4.0/", "9.8", "AV:N/AC:L/Au:N/C:P/I:P/A:P",
                                base3 + "/", base3 + "/E", base3 + "/E:", base3 + "/E:Z", base3 + "/AV:N",
                                base3 + "//E:X", base3 + "/XX:N", base3.substr(0, base3.size() - 4), base4 + "/U:red",
                                base4 + "/U:", base4 + "/U:Clear Green",
                                base4.substr(0, base4.size() - 5), base4 + "/E:A/E:A",
                                "CVSS:3.2" + base3.substr(8), " " + base3, base3 + " ", base3 + std::string("\0", 1)}) {
    CAPTURE(vector);
    CHECK_FALSE(cvss_score(vector));
  }
  CHECK(cvss_score(base4 + "/U:Clear") == 93);
  CHECK_FALSE(cvss_score(base4 + std::string(100'000, '/')));
}

// The scale of section 5 (3.1) and 6 (4.0).
TEST_CASE("scores become ratings") {
  CHECK(rating_of(0) == Rating::none);
  CHECK(rating_of(1) == Rating::low);
  CHECK(rating_of(39) == Rating::low);
  CHECK(rating_of(40) == Rating::medium);
  CHECK(rating_of(69) == Rating::medium);
  CHECK(rating_of(70) == Rating::high);
  CHECK(rating_of(89) == Rating::high);
  CHECK(rating_of(90) == Rating::critical);
  CHECK(rating_of(100) == Rating::critical);
}

TEST_CASE("words become ratings, and what is none stays unknown") {
  CHECK(rating_from_word("MODERATE") == Rating::medium);
  CHECK(rating_from_word("medium") == Rating::medium);
  CHECK(rating_from_word("Critical") == Rating::critical);
  CHECK(rating_from_word("LOW") == Rating::low);
  CHECK(rating_from_word("High") == Rating::high);
  for (const auto* word : {"", "severe", "HIGHLY", "high "}) CHECK(rating_from_word(word) == Rating::unknown);
  CHECK(rating_name(rating_from_word("MODERATE")) == "medium");
  CHECK(rating_name(Rating::unknown) == "unknown");
  CHECK(Rating::unknown < Rating::none);
}
