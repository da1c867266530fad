#include "letsencrypt/audit/audit.hpp"

#include <catch2/catch.hpp>

#include "letsencrypt/audit/audit_testing.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using maintain::sdk::Finding;
using maintain::sdk::State;
using Lines = std::vector<std::string>;

namespace {

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("audit: all is well, and each certificate has its line") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org", "www.shop.example.org"});
  world.store("shop", leaf);
  world.serve("shop.example.org", leaf);
  world.serve("shop.example.org", leaf, "2001:db8::7");
  world.copy("/etc/postfix/shop.pem", leaf);
  world.input.names = {"WWW.shop.example.org"};
  CHECK(told(world).empty());
  const Audit result = audit(world.input);
  REQUIRE(result.lines.size() == 1);
  CHECK(to_text(result.lines[0]) == "shop: 88 % left, 79 days, Test Authority R1, served at 2 of 2 places");
  CHECK(result.seen.contains("shop"));
}

TEST_CASE("audit: overdue by fraction of the lifetime") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}, epoch - 60 * day));
  CHECK(told(world).empty());
  world.input.now = world.input.survey_at = world.input.survey.server_time = epoch + 5 * day;
  const Finding late = only(world);
  CHECK(late.code == "letsencrypt.overdue");
  CHECK(late.state == State::warning);
  CHECK(late.title == "the renewal of the certificate shop is overdue");
  CHECK(says(late.detail, "27 % of its 90 days are left."));
  CHECK(says(late.action, "certbot renew --dry-run --cert-name shop"));
  world.input.now = world.input.survey_at = world.input.survey.server_time = epoch + 20 * day;
  CHECK(only(world).state == State::critical);
  CHECK(only(world).title == late.title);
}

TEST_CASE("audit: expired, and not valid yet") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}, epoch - 93 * day));
  const Finding expired = only(world);
  CHECK(expired.code == "letsencrypt.expired");
  CHECK(expired.state == State::critical);
  CHECK(says(expired.detail, "ended on 2027-01-12 07:59 UTC, 3 days ago"));
  world.input.survey.certificates.clear();
  world.store("shop", world.leaf({"shop.example.org"}, epoch + 2 * 3600));
  CHECK(only(world).code == "letsencrypt.not_yet_valid");
  CHECK(says(only(world).detail, "in 2 hours"));
}

TEST_CASE("audit: who is to renew decides what to do") {
  World world;
  StoredCertificate& stored = world.store("my shop", world.leaf({"shop.example.org"}, epoch - 85 * day));
  CHECK(says(only(world).action, "--cert-name 'my shop'"));
  world.input.renews = false;
  CHECK(says(only(world).action, "certbot.timer"));
  for (const Client client : {Client::acme_sh, Client::dehydrated, Client::lego, Client::command, Client::none}) {
    world.input.client = client;
    CHECK_FALSE(says(only(world).action, "certbot"));
  }
  stored.in_store = false;
  CHECK(says(only(world).action, "file that options name"));
}

TEST_CASE("audit: certbot has a certificate that it will not renew") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"})).is_configured = false;
  CHECK(told(world) == Lines{"not_configured shop"});
  world.input.client = Client::dehydrated;
  CHECK(told(world).empty());
}

TEST_CASE("audit: files that are not there, not to be read, or damaged differ in what to do") {
  World world;
  StoredCertificate& stored = world.store("shop", std::vector<Issued>{});
  stored.problem = "it did not work";
  std::set<std::string> actions;
  for (const auto& [trouble, code] : {std::pair{FileTrouble::missing, "letsencrypt.missing"},
                                      {FileTrouble::denied, "letsencrypt.unreadable"},
                                      {FileTrouble::broken, "letsencrypt.broken"}}) {
    stored.trouble = trouble;
    const Finding finding = only(world);
    CHECK(finding.code == code);
    CHECK(finding.state == State::critical);
    CHECK(finding.detail == stored.path + ": it did not work");
    actions.insert(finding.action);
  }
  CHECK(actions.size() == 3);
  stored.trouble = FileTrouble::denied;
  world.input.user = "deploy";
  CHECK(says(only(world).action, "Let deploy read"));
  CHECK_FALSE(audit(world.input).lines.front().is_known);
  CHECK(to_text(audit(world.input).lines.front()) == "shop: it did not work");
}

