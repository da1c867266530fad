// The survey's script on trees as the clients make them, read back.
#include <algorithm>
#include <ctime>

#include "letsencrypt/client/shell_testing.hpp"
#include "letsencrypt/client/survey.hpp"

using namespace maintain::letsencrypt;

namespace {

ClientOptions options_of(Client client, const std::string& store) {
  ClientOptions options;
  options.client = client;
  options.store = store;
  return options;
}

Survey surveyed(Tree& tree, const ClientOptions& options, bool as_nobody = false) {
  if (!std::filesystem::exists(tree.path("bin/certbot"))) tree.program("certbot", "echo 'certbot 1.12.0'");
  const auto ran = tree.run(survey_command(options), as_nobody);
  INFO(ran.error_output);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.output, !Catch::Contains("PRIVATE KEY"));
  auto survey = parse_survey(ran.output);
  REQUIRE(survey);
  return *survey;
}

const StoredCertificate& named(const Survey& survey, const std::string& name) {
  const auto& all = survey.certificates;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& stored) { return stored.name == name; });
  INFO(name);
  REQUIRE(found != all.end());
  return *found;
}

// As certbot leaves it: the files in archive, links in live, and a configuration.
void certbot_lineage(Tree& tree, const std::string& name, const std::string& settings = "") {
  const std::string archive = "le/archive/" + name;
  tree.certificate(archive + "/fullchain1.pem", archive + "/privkey1.pem", name);
  tree.link("le/live/" + name + "/fullchain.pem", "../../archive/" + name + "/fullchain1.pem");
  tree.link("le/live/" + name + "/privkey.pem", "../../archive/" + name + "/privkey1.pem");
  const std::string live = tree.path("le/live/" + name);
  tree.file("le/renewal/" + name + ".conf", "version = 2.1.0\narchive_dir = " + tree.path(archive) + "\nprivkey = " +
                                                live + "/privkey.pem\nfullchain = " + live +
                                                "/fullchain.pem\n\n[renewalparams]\naccount = 12\n" + settings +
                                                "[[webroot_map]]\nx = /var/www\n");
}

void check_good(const StoredCertificate& stored, const std::string& host) {
  INFO(stored.name << ": " << stored.problem << stored.key_problem);
  CHECK(stored.trouble == FileTrouble::none);
  REQUIRE(stored.chain.certificates.size() == 1);
  CHECK(stored.chain.certificates[0].names == std::vector<std::string>{host});
  CHECK(stored.key_trouble == FileTrouble::none);
  CHECK(stored.key_hash == stored.chain.certificates[0].key_hash);
  CHECK(stored.in_store);
}

