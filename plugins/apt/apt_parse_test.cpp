#include "apt/apt_parse.hpp"

#include <algorithm>

#include "apt/findings.hpp"
#include "apt/job_output.hpp"
#include "apt/test_support.hpp"
#include "apt/version.hpp"
#include "common/sections.hpp"

using namespace maintain::plugins;
using namespace maintain::plugins::apt;

namespace {

std::string section(const std::string& file, const std::string& name) {
  const auto sections = parse_sections(recorded(file));
  const Section* found = find_section(sections, name);
  REQUIRE(found != nullptr);
  return found->body;
}

const SourceProblem& only(const std::vector<SourceProblem>& problems) {
  REQUIRE(problems.size() == 1);
  return problems.front();
}

}  // namespace

TEST_CASE("a recorded simulation") {
  const auto simulation = parse_simulation(section("packages_all_kinds.txt", "simulate"));
  REQUIRE(simulation.changes.size() == 11);
  CHECK(simulation.kept_back == std::vector<std::string>{"demo-held", "demo-phased"});
  CHECK(simulation.changes[0].name == "demo-conffile");
  CHECK(simulation.changes[0].from == "1.0");
  CHECK(simulation.changes[0].to == "2.0");
  CHECK(simulation.changes[0].origins == std::vector<std::string>{"Debian:12/stable"});
  CHECK(simulation.changes[2].name == "demo-newdep-library");
  CHECK_FALSE(simulation.changes[2].is_upgrade());
  CHECK(is_security_origin(simulation.changes[6].origins[0]));
}

TEST_CASE("lines of a simulation that other servers print") {
  const auto simulation = parse_simulation(
      "The following upgrades have been deferred due to phasing:\n  libpulse0 pulseaudio\n  x11-common\n"
      "The following packages will be upgraded:\n  openssl\n"
      "Inst libssl3:i386 [3.0.2-0ubuntu1.10] (3.0.2-0ubuntu1.12 Ubuntu:22.04/jammy-updates, "
      "Ubuntu:22.04/jammy-security "
      "[i386]) [openssl:amd64 on libssl3:amd64]\n"
      "Inst docker-ce [5:24.0.1-1~ubuntu] (5:24.0.2-1~ubuntu Docker CE:jammy [amd64])\n"
      "Inst local-thing [1.0] (1.1 localhost [all])\n"
      "Remv old-thing [1.0-1]\nPurg older-thing [0.9]\n"
      "Inst broken\nInst bad name [1] (2 x [all])\nInst a;b [1] (2 x [all])\nInst ok [1] (2;rm x [all])\n");
  CHECK(simulation.kept_back == std::vector<std::string>{"libpulse0", "pulseaudio", "x11-common"});
  REQUIRE(simulation.changes.size() == 5);
  CHECK(simulation.changes[0].name == "libssl3:i386");
  REQUIRE(simulation.changes[0].origins.size() == 2);
  CHECK(is_security_origin(simulation.changes[0].origins[1]));
  CHECK_FALSE(is_security_origin(simulation.changes[0].origins[0]));
  CHECK(simulation.changes[1].to == "5:24.0.2-1~ubuntu");
  CHECK(simulation.changes[1].origins == std::vector<std::string>{"Docker CE:jammy"});
  CHECK(simulation.changes[3].to.empty());
  CHECK(simulation.changes[4].name == "older-thing");
}

TEST_CASE("names and versions that may go into a command") {
  for (const auto* name : {"g++", "libc6:i386", "0ad", "python3.11"}) CHECK(is_package_name(name));
  for (const auto* name : {"", "-o", "a b", "a\nPin: x", "A", "a/b", "$(x)", "+x"}) CHECK_FALSE(is_package_name(name));
  for (const auto* version : {"1:2.0-1+deb12u1~bpo11", "0", "20230311ubuntu0.22.04.1"}) CHECK(is_version(version));
  for (const auto* version : {"", "-1", "1 2", "1\n", "1;2", "<none>", "(none)"}) CHECK_FALSE(is_version(version));
}

TEST_CASE("recorded policies") {
  const auto policies = parse_policy(section("packages_all_kinds.txt", "policy"));
  REQUIRE(policies.size() == 13);
  CHECK(policies.at("demo-phased").versions.at(0).phased == 0);
  CHECK(policies.at("demo-held").versions.at(0).phased == 100);
  CHECK(policies.at("demo-held").installed == "1.0");
  CHECK(policies.at("demo-held").candidate == "2.0");
  CHECK(security_version(policies.at("demo-security")) == "2.0");
  CHECK(security_version(policies.at("demo-plain")).empty());
}

