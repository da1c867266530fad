#include "letsencrypt/audit/comparison.hpp"

#include <catch2/catch.hpp>

#include "letsencrypt/audit/audit_testing.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;

namespace {

Comparison all(const World& world) { return compare_all(world.input.survey, world.input.served, world.input.seen); }
Compared first(const World& world) { return all(world).served.front(); }
Compared first_copy(const World& world) { return all(world).deployed.front(); }
std::set<std::string> deploys(const World& world) {
  return to_deploy(world.input.survey, world.input.served, world.input.seen);
}

}  // namespace

TEST_CASE("comparison: the store's certificate is served") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", leaf);
  world.serve("shop.example.org", leaf);
  CHECK(first(world).certificate == "shop");
  CHECK(first(world).agreement == Agreement::current);
  CHECK(deploys(world).empty());
}

TEST_CASE("comparison: the one before the renewal is served") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - 70 * day));
  CHECK(first(world).agreement == Agreement::old);
  CHECK(deploys(world) == std::set<std::string>{"shop"});
}

TEST_CASE("comparison: where the store's is known, another one of the same authority proves nothing") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  const Issued older = world.leaf({"shop.example.org"}, epoch - 70 * day);
  world.store("shop", leaf);
  note_seen(world.input.seen, "shop", leaf.certificate, epoch - day);
  world.serve("shop.example.org", older);
  CHECK(first(world).certificate == "shop");
  CHECK(first(world).agreement == Agreement::similar);
  CHECK(deploys(world).empty());
  note_former(world.input.seen, "shop", older.certificate);
  CHECK(first(world).agreement == Agreement::old);
  CHECK(deploys(world) == std::set<std::string>{"shop"});
}

TEST_CASE("comparison: the same key proves it") {
  World world;
  const Issued older = world.leaf({"shop.example.org"}, epoch - 70 * day);
  note_seen(world.input.seen, "shop", world.leaf({"shop.example.org"}).certificate, epoch - day);
  StoredCertificate& stored = world.store("shop", world.leaf({"shop.example.org"}));
  stored.chain.certificates.front().key_hash = older.certificate.key_hash;
  world.serve("shop.example.org", older);
  CHECK(first(world).agreement == Agreement::old);
}

TEST_CASE("comparison: on the first run a machine beside one that is current is not ours to reload") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", leaf);
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - 70 * day));
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - 70 * day), "192.0.2.8");
  CHECK(deploys(world) == std::set<std::string>{"shop"});
  world.serve("shop.example.org", leaf, "192.0.2.9");
  CHECK(first(world).agreement == Agreement::similar);
  CHECK(deploys(world).empty());
}

TEST_CASE("comparison: the one before is known again though its authority and names were others") {
  World world;
  const Issued other = make_leaf(issue({.common_name = "Elsewhere", .authority = true}), {"old.example.org"},
                                 epoch - 70 * day, epoch + 20 * day);
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", other);
  CHECK(first(world).agreement == Agreement::uncovered);
  note_seen(world.input.seen, "shop", other.certificate, epoch - 60 * day);
  CHECK(first(world).agreement == Agreement::old);
}

TEST_CASE("comparison: a name was added, and the certificate without it is still served") {
  World world;
  world.store("shop", world.leaf({"shop.example.org", "www.shop.example.org"}));
  const Issued before = world.leaf({"shop.example.org", "blog.example.org"}, epoch - 30 * day);
  world.serve("www.shop.example.org", before);
  CHECK(first(world).agreement == Agreement::uncovered);
  note_seen(world.input.seen, "shop", before.certificate, epoch - 20 * day);
  CHECK(first(world).agreement == Agreement::old);
  world.input.served.front().endpoint.name = "shop.example.org";
  world.input.seen.clear();
  CHECK(first(world).agreement == Agreement::similar);  // its names are others
  CHECK(deploys(world).empty());
}

