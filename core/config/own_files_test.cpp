#include "config/own_files.hpp"

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "config/scratch_directory.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

struct Fleet : ScratchDirectory {
  Settings settings;
  Inventory inventory;
  Fleet() {
    settings.plugin_directories = {path};
    write("key", "a key");
    inventory.servers.emplace_back();
    inventory.servers[0].name = "web1";
    inventory.servers[0].where = Position{"servers.yml", 2, 3};
  }
  std::string doubts() const {
    std::string text;
    for (const Error& doubt : doubts_about(settings, inventory)) text += doubt.describe() + "\n";
    return text;
  }
};

}  // namespace

TEST_CASE("files of ours that can work raise no doubt") {
  Fleet fleet;
  fleet.settings.identity_files = {fleet.path / "key"};
  fleet.inventory.servers[0].become.password_file = fleet.path / "key";
  fleet.inventory.servers[0].expect = {{"os", "debian-12"}, {"arch", "x86_64"}};
  CHECK(fleet.doubts() == "");
}

TEST_CASE("what our files name and is not there is told, once") {
  Fleet fleet;
  const std::string key = fleet.path / "nokey";
  fleet.settings.identity_files = {key};
  fleet.settings.plugin_directories.push_back(fleet.path / "noplugins");
  Server& server = fleet.inventory.servers[0];
  server.identity_files = {key};
  server.become.password_file = fleet.path / "nopassword";
  const std::string doubts = fleet.doubts();
  CHECK(split_lines(doubts).size() == 3);
  CHECK_THAT(doubts, Catch::Contains("the plugin directory " + (fleet.path / "noplugins").string() +
                                     " does not exist"));
  CHECK_THAT(doubts, Catch::Contains("the private key " + key + " does not exist"));
  CHECK_THAT(doubts, Catch::Contains("servers.yml:2:3: the password file"));
}

TEST_CASE("what can never hold or work is told") {
  Fleet fleet;
  Server& server = fleet.inventory.servers[0];
  server.transport = TransportKind::libssh2;
  server.ssh_options = {"-J", "jump"};
  server.expect = {{"kernle", "6.1"}};
  CHECK_THAT(fleet.doubts(), Catch::Contains("web1: libssh2 has no options of ssh"));
  CHECK_THAT(fleet.doubts(), Catch::Contains("no server has a fact 'kernle' (did you mean 'kernel'?)"));
  fleet.inventory.servers.clear();
  CHECK_THAT(fleet.doubts(), Catch::Contains("there is no server to maintain"));
}
