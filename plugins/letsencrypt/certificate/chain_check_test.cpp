#include "letsencrypt/certificate/chain_check.hpp"

#include <catch2/catch.hpp>

#include "letsencrypt/audit/testing.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using Kind = ChainVerdict::Kind;

namespace {

TrustRoots trusting(const Issued& root) {
  TrustRoots roots;
  REQUIRE(roots.add_pem(root.pem));
  return roots;
}

std::vector<Certificate> chain_of(const std::vector<Issued>& issued) {
  std::vector<Certificate> chain;
  for (const Issued& one : issued) chain.push_back(one.certificate);
  return chain;
}

Kind kind_of(const std::vector<Issued>& issued, const TrustRoots& roots, std::int64_t now = epoch) {
  return check_chain(chain_of(issued), roots, now).kind;
}

struct Hierarchy {
  Issued root = make_root();
  Issued first = make_intermediate(root, "R1");
  Issued second = make_intermediate(first, "R2");
  Issued leaf = make_leaf(second, {"shop.example.org"});
  TrustRoots roots = trusting(root);
};

}  // namespace

TEST_CASE("chain: complete is trusted, with superfluous and misordered certificates, too") {
  const Hierarchy h;
  CHECK(kind_of({h.leaf, h.second, h.first}, h.roots) == Kind::trusted);
  CHECK(check_chain(chain_of({h.leaf, h.second, h.first}), h.roots, epoch).detail.empty());
  CHECK(kind_of({h.leaf, h.first, h.second}, h.roots) == Kind::trusted);
  CHECK(kind_of({h.leaf, h.root, h.first, h.leaf, h.second}, h.roots) == Kind::trusted);
  CHECK(kind_of({h.leaf, make_root("Another"), h.second, make_leaf(h.root, {"x.example.org"}), h.first}, h.roots) ==
        Kind::trusted);
}

TEST_CASE("chain: without the intermediate it is incomplete, and says whose certificate lacks") {
  const Hierarchy h;
  const ChainVerdict verdict = check_chain(chain_of({h.leaf}), h.roots, epoch);
  CHECK(verdict.kind == Kind::incomplete);
  CHECK(verdict.detail == "its issuer \"O=Test Authority, CN=R2\" is neither sent with it nor a root");
  CHECK(kind_of({h.leaf, h.first}, h.roots) == Kind::incomplete);
  CHECK(kind_of({h.leaf, h.root}, h.roots) == Kind::incomplete);
}

TEST_CASE("chain: an authority that is not among the roots is not trusted") {
  const Hierarchy h;
  const TrustRoots others = trusting(make_root("Somebody Else"));
  const ChainVerdict with_root = check_chain(chain_of({h.leaf, h.second, h.first, h.root}), others, epoch);
  CHECK(with_root.kind == Kind::untrusted);
  CHECK(with_root.detail ==
        "the chain ends with \"O=Test Authority, CN=Test Root X1\", which is not a root that is trusted");
  const ChainVerdict without = check_chain(chain_of({h.leaf, h.second, h.first}), others, epoch);
  CHECK(without.kind == Kind::untrusted);
  CHECK(without.detail.find("ends with \"O=Test Authority, CN=R1\", whose issuer") != std::string::npos);
  CHECK(kind_of({h.leaf, h.second, h.first}, TrustRoots()) == Kind::untrusted);
}

TEST_CASE("chain: a cross-signed authority leads to whichever root is trusted") {
  const Issued old_root = make_root("Old Root");
  const Issued new_root = make_root("New Root");
  const Issued crossed = issue({.common_name = "New Root", .organization = "Test Authority",
                                .not_before = epoch - 400 * day, .not_after = epoch + 400 * day, .authority = true,
                                .key = new_root.key}, &old_root);
  const Issued intermediate = make_intermediate(new_root);
  const Issued leaf = make_leaf(intermediate, {"shop.example.org"});
  CHECK(kind_of({leaf, intermediate, crossed}, trusting(old_root)) == Kind::trusted);
  CHECK(kind_of({leaf, intermediate, crossed}, trusting(new_root)) == Kind::trusted);
  CHECK(kind_of({leaf, intermediate}, trusting(new_root)) == Kind::trusted);
  CHECK(kind_of({leaf, intermediate}, trusting(old_root)) == Kind::untrusted);
  // As after September 2021: the old root and its cross-signature have ended, and are still sent.
  const std::int64_t later = epoch + 450 * day;
  const Issued late_leaf = make_leaf(intermediate, {"shop.example.org"}, later - day, later + 30 * day);
  CHECK(kind_of({late_leaf, intermediate, crossed}, trusting(new_root), later) == Kind::trusted);
  CHECK(kind_of({late_leaf, intermediate, crossed}, trusting(old_root), later) == Kind::untrusted);
}