TEST_CASE("comparison: of several for one name the one that is served, or was") {
  World world;
  const Issued own = world.leaf({"shop.example.org"}, epoch - 20 * day);
  world.store("shop", own);
  world.store("wild", world.leaf({"*.example.org", "shop.example.org"}, epoch - 5 * day));
  world.serve("shop.example.org", own);
  CHECK(first(world).certificate == "shop");
  CHECK(first(world).agreement == Agreement::current);
  world.input.served.clear();
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - 80 * day));
  CHECK(first(world).certificate == "shop");
  CHECK(first(world).agreement == Agreement::old);
  world.input.served.clear();
  world.no_answer("shop.example.org", Served::Kind::refused);
  CHECK(first(world).certificate == "wild");
  CHECK(first(world).agreement == Agreement::nothing);
}

TEST_CASE("comparison: the one that the endpoint names, and no other") {
  World world;
  const Issued other = world.leaf({"*.example.org"});
  world.store("shop", world.leaf({"shop.example.org"}, epoch - 20 * day));
  world.store("wild", other);
  Served& served = world.serve("shop.example.org", other);
  served.endpoint.certificate = "shop";
  CHECK(first(world).certificate == "shop");
  CHECK(first(world).agreement == Agreement::newer);
  world.input.served.front().endpoint.certificate = "gone";
  CHECK(first(world).certificate == "gone");
  CHECK(first(world).agreement == Agreement::unknown);
}

TEST_CASE("comparison: another site's current certificate is nobody's old one") {
  World world;
  const Issued default_site = world.leaf({"a.example.org", "b.example.org"}, epoch - 40 * day);
  world.store("a", default_site);
  world.store("b", world.leaf({"b.example.org", "c.example.org"}));
  world.serve("c.example.org", default_site);
  CHECK(first(world).certificate == "b");
  CHECK(first(world).agreement == Agreement::uncovered);
  CHECK(deploys(world).empty());
}

TEST_CASE("comparison: something else's certificate is not ours to deploy over") {
  World world;
  const Issued other_root = make_root("Somebody Else");
  const Issued cdn = issue({.common_name = "x", .names = {"*.example.org"}, .not_before = epoch - 40 * day},
                           &other_root);
  Issued elsewhere = cdn;
  elsewhere.certificate.issuer_organization = "Somebody Else";
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", elsewhere);
  CHECK(first(world).agreement == Agreement::foreign);
  CHECK(deploys(world).empty());
  world.input.served.front().chain.front().not_before = epoch - day;
  CHECK(first(world).agreement == Agreement::newer);
  CHECK(deploys(world).empty());
}

TEST_CASE("comparison: what a service starts with, in the place of a real one") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", {issue({.common_name = "localhost", .names = {"localhost"}})});
  CHECK(first(world).agreement == Agreement::self_signed);
  CHECK(deploys(world) == std::set<std::string>{"shop"});
}

TEST_CASE("comparison: nothing in the store to compare with") {
  World world;
  world.serve("shop.example.org", world.leaf({"shop.example.org"}));
  CHECK(first(world).agreement == Agreement::unknown);
  CHECK(first(world).certificate.empty());
  StoredCertificate& broken = world.store("shop", world.leaf({"shop.example.org"}));
  broken.trouble = FileTrouble::broken;
  CHECK(first(world).agreement == Agreement::unknown);
}

TEST_CASE("comparison: copies") {
  World world;
  const Issued leaf = world.leaf({"mail.example.org"});
  world.store("mail", leaf);
  world.copy("/etc/postfix/mail.pem", leaf);
  CHECK(first_copy(world).agreement == Agreement::current);
  world.input.survey.deployed.clear();
  world.copy("/etc/postfix/mail.pem", world.leaf({"mail.example.org"}, epoch - 70 * day));
  CHECK(first_copy(world).agreement == Agreement::old);
  CHECK(deploys(world) == std::set<std::string>{"mail"});
  world.input.survey.deployed.clear();
  world.copy("/etc/postfix/mail.pem", world.leaf({"other.example.org"}));
  CHECK(first_copy(world).agreement == Agreement::unknown);
  CHECK(deploys(world).empty());
  world.input.survey.deployed.front().trouble = FileTrouble::missing;
  CHECK(first_copy(world).agreement == Agreement::nothing);
}
