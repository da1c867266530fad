// maintain.local/1, as a plugin calls it.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "plugin/host_testing.hpp"

using namespace maintain;
using test::Fixture;

TEST_CASE_METHOD(Fixture, "local programs run in the task's directory") {
  set_words({"pwd"});
  CHECK(local() == MAINTAIN_OK);
  CHECK(output.bytes == call.directory + "\n");
  set_words({"no-such-program-here"});
  CHECK(local() == MAINTAIN_NOT_FOUND);
  command.script = to_text("echo no");
  CHECK(local() == MAINTAIN_INVALID_ARGUMENT);
  command.script = {};
  set_words({"sleep", "60"});
  SECTION("timeout") { command.timeout_ms = 100; }
  SECTION("idle timeout") { command.idle_timeout_ms = 100; }
  CHECK(local() == MAINTAIN_TIMEOUT);
}

TEST_CASE_METHOD(Fixture, "a confined program opens what it may and nothing else") {
  call.confine_program = MAINTAIN_TEST_CONFINE;
  begin();
  const std::string secret = (directory.path() / "secret").string();
  std::ofstream(secret) << "hidden";
  const maintain_text readable[] = {to_text("/usr"), to_text("/bin"), to_text("/lib"), to_text("/lib64")};
  const maintain_text writable[] = {to_text(call.directory)};
  maintain_confinement confinement{sizeof(maintain_confinement), 0, 4, readable, 1, writable};
  const std::string text = "cat '" + secret + "'; echo x >'" + secret + "'; echo y >mine; cat mine; exit 3";
  set_words({"sh", "-c", text});
  const auto* table = get<maintain_local_1>(MAINTAIN_LOCAL_1);
  const auto confined = [&] { return table->run_confined(host(), &command, &confinement, &exit, &error.raw); };
  const maintain_status status = confined();
  if (status == MAINTAIN_UNSUPPORTED) {
    WARN("not tested: " << error.message);
    return;
  }
  REQUIRE(status == MAINTAIN_OK);
  CHECK(exit.status == 3);
  CHECK(output.bytes == "y\n");
  std::string left;
  std::ifstream(secret) >> left;
  CHECK(left == "hidden");

  confinement.flags = 1;
  CHECK(confined() == MAINTAIN_INVALID_ARGUMENT);
  confinement.flags = 0;
  const maintain_text relative[] = {to_text("usr")};
  confinement.readable = relative;
  confinement.readable_count = 1;
  CHECK(confined() == MAINTAIN_INVALID_ARGUMENT);
}

TEST_CASE_METHOD(Fixture, "a program that cannot be confined is not run") {
  const std::string made = (directory.path() / "made").string();
  const maintain_confinement confinement{sizeof(maintain_confinement), 0, 0, nullptr, 0, nullptr};
  const auto* table = get<maintain_local_1>(MAINTAIN_LOCAL_1);
  set_words({"touch", made});
  SECTION("maintain-confine is missing") {
    CHECK(table->run_confined(host(), &command, &confinement, &exit, &error.raw) == MAINTAIN_UNSUPPORTED);
    CHECK(error.message.find("maintain-confine") != std::string::npos);
  }
  SECTION("it says why it cannot") {
    const std::string program = (directory.path() / "confine").string();
    std::ofstream(program) << "#!/bin/sh\n[ \"$1\" = --check ] || exec touch '" + made + "'\n"
                              "echo 'no Landlock' >&2; echo 'another kernel' >&2; exit 125\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    call.confine_program = program;
    begin();
    CHECK(table->run_confined(host(), &command, &confinement, &exit, &error.raw) == MAINTAIN_UNSUPPORTED);
    CHECK(error.message == "no Landlock (another kernel)");
  }
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE_METHOD(Fixture, "the remote shell comes as a list of words") {
  const auto* shell = get<maintain_local_1>(MAINTAIN_LOCAL_1);
  CHECK(shell->remote_shell(host(), 1, &output.raw, nullptr) == MAINTAIN_OK);
  CHECK(output.bytes == R"(["ssh","-T","web1"])");
}
