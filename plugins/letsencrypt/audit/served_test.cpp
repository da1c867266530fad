#include <catch2/catch.hpp>

#include "letsencrypt/audit/audit.hpp"
#include "letsencrypt/audit/audit_testing.hpp"
#include "letsencrypt/audit/findings.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using maintain::sdk::Finding;
using maintain::sdk::State;
using Kind = Served::Kind;
using Lines = std::vector<std::string>;

namespace {

const std::string place = "shop.example.org 192.0.2.7:443";

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// The store has a new one, and this is served.
World serving(const Issued& leaf) {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", {leaf, world.intermediate});
  return world;
}

}  // namespace

TEST_CASE("served: the old one, with both in the detail") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - 61 * day));
  const Finding finding = only(world);
  CHECK(finding.code == "letsencrypt.served_old");
  CHECK(finding.subject == place);
  CHECK(finding.state == State::warning);
  CHECK(finding.title == "an old certificate is still served for shop.example.org at 192.0.2.7:443");
  CHECK(says(finding.detail, "Served: Issued by Test Authority R1 for shop.example.org, ends on "));
  CHECK(says(finding.detail, "In /etc/letsencrypt/live/shop/fullchain.pem: "));
  CHECK(says(finding.action, "sport = :443"));
  CHECK(says(finding.action, "`deploy`"));
  world.input.has_deploy = true;
  CHECK(says(only(world).action, "mend the deploy command"));
}

TEST_CASE("served: the old one is quiet while the hook is tried again, unless it has expired") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - 61 * day));
  world.input.deploys["shop"] = {.quiet = true, .text = "The hook has ended with status 1."};
  CHECK(told(world).empty());
  world.input.deploys["shop"].quiet = false;
  CHECK(says(only(world).detail, "The hook has ended with status 1."));
  world.input.deploys["shop"].quiet = true;
  world.input.served.clear();
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - 91 * day));
  CHECK(only(world).code == "letsencrypt.served_old");
  CHECK(only(world).state == State::critical);
  CHECK(says(only(world).title, "an expired certificate is still served"));
}

TEST_CASE("served: one address of two has the old one") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", leaf);
  world.serve("shop.example.org", leaf);
  const Issued before = world.leaf({"shop.example.org"}, epoch - 61 * day);
  note_seen(world.input.seen, "shop", before.certificate, epoch - 60 * day);
  world.serve("shop.example.org", before, "2001:db8::7");
  const Finding finding = only(world);
  CHECK(finding.subject == "shop.example.org [2001:db8::7]:443");
  CHECK(says(finding.detail, "The store's certificate is served at shop.example.org 192.0.2.7:443."));
  CHECK(says(finding.action, "another machine's"));
}

TEST_CASE("served: at more than four endpoints it is one matter") {
  World world;
  world.store("shop", world.leaf({"*.example.org"}));
  const Issued old = world.leaf({"*.example.org"}, epoch - 61 * day);
  for (const char* name : {"a.example.org", "b.example.org", "c.example.org", "d.example.org"}) world.serve(name, old);
  CHECK(told(world).size() == 4);
  world.serve("e.example.org", old);
  world.no_answer("f.example.org", Kind::refused);
  CHECK(told(world) == Lines{"served_old shop endpoints", "served_unreachable f.example.org 192.0.2.7:443"});
  CHECK(says(audit(world.input).findings[0].detail, "d.example.org 192.0.2.7:443\ne.example.org 192.0.2.7:443\n"));
}

TEST_CASE("served: self-signed is critical and called so") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", std::vector<Issued>{issue({.common_name = "localhost", .names = {"localhost"}})});
  CHECK(only(world).code == "letsencrypt.self_signed");
  CHECK(only(world).state == State::critical);
  CHECK(only(world).title == "a self-signed certificate is served for shop.example.org at 192.0.2.7:443");
  world.input.survey.certificates.clear();
  world.input.client = Client::none;
  CHECK(told(world) == Lines{"self_signed " + place});
}