TEST_CASE("a fix hidden by a later version of another archive is found") {
  const auto policies = parse_policy(
      "openssl:\n  Installed: 3.0.1\n  Candidate: 3.0.4\n  Version table:\n"
      "     3.0.4 500\n        500 http://mirror.example/debian bookworm-updates/main amd64 Packages\n"
      "     3.0.2 500\n        500 http://mirror.example/debian-security bookworm-security/main amd64 Packages\n"
      " *** 3.0.1 500\n        500 http://mirror.example/debian bookworm/main amd64 Packages\n"
      "        100 /var/lib/dpkg/status\n"
      "     3.0.0 500\n        500 http://mirror.example/debian-security bookworm-security/main amd64 Packages\n");
  CHECK(security_version(policies.at("openssl")) == "3.0.2");
  CHECK(policies.at("openssl").versions.size() == 4);
}

TEST_CASE("sizes") {
  const auto sizes = parse_sizes(section("packages_all_kinds.txt", "sizes"));
  CHECK(sizes.download == 10 * 20672 + 30912);
  CHECK(sizes.growth == 0);
  CHECK(parse_sizes("After this operation, 1,234 MB of additional disk space will be used.\n").growth == 1234000000);
  CHECK(parse_sizes("After this operation, 12.5 kB disk space will be freed.\n").growth == -12500);
  CHECK(parse_sizes("After this operation, nan MB of\n'x' y 999999999999999999\n'x' y z\n").download == 0);
}

TEST_CASE("an update that went well has no problems") {
  CHECK(parse_update(recorded("update_fine.txt")).empty());
}

TEST_CASE("sources that fail are named, also when apt-get exits with 0") {
  const auto network = parse_update(recorded("update_network.txt"));
  REQUIRE(network.size() == 2);
  CHECK(network[0].source == "http://mirror.example/debian bookworm");
  CHECK(network[0].trouble == SourceTrouble::network);
  CHECK(network[0].reason == "Temporary failure resolving 'mirror.example'");
  CHECK(network[1].source == "http://10.77.0.9/web2 bookworm");
  CHECK(network[1].trouble == SourceTrouble::network);

  const auto missing = parse_update(recorded("update_norelease.txt"));
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].source == "http://10.77.0.1/web2 bookworm-updates");
  CHECK(missing[0].trouble == SourceTrouble::missing);
  CHECK(missing[1].source == "http://10.77.0.1/nothere bookworm");

  const auto unsigned_archive = only(parse_update(recorded("update_unsigned.txt")));
  CHECK(unsigned_archive.source == "http://10.77.0.1/web1 bookworm");
  CHECK(unsigned_archive.trouble == SourceTrouble::signature);

  const auto component = only(parse_update(recorded("update_component.txt")));
  CHECK(component.source == "http://10.77.0.1/web2 bookworm");
  CHECK(component.trouble == SourceTrouble::component);

  const auto malformed = only(parse_update(recorded("update_malformed.txt")));
  CHECK(malformed.source.empty());
  CHECK(malformed.trouble == SourceTrouble::configuration);
  CHECK(malformed.reason.find("bad.list") != std::string::npos);

  CHECK(only(parse_update(recorded("update_locked.txt"))).trouble == SourceTrouble::locked);
}

TEST_CASE("troubles of archives elsewhere") {
  CHECK(only(parse_update("W: An error occurred during the signature verification. The repository is not updated and"
                          " the previous index files will be used. GPG error: https://apt.example/stable stable"
                          " InRelease: The following signatures couldn't be verified because the public key is not"
                          " available: NO_PUBKEY 0123456789ABCDEF\n")).trouble == SourceTrouble::signature);
  const auto expired = only(parse_update("E: Release file for http://mirror.example/debian/dists/bookworm/InRelease is "
                                         "expired (invalid since 3d 2h 5min 7s). Updates for this repository will not "
                                         "be applied.\n"));
  CHECK(expired.trouble == SourceTrouble::expired);
  const auto renamed = only(parse_update("E: Repository 'http://mirror.example/debian buster InRelease' changed its 'Suite' "
                                         "value from 'stable' to 'oldstable'\n"
                                         "N: This must be accepted explicitly before updates for this repository can "
                                         "be applied.\n"));
  CHECK(renamed.trouble == SourceTrouble::renamed);
  CHECK(renamed.source == "http://mirror.example/debian buster");
  // A warning that stops nothing is no problem.
  CHECK(parse_update("W: http://mirror.example/x/dists/y/InRelease: Key is stored in legacy trusted.gpg keyring\n").empty());
}

