// The transports against a real sshd on loopback. No root needed, but for the parts that use sudo. The cases are in
// transport_*.cpp and sudo_cases.cpp beside this.
#include <cstdio>
#include <string>

#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "support/loopback_sshd.hpp"

using namespace maintain;

int main(int argc, char** argv) {
  if (const std::string reason = LoopbackSshd::unavailable(); !reason.empty()) {
    std::printf("SKIPPED: %s\n", reason.c_str());
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