TEST_CASE("audit: the private key") {
  World world;
  StoredCertificate& stored = world.store("shop", world.leaf({"shop.example.org"}));
  stored.key_hash = make_root().certificate.key_hash;
  CHECK(only(world).code == "letsencrypt.key_mismatch");
  stored.key_hash.clear();
  CHECK(told(world).empty());
  stored.key_trouble = FileTrouble::denied;
  const Finding denied = audit(world.input).findings.at(0);
  CHECK(denied.code == "letsencrypt.unreadable");
  CHECK(denied.state == State::warning);
  CHECK(denied.subject == stored.key_path);
  stored.key_trouble = FileTrouble::missing;
  const Finding missing = audit(world.input).findings.at(0);
  CHECK(missing.code == "letsencrypt.missing");
  CHECK(missing.subject == stored.key_path);
  CHECK(missing.title == "the private key of the certificate shop is not there");
}

TEST_CASE("audit: the chain in the file") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", std::vector<Issued>{leaf});
  CHECK(told(world) == Lines{"chain_incomplete shop"});
  // Served like this it is one matter, not two.
  world.serve("shop.example.org", std::vector<Issued>{leaf});
  CHECK(says(only(world).detail, "It is served at shop.example.org 192.0.2.7:443."));
  world.input.roots = TrustRoots();
  world.input.roots.add_pem(make_root("Somebody Else").pem);
  world.input.survey.certificates.front().chain = chain_of({leaf, world.intermediate});
  world.input.served.front().chain = chain_of({leaf, world.intermediate}).certificates;
  CHECK(told(world) == Lines{"chain_untrusted shop"});
  CHECK(only(world).state == State::critical);
  world.input.survey.roots = {world.root.pem};
  CHECK(told(world).empty());
}

TEST_CASE("audit: a key that fits no longer stays told while nobody can look at it") {
  World world;
  StoredCertificate& stored = world.store("shop", world.leaf({"shop.example.org"}));
  stored.key_hash = make_root().certificate.key_hash;
  world.input.seen = audit(world.input).seen;
  stored.key_hash.clear();
  stored.key_problem = "openssl is not installed on the server";
  for (int run = 0; run < 2; ++run) {
    const Audit result = audit(world.input);
    REQUIRE(result.findings.size() == 2);
    CHECK(result.findings[0].code == "letsencrypt.unreadable");
    CHECK(result.findings[0].state == State::ok);
    CHECK(result.findings[1].code == "letsencrypt.key_mismatch");
    CHECK(result.findings[1].subject == "shop");
    CHECK(times(result.findings[1].detail, "Last seen on 2027-01-15 08:00 UTC") == 1);
    world.input.seen = seen_from_json(to_json(result.seen));
  }
  stored.chain = chain_of({world.leaf({"shop.example.org"}), world.intermediate});
  CHECK(told(world) == Lines{"unreadable"});  // of another certificate nobody said so
}

TEST_CASE("audit: without roots of its own the machine judges no chain, and says so once") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", std::vector<Issued>{leaf});
  world.serve("shop.example.org", std::vector<Issued>{leaf});
  world.input.seen = audit(world.input).seen;
  world.input.roots = TrustRoots();
  CHECK(told(world) == Lines{"unreadable", "chain_incomplete shop"});
  world.input.seen.clear();
  CHECK(told(world) == Lines{"unreadable"});
  CHECK(says(only(world).detail, "ca-certificates"));
}

TEST_CASE("audit: a certificate of the test service says so") {
  World world;
  const Issued root = issue({.common_name = "(STAGING) Pretend Pear X1", .organization = "(STAGING) Test",
                             .authority = true});
  world.store("shop", std::vector<Issued>{make_leaf(root, {"shop.example.org"})});
  CHECK(says(only(world).action, "--test-cert"));
}

TEST_CASE("audit: self-signed is a warning in the store, critical when it is served") {
  World world;
  const Issued own = issue({.common_name = "shop.example.org", .names = {"shop.example.org"}});
  world.store("shop", std::vector<Issued>{own});
  CHECK(only(world).code == "letsencrypt.self_signed");
  CHECK(only(world).state == State::warning);
  world.serve("shop.example.org", std::vector<Issued>{own});
  CHECK(only(world).state == State::critical);
  CHECK(only(world).title == "the certificate shop is self-signed, and served to visitors");
  world.input.survey.roots = {own.pem};
  CHECK(told(world).empty());
}

TEST_CASE("audit: names that are to be covered") {
  World world;
  world.store("shop", world.leaf({"*.example.org"}));
  world.input.names = {"shop.example.org", "example.org"};
  CHECK(told(world) == Lines{"name_missing example.org"});
  CHECK(only(world).title == "no certificate covers example.org");
}