// Whether output has text in base64, at any of the three places that a byte can have in a group of four letters.
bool carries(Tree& tree, const std::string& output, const std::string& text) {
  for (const char* before : {"", "x", "xx"}) {
    tree.file("text", before + text);
    const std::string encoded = tree.run({.script = "base64 -w0 <" + tree.path("text")}).output;
    if (output.find(encoded.substr(4, text.size() - 4)) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("certbot's lineages are found through their links, with the hash of their key") {
  Tree tree;
  tree.program("certbot", "[ \"$1\" = --version ] && echo 'certbot 2.1.0'");
  certbot_lineage(tree, "shop.example.org", "renew_hook = curl -H \"token: s3cr3t\" http://x\n");
  certbot_lineage(tree, "mail.example.org", "installer = nginx\ndns_token = s3cr3t\n");
  certbot_lineage(tree, "idle.example.org", "installer = None\nrenew_hook = None\n");
  tree.file("le/live/README", "what this is");
  const auto options = options_of(Client::certbot, tree.path("le"));
  const Survey survey = surveyed(tree, options);
  CHECK(survey.client_found);
  CHECK(survey.client_version == "2.1.0");
  CHECK(survey.store == tree.path("le"));
  CHECK(survey.store_trouble == FileTrouble::none);
  CHECK(survey.problems.empty());
  CHECK(std::abs(survey.server_time - std::time(nullptr)) < 60);
  REQUIRE(survey.certificates.size() == 3);
  CHECK(survey.certificates[0].name == "idle.example.org");
  for (const char* name : {"idle.example.org", "mail.example.org", "shop.example.org"}) {
    check_good(named(survey, name), name);
    CHECK(named(survey, name).is_configured);
  }
  CHECK(named(survey, "shop.example.org").has_deploy_hook);
  CHECK(named(survey, "mail.example.org").has_deploy_hook);
  CHECK_FALSE(named(survey, "idle.example.org").has_deploy_hook);

  // Of the configuration nothing but what is asked comes over.
  CHECK_THAT(tree.run(survey_command(options)).output, !Catch::Contains("s3cr3t") && !Catch::Contains("czNjcjN0"));
}

TEST_CASE("an executable in renewal-hooks/deploy is a hook of every lineage, a backup file is none") {
  Tree tree;
  certbot_lineage(tree, "a.example.org");
  tree.file("le/renewal-hooks/deploy/reload~", "#!/bin/sh\n", 0755);
  tree.file("le/renewal-hooks/deploy/README", "no program");
  const auto options = options_of(Client::certbot, tree.path("le"));
  CHECK_FALSE(named(surveyed(tree, options), "a.example.org").has_deploy_hook);
  tree.file("le/renewal-hooks/deploy/reload", "#!/bin/sh\n", 0755);
  CHECK(named(surveyed(tree, options), "a.example.org").has_deploy_hook);
}

TEST_CASE("a lineage whose files are gone is missing, one without configuration is said to have none") {
  Tree tree;
  certbot_lineage(tree, "gone.example.org");
  certbot_lineage(tree, "dangling.example.org");
  certbot_lineage(tree, "left.example.org");
  std::filesystem::remove_all(tree.path("le/live/gone.example.org"));
  std::filesystem::remove_all(tree.path("le/archive/dangling.example.org"));
  std::filesystem::remove(tree.path("le/renewal/left.example.org.conf"));
  const Survey survey = surveyed(tree, options_of(Client::certbot, tree.path("le")));
  REQUIRE(survey.certificates.size() == 3);
  CHECK(named(survey, "gone.example.org").trouble == FileTrouble::missing);
  CHECK(named(survey, "gone.example.org").problem == tree.path("le/live/gone.example.org") + " is not there");
  CHECK(named(survey, "gone.example.org").key_trouble == FileTrouble::missing);
  CHECK(named(survey, "dangling.example.org").trouble == FileTrouble::missing);
  CHECK_THAT(named(survey, "dangling.example.org").problem,
             Catch::EndsWith("archive/dangling.example.org is not there"));
  check_good(named(survey, "left.example.org"), "left.example.org");
  CHECK_FALSE(named(survey, "left.example.org").is_configured);
}

TEST_CASE("only named lineages are looked at, and one that is not in the store is missing") {
  Tree tree;
  certbot_lineage(tree, "a.example.org");
  certbot_lineage(tree, "b.example.org");
  auto options = options_of(Client::certbot, tree.path("le"));
  options.lineages = {"b.example.org", "c.example.org"};
  options.files = {tree.path("le/live/a.example.org/fullchain.pem"), tree.path("no/such.pem")};
  const Survey survey = surveyed(tree, options);
  REQUIRE(survey.certificates.size() == 4);
  check_good(named(survey, "b.example.org"), "b.example.org");
  CHECK(named(survey, "c.example.org").trouble == FileTrouble::missing);
  const auto& file = named(survey, options.files[0]);
  CHECK(file.trouble == FileTrouble::none);
  CHECK_FALSE(file.in_store);
  CHECK(file.key_path.empty());
  CHECK(named(survey, options.files[1]).trouble == FileTrouble::missing);
  CHECK(named(survey, options.files[1]).problem == tree.path("no") + " is not there");
}

TEST_CASE("what may not be read is denied, not missing") {
  Tree tree;
  certbot_lineage(tree, "a.example.org");
  certbot_lineage(tree, "b.example.org");
  tree.mode("le/archive/a.example.org/privkey1.pem", 0600);
  tree.mode("le/archive/b.example.org", 0700);
  auto options = options_of(Client::certbot, tree.path("le"));
  if (::geteuid() != 0) tree.mode("le/archive/a.example.org/privkey1.pem", 0);  // its owner is who runs the test
  if (::geteuid() != 0) tree.mode("le/archive/b.example.org", 0);
  Survey survey = surveyed(tree, options, true);
  REQUIRE(survey.certificates.size() == 2);
  CHECK(named(survey, "a.example.org").trouble == FileTrouble::none);
  CHECK(named(survey, "a.example.org").key_trouble == FileTrouble::denied);
  CHECK(named(survey, "a.example.org").key_problem == "may not be read");
  CHECK(named(survey, "b.example.org").trouble == FileTrouble::denied);
  CHECK_THAT(named(survey, "b.example.org").problem, Catch::EndsWith("archive/b.example.org may not be entered"));
  CHECK(survey.store_trouble == FileTrouble::none);

  tree.mode("le/live", ::geteuid() == 0 ? 0700 : 0);
  survey = surveyed(tree, options, true);
  CHECK(survey.store_trouble == FileTrouble::denied);
  CHECK(survey.problems == std::vector<std::string>{tree.path("le/live") + " may not be read"});
  CHECK(named(survey, "a.example.org").trouble == FileTrouble::denied);
  options.lineages = {"a.example.org", "unknown.example.org"};
  for (const auto& stored : surveyed(tree, options, true).certificates) CHECK(stored.trouble == FileTrouble::denied);
  tree.mode("le/live", 0755);
  tree.mode("le/archive/b.example.org", 0755);
}

TEST_CASE("a store that is missing or denied is told apart from an empty one") {
  Tree tree;
  tree.directory("empty");
  tree.directory("closed");
  tree.file("file", "");
  tree.mode("closed", ::geteuid() == 0 ? 0700 : 0);
  for (const Client client : {Client::certbot, Client::lego, Client::acme_sh, Client::dehydrated}) {
    CHECK(surveyed(tree, options_of(client, tree.path("closed")), true).store_trouble == FileTrouble::denied);
    CHECK(surveyed(tree, options_of(client, tree.path("closed/deep")), true).store_trouble == FileTrouble::denied);
    CHECK(surveyed(tree, options_of(client, tree.path("none"))).store_trouble == FileTrouble::missing);
    CHECK(surveyed(tree, options_of(client, tree.path("file"))).store_trouble == FileTrouble::broken);
  }
  CHECK(surveyed(tree, options_of(Client::acme_sh, tree.path("empty"))).store_trouble == FileTrouble::none);
  tree.mode("closed", 0755);
  const Survey empty = surveyed(tree, options_of(Client::certbot, tree.path("empty")));
  CHECK(empty.store_trouble == FileTrouble::missing);
  CHECK(empty.missing_places == std::vector<std::string>{tree.path("empty/renewal") + " is not there",
                                                         tree.path("empty/live") + " is not there"});
  CHECK(empty.problems.empty());
  CHECK(surveyed(tree, options_of(Client::certbot, tree.path("none/deep"))).missing_places ==
        std::vector<std::string>{tree.path("none") + " is not there"});
}

TEST_CASE("lego's certificates, without those of their issuers") {
  Tree tree;
  tree.program("lego", "echo 'lego version 4.9.1 linux/amd64'");
  tree.certificate("lego/certificates/a.example.org.crt", "lego/certificates/a.example.org.key", "a.example.org");
  tree.certificate("lego/certificates/_.b.example.org.crt", "lego/certificates/_.b.example.org.key", "*.b.example.org");
  tree.file("lego/certificates/a.example.org.issuer.crt", "x");
  tree.file("lego/certificates/a.example.org.json", "{}");
  auto options = options_of(Client::lego, tree.path("lego"));
  Survey survey = surveyed(tree, options);
  CHECK(survey.client_version == "4.9.1");
  REQUIRE(survey.certificates.size() == 2);
  check_good(named(survey, "a.example.org"), "a.example.org");
  check_good(named(survey, "_.b.example.org"), "*.b.example.org");
  options.lineages = {"*.b.example.org"};
  survey = surveyed(tree, options);
  REQUIRE(survey.certificates.size() == 1);
  check_good(survey.certificates[0], "*.b.example.org");
}

TEST_CASE("acme.sh's certificates, of both kinds of keys, and what never was issued") {
  Tree tree;
  tree.file("home/.acme.sh/acme.sh", "#!/usr/bin/env sh\n\nVER=3.0.7\necho wrong\n", 0755);
  const std::string store = "home/.acme.sh/";
  for (const std::string name : {"a.example.org", "b.example.org_ecc"}) {
    const std::string host = name.substr(0, 13);
    tree.certificate(store + name + "/fullchain.cer", store + name + "/" + host + ".key", host);
    tree.file(store + name + "/" + host + ".conf", "Le_Domain='" + host + "'\n");
  }
  tree.file(store + "new.example.org/new.example.org.conf", "Le_Domain='new.example.org'\n");
  tree.file(store + "dnsapi/dns_x.sh", "");
  tree.file(store + "ca/x/account.json", "");
  auto options = options_of(Client::acme_sh, tree.path("home/.acme.sh"));
  Survey survey = surveyed(tree, options);
  CHECK(survey.client_found);
  CHECK(survey.client_version == "3.0.7");
  REQUIRE(survey.certificates.size() == 3);
  check_good(named(survey, "a.example.org"), "a.example.org");
  check_good(named(survey, "b.example.org_ecc"), "b.example.org");
  CHECK(named(survey, "new.example.org").trouble == FileTrouble::missing);
  options.lineages = {"b.example.org"};  // as people call it
  check_good(named(surveyed(tree, options), "b.example.org"), "b.example.org");
}

TEST_CASE("dehydrated's certificates") {
  Tree tree;
  tree.program("dehydrated", "VERSION=\"0.7.0\"\nexit 1\n");
  tree.certificate("d/certs/a.example.org/fullchain.pem", "d/certs/a.example.org/privkey.pem", "a.example.org");
  tree.directory("d/certs/b.example.org");
  const Survey survey = surveyed(tree, options_of(Client::dehydrated, tree.path("d")));
  CHECK(survey.client_version == "0.7.0");
  REQUIRE(survey.certificates.size() == 2);
  check_good(named(survey, "a.example.org"), "a.example.org");
  CHECK(named(survey, "b.example.org").trouble == FileTrouble::missing);
}

TEST_CASE("a client that is not installed is said to be missing, and its certificates are read all the same") {
  Tree tree;
  tree.certificate("d/certs/a.example.org/fullchain.pem", "d/certs/a.example.org/privkey.pem", "a.example.org");
  auto command = survey_command(options_of(Client::dehydrated, tree.path("d")));
  command.argv[0] = "dehydrated";
  const auto survey = parse_survey(tree.run(command).output);
  REQUIRE(survey);
  CHECK_FALSE(survey->client_found);
  CHECK(survey->certificates.size() == 1);
}

TEST_CASE("broken files say what is wrong with them") {
  Tree tree;
  const std::string live = "le/live/";
  tree.file(live + "empty/fullchain.pem", "");
  tree.file(live + "text/fullchain.pem", "letsencrypt end 5\nno certificate\n");
  tree.file(live + "garbage/fullchain.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  tree.directory(live + "directory/fullchain.pem");
  std::system(("mkfifo " + tree.path(live + "text/privkey.pem")).c_str());
  auto options = options_of(Client::certbot, tree.path("le"));
  options.files = {"/dev/zero"};
  options.lineages = {"empty", "text", "garbage", "directory"};
  const Survey survey = surveyed(tree, options);
  CHECK(survey.server_time > 5);
  REQUIRE(survey.certificates.size() == 5);
  for (const auto& stored : survey.certificates) CHECK(stored.trouble == FileTrouble::broken);
  CHECK(named(survey, "empty").problem == "is empty");
  CHECK(named(survey, "text").problem == "holds no certificate");
  CHECK(named(survey, "text").key_problem == "is not a regular file");
  CHECK_FALSE(named(survey, "garbage").problem.empty());
  CHECK(named(survey, "directory").problem == "is a directory");
  CHECK(named(survey, "/dev/zero").problem == "is not a regular file");
}

TEST_CASE("a private key stays on the server, whatever file it is in") {
  Tree tree;
  tree.certificate("c.pem", "k.pem", "a.example.org");
  const std::string certificate = tree.content("c.pem"), key = tree.content("k.pem");
  tree.file("both.pem", certificate + key);
  tree.file("reversed.pem", key + certificate);
  tree.file("cut.pem", certificate.substr(0, certificate.size() / 2) + "\n" + key + certificate);
  tree.file("windows.pem", "Bag Attributes\r\n" + certificate.substr(0, 27) + "\r\n" + certificate.substr(28));
  ClientOptions options;
  options.deployed = {tree.path("both.pem"), tree.path("reversed.pem"), tree.path("cut.pem"), tree.path("windows.pem"),
                      tree.path("k.pem")};
  const auto ran = tree.run(survey_command(options));
  const auto survey = parse_survey(ran.output);
  REQUIRE(survey);
  CHECK(survey->client_found);
  CHECK(survey->certificates.empty());
  REQUIRE(survey->deployed.size() == 5);
  for (std::size_t i = 0; i < 4; ++i) {
    INFO(survey->deployed[i].path << " " << survey->deployed[i].problem);
    REQUIRE(survey->deployed[i].chain.certificates.size() == 1);
    if (i < 3) CHECK(survey->deployed[i].key_hash == survey->deployed[i].chain.certificates[0].key_hash);
  }
  CHECK(survey->deployed[3].key_path.empty());
  CHECK(survey->deployed[4].problem == "holds no certificate");
  CHECK(carries(tree, ran.output, certificate.substr(certificate.size() / 2, 40)));
  CHECK_FALSE(carries(tree, ran.output, key.substr(40, 40)));
}

TEST_CASE("a key with a passphrase is not compared, and nobody is asked for it") {
  Tree tree;
  certbot_lineage(tree, "a.example.org");
  const std::string key = tree.path("le/archive/a.example.org/privkey1.pem");
  REQUIRE(std::system(("openssl pkey -aes128 -passout pass:secret -in " + key + " -out " + key + ".new && mv " + key +
                       ".new " + key).c_str()) == 0);
  const Survey survey = surveyed(tree, options_of(Client::certbot, tree.path("le")));
  const auto& stored = named(survey, "a.example.org");
  CHECK(stored.trouble == FileTrouble::none);
  CHECK(stored.key_trouble == FileTrouble::none);
  CHECK(stored.key_hash.empty());
  CHECK(stored.key_problem == "is protected by a passphrase");
  tree.file("le/archive/a.example.org/privkey1.pem", "rubbish");
  const Survey again = surveyed(tree, options_of(Client::certbot, tree.path("le")));
  CHECK(named(again, "a.example.org").key_trouble == FileTrouble::broken);
}

TEST_CASE("without openssl on the server the key is not compared, which is no trouble") {
  Tree tree;
  certbot_lineage(tree, "a.example.org");
  auto command = survey_command(options_of(Client::certbot, tree.path("le")));
  for (std::size_t at = 0; (at = command.script.find("openssl", at)) != std::string::npos; at += 12)
    command.script.replace(at, 7, "no-opensslxx");
  const auto survey = parse_survey(tree.run(command).output);
  REQUIRE(survey);
  const auto& stored = named(*survey, "a.example.org");
  CHECK(stored.trouble == FileTrouble::none);
  CHECK(stored.key_trouble == FileTrouble::none);
  CHECK(stored.key_hash.empty());
  CHECK_THAT(stored.key_problem, Catch::Contains("not installed"));
}

TEST_CASE("names with odd bytes stay one record, and are printable") {
  Tree tree;
  const std::string odd = "a b\nletsencrypt end 1\n$(touch x)'\"\\\xff*";
  tree.certificate("d/certs/" + odd + "/fullchain.pem", "d/certs/" + odd + "/privkey.pem", "odd.example.org");
  const Survey survey = surveyed(tree, options_of(Client::dehydrated, tree.path("d")));
  REQUIRE(survey.certificates.size() == 1);
  CHECK(survey.certificates[0].name == "a b?letsencrypt end 1?$(touch x)'\"\\?*");
  check_good(survey.certificates[0], "odd.example.org");
  CHECK(survey.server_time > 1);
}

TEST_CASE("further authorities come whole, and a missing one is a problem") {
  Tree tree;
  tree.certificate("ca.pem", "ca.key", "ca.example.org");
  ClientOptions options;
  options.roots = {tree.path("ca.pem"), tree.path("other.pem"), tree.path("ca.key")};
  const Survey survey = surveyed(tree, options);
  CHECK(survey.roots == std::vector<std::string>{tree.content("ca.pem")});
  CHECK(survey.problems == std::vector<std::string>{tree.path("other.pem") + " is not there",
                                                    tree.path("ca.key") + " holds no certificate"});
}

TEST_CASE("half a survey is none") {
  Tree tree;
  certbot_lineage(tree, "a.example.org");
  const std::string output = tree.run(survey_command(options_of(Client::certbot, tree.path("le")))).output;
  REQUIRE(parse_survey("a banner\n" + output));
  CHECK_FALSE(parse_survey(output.substr(0, output.rfind("letsencrypt end"))));
  CHECK_FALSE(parse_survey(""));
}
