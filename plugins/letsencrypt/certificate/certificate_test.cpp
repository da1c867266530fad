#include "letsencrypt/certificate/certificate.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "letsencrypt/audit/testing.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;

namespace {

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

Certificate with_names(const std::vector<std::string>& names) {
  return issue({.common_name = "subject.example.org", .names = names}).certificate;
}

}  // namespace

TEST_CASE("certificate: a real one is read as openssl x509 shows it") {
  const Chain chain = parse_pem(testdata("isrg-root-x1.pem"));
  CHECK(chain.problem.empty());
  REQUIRE(chain.certificates.size() == 1);
  const Certificate& root = chain.certificates[0];
  CHECK(root.fingerprint == "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6");
  CHECK(root.key_hash == "0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3");
  CHECK(root.subject == "C=US, O=Internet Security Research Group, CN=ISRG Root X1");
  CHECK(root.issuer == root.subject);
  CHECK(root.issuer_short == "Internet Security Research Group ISRG Root X1");
  CHECK(root.issuer_organization == "Internet Security Research Group");
  CHECK(root.serial == "8210cfb0d240e3594463e0bb63828b00");
  CHECK(root.not_before == 1433415878);
  CHECK(root.not_after == 2064567878);
  CHECK(root.self_signed);
  CHECK(root.is_authority);
}

TEST_CASE("certificate: a leaf has its names, and the issuer in short") {
  const Issued root = make_root();
  const Issued leaf = make_leaf(make_intermediate(root), {"Shop.Example.org", "*.example.net", "IP:192.0.2.7",
                                                          "IP:2001:DB8::1", "email:root@example.org"});
  CHECK(leaf.certificate.names ==
        std::vector<std::string>{"shop.example.org", "*.example.net", "192.0.2.7", "2001:db8::1"});
  CHECK(leaf.certificate.issuer_short == "Test Authority R1");
  CHECK_FALSE(leaf.certificate.self_signed);
  CHECK_FALSE(leaf.certificate.is_authority);
  CHECK_FALSE(leaf.certificate.names_from_subject);
  CHECK(leaf.certificate.not_before == epoch - 10 * day);
  CHECK(leaf.certificate.not_after == epoch + 80 * day - 1);
}

TEST_CASE("certificate: an issuer's name is not said twice") {
  CHECK(make_leaf(make_root("Test Authority Root"), {"a.example.org"}).certificate.issuer_short ==
        "Test Authority Root");
  const Issued nameless = issue({.names = {"a.example.org"}, .authority = true});
  CHECK_FALSE(make_leaf(nameless, {"a.example.org"}).certificate.issuer_short.empty());
}

TEST_CASE("certificate: text of the other side is printable and short") {
  const Certificate odd = issue({.common_name = "a\nb\x1B[31m\xC3\xA9"}).certificate;
  CHECK(odd.subject.find('\n') == std::string::npos);
  CHECK(odd.subject.find('\x1B') == std::string::npos);
  CHECK(odd.names == std::vector<std::string>{"a b?[31m\xC3\xA9"});
  CHECK(odd.names_from_subject);
}

TEST_CASE("certificate: a chain keeps its order, and passes over keys and remarks") {
  const Issued root = make_root();
  const Issued intermediate = make_intermediate(root);
  const Issued leaf = make_leaf(intermediate, {"shop.example.org"});
  const Chain chain = parse_pem("remark\r\n" + leaf.key_pem() + leaf.pem + "\n 0 s:CN=R1\n" + intermediate.pem);
  CHECK(chain.problem.empty());
  REQUIRE(chain.certificates.size() == 2);
  CHECK(chain.certificates[0].fingerprint == leaf.certificate.fingerprint);
  CHECK(chain.certificates[1].fingerprint == intermediate.certificate.fingerprint);
  CHECK(chain.certificates[1].is_authority);
}