TEST_CASE("what a job did, as recorded") {
  const auto output = parse_job_output(recorded("job_failing_postinst.txt"));
  REQUIRE(output.changes.size() == 11);
  CHECK(output.changes[0].name == "demo-conffile");
  CHECK(output.changes[0].from == "1.0");
  CHECK(output.changes[2].from.empty());
  CHECK(output.changes[2].to == "2.0");
  CHECK(output.kept_conffiles == std::vector<std::string>{"/etc/demo-conffile.conf"});
  CHECK(output.replaced_conffiles.empty());
  REQUIRE(output.failures.size() == 1);
  CHECK(output.failures[0].package == "demo-failing-postinst");
  CHECK(output.failures[0].script == "postinst");
  CHECK(output.failures[0].output.find("demo-failing-postinst.fail is there") != std::string::npos);
  CHECK(output.failures[0].output.find("Unpacking") == std::string::npos);
  CHECK(output.errors == std::vector<std::string>{"Sub-process /usr/bin/dpkg returned an error code (1)"});
  CHECK_FALSE(output.locked);

  const auto purge = parse_job_output(recorded("job_purge.txt"));
  REQUIRE(purge.changes.size() == 1);
  CHECK(purge.changes[0].name == "linux-image-6.1.0-90-demo");
  CHECK(purge.changes[0].to.empty());
  CHECK(purge.failures.empty());
  CHECK(parse_job_output(recorded("job_fine.txt")).failures.empty());
}

TEST_CASE("whose configuration file it is after both sides changed it") {
  const auto output = parse_job_output(
      "Setting up a (2) ...\n\nConfiguration file '/etc/a.conf'\n"
      " ==> Modified (by you or by a script) since installation.\n"
      " ==> Package distributor has shipped an updated version.\n ==> Using new file as you requested.\n"
      "Installing new version of config file /etc/a.conf ...\nInstalling new version of config file /etc/b.conf ...\n");
  CHECK(output.kept_conffiles.empty());
  CHECK(output.replaced_conffiles == std::vector<std::string>{"/etc/a.conf"});
  CHECK(conffile_lines(output) == "took the package's /etc/a.conf\n");
}

TEST_CASE("other ways in which a package fails") {
  const auto output = parse_job_output(
      "Preparing to unpack .../3-b_2.0_all.deb ...\nUnpacking b (2.0) over (1.0) ...\n"
      "dpkg: error processing archive /tmp/apt-dpkg-install-Xy/3-b_2.0_all.deb (--unpack):\n"
      " trying to overwrite '/usr/bin/x', which is also in package a 1.0\n"
      "Setting up c (2) ...\ndpkg: dependency problems prevent configuration of c:\n c depends on d; however:\n"
      "dpkg: error processing package c (--configure):\n dependency problems - leaving unconfigured\n"
      "dpkg: error processing package e (--remove):\n"
      " installed e package pre-removal script subprocess returned error exit status 2\n");
  REQUIRE(output.failures.size() == 3);
  CHECK(output.failures[0].package == "b");
  CHECK(output.failures[0].script.empty());
  CHECK(output.failures[0].reason.find("also in package a") != std::string::npos);
  CHECK(output.failures[1].package == "c");
  CHECK(output.failures[1].output.find("depends on d") != std::string::npos);
  CHECK(output.failures[2].script == "prerm");
  CHECK(parse_job_output("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9 (apt)\n").locked);
}

TEST_CASE("the order of versions is dpkg's") {
  // Each is older than the next.
  const std::vector<std::string> order{"1.0~~", "1.0~", "1.0~rc1", "1.0", "1.0-0.1", "1.0-1", "1.0-1+deb12u1",
                                       "1.0-1+deb12u10", "1.0a", "1.0+dfsg", "1.0.1", "1.2", "1.10", "2", "1:0.1"};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = 0; j < order.size(); ++j) {
      CAPTURE(order[i], order[j]);
      const int compared = compare_versions(order[i], order[j]);
      CHECK((compared < 0) == (i < j));
      CHECK((compared == 0) == (i == j));
    }
  }
  CHECK(compare_versions("1.0", "0:1.0-0") == 0);
  CHECK(compare_versions("001", "1") == 0);
  CHECK(compare_versions("99999999999999999999999", "100000000000000000000000") < 0);
}
