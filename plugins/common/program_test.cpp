#include "common/program.hpp"

#include <catch2/catch.hpp>

using namespace maintain::plugins;

TEST_CASE("the program is the script, not its interpreter") {
  CHECK(program_of({"/usr/sbin/cron", "-f"}) == "cron");
  CHECK(program_of({"/usr/bin/python3", "/usr/bin/unattended-upgrade", "--download-only"}) == "unattended-upgrade");
  CHECK(program_of({"/usr/bin/python3.11", "-u", "/usr/bin/borg", "create"}) == "borg");
  CHECK(program_of({"/bin/sh"}) == "sh");
  CHECK(program_of({}).empty());
}