TEST_CASE("served: for other names") {
  World world;
  const Issued other = world.leaf({"other.example.org"});
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", other);
  CHECK(told(world) == Lines{"served_other " + place});
  CHECK(only(world).state == State::critical);
  // An endpoint that asks for a certificate which does not cover it.
  world.store("other", other);
  world.input.served.front().endpoint.certificate = "other";
  CHECK(told(world) == Lines{"served_other " + place});
  CHECK(says(only(world).action, "Issue the certificate anew with this name"));
}

TEST_CASE("served: a newer one is fine for a check, and is asked about where we renew") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - day));
  CHECK(told(world) == Lines{"served_other " + place});
  CHECK(only(world).state == State::warning);
  world.input.renews = false;
  CHECK(told(world).empty());
}

TEST_CASE("served: the intermediate is not sent, although the file has it") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", leaf);
  world.serve("shop.example.org", std::vector<Issued>{leaf});
  const Finding finding = only(world);
  CHECK(finding.code == "letsencrypt.served_chain");
  CHECK(finding.state == State::warning);
  CHECK(says(finding.detail, "The server sends the certificate alone."));
  CHECK(says(finding.action, "/etc/letsencrypt/live/shop/fullchain.pem"));
}

TEST_CASE("served: without a store it is judged by itself") {
  World world;
  world.input.client = Client::none;
  world.input.renews = false;
  world.serve("shop.example.org", world.leaf({"shop.example.org"}));
  CHECK(told(world).empty());
  const auto at_age = [&](std::int64_t days) {
    world.input.served.clear();
    world.serve("shop.example.org", world.leaf({"shop.example.org"}, epoch - days * day));
    return told(world);
  };
  CHECK(at_age(65) == Lines{"overdue " + place});
  CHECK(at_age(80) == Lines{"overdue " + place});
  CHECK(only(world).state == State::critical);
  CHECK(at_age(91) == Lines{"expired " + place});
  CHECK(at_age(-1) == Lines{"not_yet_valid " + place});
  at_age(10);
  world.input.roots = TrustRoots();
  world.input.roots.add_pem(make_root("Somebody Else").pem);
  CHECK(told(world) == Lines{"served_chain " + place});
  CHECK(only(world).state == State::critical);
  CHECK(audit(world.input).seen.contains(place));
}

TEST_CASE("served: no answer, by how it failed") {
  World world;
  world.store("shop", world.leaf({"shop.example.org"}));
  world.input.endpoints_given = true;
  std::set<std::string> titles;
  for (const Kind kind : {Kind::refused, Kind::timed_out, Kind::name_unknown, Kind::no_starttls, Kind::no_tls,
                          Kind::failed}) {
    world.input.served.clear();
    world.no_answer("shop.example.org", kind);
    const Finding finding = only(world);
    CHECK(finding.code == "letsencrypt.served_unreachable");
    CHECK(finding.state == State::warning);
    titles.insert(finding.title);
  }
  CHECK(titles.size() == 4);
  world.input.served.clear();
  world.no_answer("shop.example.org", Kind::no_route, "2001:db8::7");
  CHECK(only(world).state == State::ok);
}

TEST_CASE("served: a name that nobody asked to serve is no trouble, unless it was served") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", leaf);
  for (const Kind kind : {Kind::refused, Kind::timed_out, Kind::name_unknown}) {
    world.input.served.clear();
    world.no_answer("shop.example.org", kind);
    CHECK(only(world).state == State::ok);
  }
  world.serve("shop.example.org", leaf, "192.0.2.8");
  CHECK(only(world).state == State::warning);
  // Once it was, it is missed for as long as it is gone.
  for (int run = 0; run < 3; ++run) {
    world.input.seen = seen_from_json(to_json(audit(world.input).seen));
    world.input.served.clear();
    world.no_answer("shop.example.org", Kind::name_unknown, "");
    CHECK(only(world).state == State::warning);
  }
}

TEST_CASE("served: another one of the same authority") {
  const World world = [] {
    World made;
    const Issued leaf = made.leaf({"shop.example.org"});
    made.store("shop", leaf);
    note_seen(made.input.seen, "shop", leaf.certificate, epoch - day);
    made.serve("shop.example.org", made.leaf({"shop.example.org"}, epoch - 50 * day));
    return made;
  }();
  CHECK(only(world).code == "letsencrypt.served_other");
  CHECK(only(world).state == State::warning);
  CHECK(says(only(world).title, "another certificate of the same authority is served"));
}

