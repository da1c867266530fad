// Hooks run again as certbot would run them.
#include "letsencrypt/client/deploy.hpp"
#include "letsencrypt/client/shell_testing.hpp"

using namespace maintain::letsencrypt;

namespace {

ClientOptions certbot(Tree& tree) {
  ClientOptions options;
  options.client = Client::certbot;
  options.store = tree.path("le");
  return options;
}

StoredCertificate lineage(Tree& tree) {
  StoredCertificate stored;
  stored.name = "shop.example.org";
  stored.path = tree.path("le/live/shop.example.org/fullchain.pem");
  stored.in_store = stored.has_deploy_hook = true;
  Certificate leaf;
  leaf.names = {"shop.example.org", "*.example.org", "$(touch x).example.org"};
  stored.chain.certificates = {leaf};
  return stored;
}

void configuration(Tree& tree, const std::string& settings) {
  tree.file("le/renewal/shop.example.org.conf",
            "version = 2.1.0\nrenew_hook = echo before any section\n[renewalparams]\n" + settings +
                "\n[[webroot_map]]\nrenew_hook = echo of another section\n");
}

void hook(Tree& tree, const std::string& name, const std::string& text, unsigned mode = 0755) {
  tree.file("le/renewal-hooks/deploy/" + name, "#!/bin/sh\n" + text, mode);
}

// What the hooks wrote to the file `ran`.
std::string ran(Tree& tree, int status = 0, std::vector<FailedHook>* failed = nullptr) {
  const auto command = deploy_command(certbot(tree), lineage(tree));
  REQUIRE(command);
  std::filesystem::remove(tree.path("ran"));
  const auto done = tree.run(*command);
  INFO(done.output << done.error_output);
  CHECK(done.status == status);
  const auto hooks = read_failed_hooks(done.output);
  if (failed != nullptr) *failed = hooks;
  else CHECK(hooks.empty());
  return tree.content("ran");
}

}  // namespace

TEST_CASE("the executables of the hook directory run in their order, then the lineage's own hook") {
  Tree tree;
  const std::string out = tree.path("ran");
  hook(tree, "20-b", "echo b $RENEWED_LINEAGE >>" + out);
  hook(tree, "10-A file", "echo a \"$RENEWED_DOMAINS\" >>" + out);
  hook(tree, "30~", "echo backup >>" + out);
  hook(tree, "README", "echo text >>" + out, 0644);
  configuration(tree, "renew_hook = echo own >>" + out);
  CHECK(ran(tree) == "a shop.example.org *.example.org\nb " + tree.path("le/live/shop.example.org") + "\nown\n");
}

TEST_CASE("a hook of the configuration is read as configobj writes it") {
  Tree tree;
  const std::string to = " >>" + tree.path("ran");
  configuration(tree, "renew_hook = \"echo 'a, b' # c" + to + "\"");
  CHECK(ran(tree) == "");  // the shell's comment
  configuration(tree, "renew_hook = \"echo 'a, b'" + to + "\"  # a remark");
  CHECK(ran(tree) == "a, b\n");
  configuration(tree, "renew_hook = '''echo \"x\" 'y'" + to + "'''");
  CHECK(ran(tree) == "x y\n");
  configuration(tree, "renew_hook = 'echo \"x=1\"" + to + "'");
  CHECK(ran(tree) == "x=1\n");
  configuration(tree, "renew_hook = echo plain" + to + " # a remark");
  CHECK(ran(tree) == "plain\n");
  configuration(tree, "renew_hook = None");
  CHECK(ran(tree) == "");
  configuration(tree, "account = 1");
  CHECK(ran(tree) == "");
  std::vector<FailedHook> failed;
  configuration(tree, "renew_hook = '''echo 1\necho 2'''");
  CHECK(ran(tree, 1, &failed) == "");
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].name == "renew_hook");
}

TEST_CASE("a hook that is in the directory and in the configuration runs once") {
  Tree tree;
  hook(tree, "reload", "echo once >>" + tree.path("ran"));
  configuration(tree, "renew_hook = " + tree.path("le/renewal-hooks/deploy/reload"));
  CHECK(ran(tree) == "once\n");
}

TEST_CASE("the web server that certbot configured is reloaded, last") {
  Tree tree;
  tree.program("nginx", "echo nginx $* >>" + tree.path("ran"));
  tree.program("apache2ctl", "echo apache $* >>" + tree.path("ran"));
  configuration(tree, "renew_hook = echo own >>" + tree.path("ran") + "\ninstaller = nginx");
  CHECK(ran(tree) == "own\nnginx -s reload\n");
  configuration(tree, "installer = apache");
  CHECK(ran(tree) == "apache graceful\n");
  configuration(tree, "installer = None");
  CHECK(ran(tree) == "");
}

TEST_CASE("a failed hook is told by its name and exit status, and the others run") {
  Tree tree;
  const std::string out = tree.path("ran");
  hook(tree, "1 fails\n\xff", "echo 'letsencrypt failed 9 c2VjcmV0'; echo password=s3cr3t; exit 3");
  hook(tree, "2", "cat >>" + out + "; echo second >>" + out);
  configuration(tree, "renew_hook = echo s3cr3t; exit 4");
  std::vector<FailedHook> failed;
  CHECK(ran(tree, 1, &failed) == "second\n");  // and standard input is empty
  REQUIRE(failed.size() == 2);
  CHECK(failed[0].name == "1 fails??");
  CHECK(failed[0].status == 3);
  CHECK(failed[1].name == "renew_hook");
  CHECK(failed_hooks_text(failed) ==
        "hook 1 fails?? ended with exit status 3, hook renew_hook ended with exit status 4");
  CHECK(failed_hooks_text({}).empty());
}

TEST_CASE("the hook's text is never ours") {
  Tree tree;
  configuration(tree, "renew_hook = echo s3cr3t >/dev/null");
  const auto command = deploy_command(certbot(tree), lineage(tree));
  REQUIRE(command);
  const auto done = tree.run(*command);
  CHECK(done.output == "");
  CHECK(done.error_output == "");
}

TEST_CASE("a configuration that may not be read fails, and says so") {
  Tree tree;
  tree.directory("le");
  const auto done = tree.run(*deploy_command(certbot(tree), lineage(tree)));
  CHECK(done.status == 1);
  CHECK_THAT(done.error_output, Catch::Contains("shop.example.org.conf may not be read"));
}

TEST_CASE("the project's own deploy command comes first, and without any there is nothing to run") {
  Tree tree;
  auto options = certbot(tree);
  auto stored = lineage(tree);
  options.deploy = "echo \"$RENEWED_LINEAGE\" \"$RENEWED_DOMAINS\"; echo letsencrypt failed x; exit 7";
  options.user = "web";
  const auto own = deploy_command(options, stored);
  REQUIRE(own);
  CHECK(own->become_user == "web");
  const auto done = tree.run(*own);
  CHECK(done.status == 7);
  CHECK_THAT(done.output,
             Catch::StartsWith(tree.path("le/live/shop.example.org") + " shop.example.org *.example.org\n"));
  CHECK(read_failed_hooks(done.output).empty());

  options.deploy = nullptr;
  stored.has_deploy_hook = false;
  CHECK_FALSE(deploy_command(options, stored));
  stored.has_deploy_hook = true;
  stored.name = "shop?";
  CHECK_FALSE(deploy_command(options, stored));
  stored = lineage(tree);
  stored.in_store = false;
  CHECK_FALSE(deploy_command(options, stored));
  options.client = Client::lego;
  CHECK_FALSE(deploy_command(options, lineage(tree)));
}