TEST_CASE("certificate: what cannot be read is said, and nothing after it is taken") {
  const Issued leaf = make_leaf(make_root(), {"shop.example.org"});
  CHECK(parse_pem("").problem == "it is empty");
  CHECK(parse_pem("hello\n").problem == "there is no certificate in it");
  CHECK(parse_pem(leaf.key_pem()).problem == "there is no certificate in it");
  CHECK(parse_pem(leaf.pem.substr(0, leaf.pem.size() / 2)).problem == "certificate number 1 cannot be read");
  CHECK(parse_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + leaf.pem).certificates.empty());
  const Chain half = parse_pem(leaf.pem + leaf.pem.substr(0, 200));
  CHECK(half.certificates.size() == 1);
  CHECK(half.problem == "certificate number 2 cannot be read");
  CHECK(parse_pem(leaf.pem + std::string(max_pem_bytes, '\n')).certificates.empty());
  CHECK(parse_pem(leaf.pem + std::string(max_pem_bytes, '\n')).problem == "it is larger than 256 KiB");
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("certificate: of a long file the first twenty are taken") {
  const Issued leaf = make_leaf(make_root(), {"shop.example.org"});
  std::string text;
  for (int i = 0; i < 25; ++i) text += leaf.pem;
  CHECK(parse_pem(text).certificates.size() == max_chain);
  CHECK(parse_pem(text).problem.empty());
}

TEST_CASE("certificate: DER has to be one certificate and nothing else") {
  const std::string der = make_leaf(make_root(), {"shop.example.org"}).certificate.der;
  REQUIRE(parse_der(der));
  CHECK(parse_der(der)->der == der);
  CHECK_FALSE(parse_der(der + "x"));
  CHECK_FALSE(parse_der(der.substr(0, der.size() - 1)));
  CHECK_FALSE(parse_der(""));
}

TEST_CASE("certificate: it covers the names that it lists") {
  const Certificate certificate = with_names({"shop.example.org", "*.example.net", "IP:192.0.2.7", "IP:2001:db8::1"});
  CHECK(covers(certificate, "shop.example.org"));
  CHECK(covers(certificate, "SHOP.example.ORG."));
  CHECK_FALSE(covers(certificate, "example.org"));
  CHECK_FALSE(covers(certificate, "a.shop.example.org"));
  CHECK_FALSE(covers(certificate, "subject.example.org"));
  CHECK_FALSE(covers(certificate, ""));
  CHECK_FALSE(covers(certificate, "."));
}

TEST_CASE("certificate: a wildcard is one whole label, the first") {
  const Certificate certificate =
      with_names({"*.example.net", "w*.example.org", "*", "*.*.example.com", "a.*.example.com"});
  CHECK(covers(certificate, "www.example.net"));
  CHECK(covers(certificate, "xn--bcher-kva.example.net"));
  CHECK(covers(certificate, "*.example.net"));
  CHECK_FALSE(covers(certificate, "example.net"));
  CHECK_FALSE(covers(certificate, ".example.net"));
  CHECK_FALSE(covers(certificate, "a.b.example.net"));
  CHECK_FALSE(covers(certificate, "*.b.example.net"));
  CHECK_FALSE(covers(certificate, "www.example.org"));
  CHECK_FALSE(covers(certificate, "localhost"));
  CHECK_FALSE(covers(certificate, "a.b.example.com"));
  CHECK_FALSE(covers(with_names({"www.example.net"}), "*.example.net"));
}

TEST_CASE("certificate: an address matches itself only, in whatever way it is written") {
  const Certificate certificate = with_names({"IP:192.0.2.7", "IP:2001:db8::1", "*.0.2.8", "192.0.2.9"});
  CHECK(covers(certificate, "192.0.2.7"));
  CHECK(covers(certificate, "2001:DB8:0::1"));
  CHECK_FALSE(covers(certificate, "192.0.2.8"));
  CHECK_FALSE(covers(certificate, "192.0.2.9"));  // a dNSName that looks like an address is none
  CHECK_FALSE(covers(certificate, "2001:db8::2"));
}

TEST_CASE("certificate: a common name covers nothing") {
  const Certificate certificate = issue({.common_name = "Shop.example.org"}).certificate;
  CHECK(certificate.names == std::vector<std::string>{"shop.example.org"});
  CHECK_FALSE(covers(certificate, "shop.example.org"));
}