TEST_CASE("chain: the leaf's own dates do not turn the verdict") {
  const Hierarchy h;
  CHECK(kind_of({h.leaf, h.second, h.first}, h.roots, epoch + 200 * day) == Kind::trusted);
  CHECK(kind_of({h.leaf, h.second, h.first}, h.roots, epoch + 4000 * day) == Kind::trusted);
  CHECK(kind_of({h.leaf, h.second, h.first}, h.roots, epoch - 200 * day) == Kind::trusted);
  CHECK(kind_of({h.leaf}, h.roots, epoch + 200 * day) == Kind::incomplete);
}

TEST_CASE("chain: an authority that has ended while the leaf is valid is not trusted") {
  const Issued root = make_root();
  const Issued ended = issue({.common_name = "R1", .not_before = epoch - 500 * day, .not_after = epoch - day,
                              .authority = true}, &root);
  const Issued leaf = make_leaf(ended, {"shop.example.org"});
  const ChainVerdict verdict = check_chain(chain_of({leaf, ended}), trusting(root), epoch);
  CHECK(verdict.kind == Kind::untrusted);
  CHECK(verdict.detail == "the authority \"CN=R1\" in the chain has expired");
  CHECK(kind_of({leaf, ended}, trusting(root), epoch - 2 * day) == Kind::trusted);
}

TEST_CASE("chain: signed by itself, unless it is a root") {
  const Issued own = issue({.common_name = "shop.example.org", .names = {"shop.example.org"}});
  CHECK(kind_of({own}, trusting(make_root())) == Kind::self_signed);
  CHECK(kind_of({own, make_root()}, trusting(make_root())) == Kind::self_signed);
  CHECK(kind_of({own}, trusting(own)) == Kind::trusted);
}

TEST_CASE("chain: not for servers") {
  const Issued root = make_root();
  const Issued leaf = issue({.common_name = "a", .names = {"a.example.org"}, .purpose = "clientAuth"}, &root);
  CHECK(kind_of({leaf}, trusting(root)) == Kind::untrusted);
}

TEST_CASE("chain: an ordinary certificate is no authority") {
  const Issued root = make_root();
  const Issued leaf = make_leaf(root, {"shop.example.org"});
  const Issued forged = make_leaf(leaf, {"bank.example.org"});
  CHECK(kind_of({forged, leaf}, trusting(root)) == Kind::untrusted);
}

TEST_CASE("chain: a signature that is none") {
  const Issued root = make_root();
  const Issued intermediate = make_intermediate(root);
  const Issued signed_leaf = make_leaf(intermediate, {"shop.example.org"});
  std::string bent = signed_leaf.certificate.der;
  bent.back() = static_cast<char>(bent.back() ^ 1);
  const auto read = parse_der(bent);
  REQUIRE(read);
  CHECK(check_chain({*read, intermediate.certificate}, trusting(root), epoch).kind == Kind::broken);
}

TEST_CASE("chain: nothing, or nothing readable") {
  const Hierarchy h;
  CHECK(check_chain({}, h.roots, epoch).kind == Kind::broken);
  CHECK(check_chain({Certificate{.der = "hello"}}, h.roots, epoch).kind == Kind::broken);
  Certificate damaged = h.first.certificate;
  damaged.der.resize(20);
  CHECK(check_chain({h.leaf.certificate, h.second.certificate, damaged}, h.roots, epoch).kind == Kind::untrusted);
}

TEST_CASE("chain: roots of a file are the self-signed ones, or all where there are none") {
  const Hierarchy h;
  TrustRoots both;
  CHECK(both.add_pem(h.second.pem + h.root.pem));
  CHECK(both.size() == 1);
  CHECK(kind_of({h.leaf}, both) == Kind::incomplete);
  TrustRoots alone;
  CHECK(alone.add_pem(h.second.pem));
  CHECK(kind_of({h.leaf}, alone) == Kind::trusted);
  TrustRoots copy = alone;
  CHECK_FALSE(copy.add_pem("nothing"));
  CHECK(copy.add_pem(h.root.pem + h.root.pem));
  CHECK(copy.size() == 2);
  CHECK(alone.size() == 1);
  CHECK(TrustRoots().empty());
}

TEST_CASE("chain: this machine's roots are read") {
  TrustRoots roots = TrustRoots::system();
  const std::size_t before = roots.size();
  CHECK(roots.add_pem(make_root().pem));
  CHECK(roots.size() == before + 1);
  CHECK(before > 20);  // of the package ca-certificates
}