TEST_CASE("served: what cannot be looked at does not recover") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", leaf);
  world.serve("shop.example.org", std::vector<Issued>{leaf});  // its chain is not sent
  world.serve("shop.example.org", leaf, "192.0.2.8");
  CHECK(told(world) == Lines{"served_chain " + place});
  const SeenCertificates seen = audit(world.input).seen;
  const int how = GENERATE(0, 1, 2);
  const Kind kind = how == 0 ? Kind::no_route : Kind::not_looked;
  const bool is_resolved = how < 2;
  CAPTURE(is_resolved);
  world.input.seen = seen;
  for (int run = 0; run < 3; ++run) {
    world.input.served.clear();
    world.no_answer("shop.example.org", kind, is_resolved ? "192.0.2.7" : "");
    world.input.now += day / 2;
    world.input.survey_at = world.input.survey.server_time = world.input.now;
    const Finding finding = only(world);
    CHECK(finding.code == "letsencrypt.served_chain");
    CHECK(finding.subject == place);
    CHECK(finding.state == State::warning);
    CHECK(times(finding.detail, "Last seen on 2027-01-15 08:00 UTC") == 1);
    CHECK(says(finding.detail, "it did not work"));
    world.input.seen = seen_from_json(to_json(audit(world.input).seen));
  }
  world.input.served.clear();
  world.serve("shop.example.org", leaf);
  CHECK(told(world).empty());
}

TEST_CASE("served: what nobody could ever look at, or not for a day, is one finding") {
  World world;
  const Issued leaf = world.leaf({"shop.example.org"});
  world.store("shop", leaf);
  for (const char* address : {"192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10", "192.0.2.11"})
    world.no_answer("shop.example.org", Kind::not_looked, address);
  const Finding finding = only(world);
  CHECK(finding.code == "letsencrypt.not_looked");
  CHECK(finding.subject.empty());
  CHECK(finding.state == State::warning);
  CHECK(says(finding.detail, "it did not work"));
  CHECK(to_text(audit(world.input).lines.at(0)).find("places") == std::string::npos);
  world.input.served.clear();
  world.serve("shop.example.org", leaf);
  world.input.seen = audit(world.input).seen;
  world.input.served.clear();
  world.no_answer("shop.example.org", Kind::not_looked);
  world.input.now += day - 1;
  world.input.survey_at = world.input.survey.server_time = world.input.now;
  CHECK(told(world).empty());
  world.input.seen = audit(world.input).seen;
  world.input.now += 1;
  CHECK(told(world) == Lines{"not_looked"});
}

TEST_CASE("served: the certificate that belongs there cannot be read, or is not looked after") {
  World world = serving(make_leaf(make_root(), {"shop.example.org"}));
  world.input.survey.certificates.front().trouble = FileTrouble::broken;
  world.input.served.front() = world.serve("shop.example.org", world.leaf({"shop.example.org"}));
  world.input.served.resize(1);
  world.input.served.front().endpoint.certificate = "shop";
  CHECK(told(world) == Lines{"broken shop"});
  world.input.served.front().endpoint.certificate = "shpo";
  world.input.survey.certificates.front().trouble = FileTrouble::none;
  CHECK(told(world) == Lines{"missing shpo"});
}

TEST_CASE("served: what the other side says is printable") {
  World world;
  world.input.client = Client::none;
  const Issued odd = issue({.common_name = "a\nb\x1B[31m", .organization = "c\td"});
  world.serve("shop.example.org", std::vector<Issued>{make_leaf(odd, {"shop.example.org"}, epoch - 80 * day)});
  for (const Finding& finding : audit(world.input).findings) {
    CHECK_FALSE(says(finding.title + finding.subject, "\n"));
    CHECK_FALSE(says(finding.title + finding.detail + finding.action, "\x1B"));
  }
}
