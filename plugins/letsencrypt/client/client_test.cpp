// The clients' commands, run by a shell against programs that write down what they are told.
#include "letsencrypt/client/client.hpp"
#include "letsencrypt/client/shell_testing.hpp"

using namespace maintain::letsencrypt;
using maintain::sdk::Json;

namespace {

// Writes its arguments to `calls`, a line each call; $version answers --version.
void recording(Tree& tree, const std::string& name, const std::string& version = "", const std::string& more = "") {
  tree.program(name, "if [ \"$1\" = --version ]; then echo '" + version + "'; exit; fi\nread -r line && echo asked\n" +
                         "echo \"" + name + " $*\" >>" + tree.path("calls") + "\n" + more);
}

ClientOptions with(Tree& tree, Json options) {
  options["store"] = tree.path("store");
  return read_client_options(options, Client::certbot);
}

// What the programs were told. A command of ours gives them nothing to read; the project's own is left alone.
std::string calls(Tree& tree, const std::optional<maintain::sdk::Command>& command, int status = 0,
                  const std::string& output = "") {
  REQUIRE(command);
  std::filesystem::remove(tree.path("calls"));
  const auto ran = tree.run(*command);
  INFO(ran.error_output);
  CHECK(ran.status == status);
  CHECK(ran.output == output);
  return tree.content("calls");
}

}  // namespace

TEST_CASE("the options of a client, and what they are without") {
  const auto options = read_client_options(Json::object(), Client::certbot);
  CHECK(options.client == Client::certbot);
  CHECK(options.store == "/etc/letsencrypt");
  CHECK(options.user == "root");
  CHECK(options.lineages.empty());
  CHECK(read_client_options(Json::object(), Client::none).store.empty());
  const auto given = read_client_options(Json{{"client", "acme.sh"},
                                              {"user", "web"},
                                              {"certificates", {"a.example.org", "/etc/ssl/b.pem"}},
                                              {"deployed", {"/srv/c.pem"}},
                                              {"roots", {"/srv/ca.pem"}},
                                              {"environment", {{"A", "1"}}}},
                                         Client::certbot);
  CHECK(given.client == Client::acme_sh);
  CHECK(given.store == "~/.acme.sh");
  CHECK(given.lineages == std::vector<std::string>{"a.example.org"});
  CHECK(given.files == std::vector<std::string>{"/etc/ssl/b.pem"});
  const auto command = renew_command(given);
  REQUIRE(command);
  CHECK(command->become_user == "web");
  CHECK(command->environment.at("A") == "1");
  CHECK_FALSE(command->read_only);
}

TEST_CASE("names of clients are read back") {
  for (const char* name : {"none", "certbot", "lego", "acme.sh", "dehydrated", "command"}) {
    const auto client = client_by_name(name);
    REQUIRE(client);
    CHECK(client_name(*client) == name);
  }
  CHECK_FALSE(client_by_name("Certbot"));
}

TEST_CASE("a lineage's name is one file name") {
  for (const char* name : {"shop.example.org", "*.example.org", "a b", "_.example.org"}) CHECK(is_lineage_name(name));
  for (const char* name : {"", ".", "..", "a/b", "/etc/x", "-d", "a\nb"}) CHECK_FALSE(is_lineage_name(name));
}

TEST_CASE("certbot renews all, or each that is named, and asks nobody") {
  Tree tree;
  recording(tree, "certbot", "certbot 2.1.0");
  const std::string store = "--config-dir " + tree.path("store");
  const std::string base = "certbot renew --non-interactive --no-random-sleep-on-renew ";
  CHECK(calls(tree, renew_command(with(tree, Json::object()))) == base + store + "\n");
  CHECK(calls(tree, renew_command(with(tree, {{"certificates", {"a", "b c", "/d.pem"}}}))) ==
        base + store + " --cert-name a\n" + base + store + " --cert-name b c\n");
  CHECK(calls(tree, rehearse_command(with(tree, Json::object()))) ==
        "certbot renew --non-interactive --no-random-sleep-on-renew --dry-run " + store + "\n");
  CHECK(calls(tree, renew_command(read_client_options(Json::object(), Client::certbot))) ==
        "certbot renew --non-interactive --no-random-sleep-on-renew\n");
}