TEST_CASE("audit: the server's clock") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.input.survey.server_time = epoch + 300;
  CHECK(told(world).empty());
  world.input.survey.server_time = epoch - 720;
  CHECK(only(world).code == "letsencrypt.clock_skew");
  CHECK(only(world).state == State::warning);
  CHECK(says(only(world).detail, "It is 12 minutes behind the"));
  world.input.survey.server_time = INT64_MAX;
  CHECK(only(world).state == State::critical);
}

TEST_CASE("audit: no client, no store, no certificates") {
  World world;
  world.input.survey.client_found = false;
  CHECK(told(world) == Lines{"client_missing", "no_certificates"});
  world.input.renews = false;
  CHECK(told(world) == Lines{"no_certificates"});
  world.input.renews = true;
  world.input.survey.client_found = true;
  world.input.survey.store_trouble = FileTrouble::denied;
  CHECK(told(world) == Lines{"unreadable /etc/letsencrypt"});
  world.input.client = Client::none;
  world.input.survey.store_trouble = FileTrouble::none;
  CHECK(told(world) == Lines{"no_certificates"});
  world.input.client = Client::certbot;
  world.input.survey.store_trouble = FileTrouble::missing;
  world.input.survey.missing_places = {"/etc/letsencrypt/renewal is not there", "/etc/letsencrypt/live is not there"};
  CHECK(only(world).code == "letsencrypt.no_certificates");
  CHECK(only(world).detail == "/etc/letsencrypt/renewal is not there; /etc/letsencrypt/live is not there.");
  world.input.survey.missing_places = {};
  world.input.survey.store_trouble = FileTrouble::none;
  world.input.client = Client::none;
  world.input.survey.problems = {"a\x1B[31m"};
  world.store("shop", world.leaf({"shop.example.org"}));
  CHECK(only(world).detail == "a?[31m");
}

TEST_CASE("audit: another authority or lifetime than the run before") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  note_seen(world.input.seen, "shop",
            make_leaf(issue({.common_name = "Elsewhere", .authority = true}), {"shop.example.org"}, epoch - 20 * day,
                      epoch + 25 * day - 1).certificate, epoch - 20 * day);
  CHECK(told(world) == Lines{"issuer_changed shop", "lifetime_changed shop"});
  const Audit first = audit(world.input);
  CHECK(says(first.findings[0].detail, "Before: Elsewhere. Now: Test Authority"));
  CHECK(says(first.findings[1].detail, "Before: 45 days. Now: 90 days"));
  world.input.seen = first.seen;
  world.input.now = world.input.survey_at = world.input.survey.server_time = epoch + 6 * day;
  CHECK(told(world).size() == 2);
  world.input.now = world.input.survey_at = world.input.survey.server_time = epoch + 7 * day;
  CHECK(told(world).empty());
}

TEST_CASE("audit: what was seen is not forgotten while the store cannot be read") {
  World world;
  note_seen(world.input.seen, "shop", world.leaf({"shop.example.org"}).certificate, epoch - day);
  world.input.survey.store_trouble = FileTrouble::denied;
  CHECK(audit(world.input).seen.contains("shop"));
  world.input.survey.store_trouble = FileTrouble::none;
  CHECK_FALSE(audit(world.input).seen.contains("shop"));
}

TEST_CASE("audit: copies that services read") {
  World world;
  world.store("mail", world.leaf({"mail.example.org"}));
  world.copy("/etc/postfix/mail.pem", world.leaf({"mail.example.org"}, epoch - 70 * day));
  CHECK(told(world) == Lines{"deployed_old /etc/postfix/mail.pem"});
  world.input.deploys["mail"] = {.quiet = true, .text = {}};
  CHECK(told(world).empty());
  world.input.survey.deployed.clear();
  world.copy("/etc/postfix/mail.pem", world.leaf({"other.example.org"}));
  CHECK(says(only(world).action, "take it out of `deployed`"));
  world.input.survey.deployed.front().trouble = FileTrouble::missing;
  CHECK(told(world) == Lines{"missing /etc/postfix/mail.pem"});
  world.input.survey.deployed.clear();
  world.copy("/etc/postfix/mail.pem", Issued{.certificate = world.input.survey.certificates[0].chain.certificates[0],
                                             .pem = {}, .key = {}}).key_hash = std::string(64, '0');
  CHECK(told(world) == Lines{"key_mismatch /etc/postfix/mail.pem"});
}

TEST_CASE("audit: a detail says the path of a file once") {
  World world;
  StoredCertificate& stored = world.store("/etc/ssl/private/nosuch.pem", std::vector<Issued>{});
  stored.path = stored.name;
  stored.in_store = false;
  stored.trouble = FileTrouble::missing;
  stored.problem = stored.path + " is not there";
  CHECK(only(world).detail == "/etc/ssl/private/nosuch.pem is not there");
}