TEST_CASE("an old certbot is not told what it does not know") {
  for (const auto& [version, knows] : std::vector<std::pair<std::string, bool>>{
           {"0.9.3", false}, {"0.28.0", false}, {"0.31.0", false}, {"0.32.0", true}, {"0.40.0", true}, {"1.0.0", true},
       }) {
    Tree tree;
    recording(tree, "certbot", "certbot " + version);
    INFO(version);
    const std::string called = calls(tree, renew_command(with(tree, Json::object())));
    CHECK((called.find("--no-random-sleep-on-renew") != std::string::npos) == knows);
  }
}

TEST_CASE("one lineage that fails does not keep the others from being renewed") {
  Tree tree;
  recording(tree, "certbot", "certbot 2.1.0", "case $* in *a.example*) exit 1 ;; esac");
  CHECK_THAT(calls(tree, renew_command(with(tree, {{"certificates", {"a.example", "b.example"}}})), 1),
             Catch::Contains("--cert-name b.example"));
}

TEST_CASE("acme.sh runs its cron, and knows not due from failed") {
  Tree tree;
  tree.directory("store/a.example.org_ecc");
  tree.directory("store/b.example.org");
  recording(tree, "acme.sh", "", "case $* in *b.example*) exit 2 ;; *bad*) exit 1 ;; esac");
  const std::string home = "--home " + tree.path("store");
  CHECK(calls(tree, renew_command(with(tree, {{"client", "acme.sh"}}))) == "acme.sh --cron " + home + "\n");
  CHECK(calls(tree, renew_command(with(tree, {{"client", "acme.sh"},
                                              {"certificates", {"a.example.org", "b.example.org", "c_ecc"}}}))) ==
        "acme.sh --renew " + home + " --domain a.example.org --ecc\nacme.sh --renew " + home +
            " --domain b.example.org\nacme.sh --renew " + home + " --domain c --ecc\n");
  calls(tree, renew_command(with(tree, {{"client", "acme.sh"}, {"certificates", {"bad", "b.example.org"}}})), 1);
  // The one of the store goes first: others may be of another user.
  tree.file("store/acme.sh", "#!/bin/sh\necho own >>" + tree.path("calls"), 0755);
  CHECK(calls(tree, renew_command(with(tree, {{"client", "acme.sh"}}))) == "own\n");
}

TEST_CASE("dehydrated goes on after a failure") {
  Tree tree;
  recording(tree, "dehydrated");
  CHECK(calls(tree, renew_command(with(tree, {{"client", "dehydrated"}}))) == "dehydrated --cron --keep-going\n");
}

TEST_CASE("a client that is not there is said so, with the shell's own exit status") {
  Tree tree;
  for (const char* client : {"acme.sh", "dehydrated"}) {
    const auto ran = tree.run(*renew_command(with(tree, {{"client", client}})));
    CHECK(ran.status == 127);
    CHECK(ran.error_output == std::string(client) + " is not installed\n");
  }
}

TEST_CASE("a command of the project's own runs instead of the client's") {
  Tree tree;
  recording(tree, "mine");
  CHECK(calls(tree, renew_command(with(tree, {{"command", "mine a && mine b"}})), 0, "asked\n") ==
        "mine a\nmine b\n");
  CHECK(calls(tree, renew_command(with(tree, {{"client", "lego"}, {"command", {"mine", "a b"}}})), 0, "asked\n") ==
        "mine a b\n");
  CHECK_FALSE(renew_command(with(tree, {{"client", "lego"}})));
  CHECK_FALSE(renew_command(with(tree, {{"client", "none"}})));
  CHECK_FALSE(rehearse_command(with(tree, {{"command", "mine"}})));
  CHECK_FALSE(rehearse_command(with(tree, {{"client", "acme.sh"}})));
}
