#include "reboot/needs.hpp"

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "reboot/kernel.hpp"

using namespace maintain::plugins::reboot;

namespace {

std::string testdata(const char* name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string section(const std::string& name, const std::string& body, int status = 0) {
  return "@@maintain begin " + name + "\n" + body + "\n@@maintain end " + std::to_string(status) + "\n";
}

struct Answer {
  std::string kernel = "6.1.0-28-amd64";
  std::string version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)";
  std::string last_order = "none";
  std::string flag = "no", packages = "", images = "6.1.0-28-amd64",
      kernels = "ii |linux-image-6.1.0-28-amd64|6.1.119-1";

  std::string text() const {
    return section("boot_id", "11111111-1111-4111-8111-111111111111") + section("first_process", "1") +
           section("kernel", kernel) + section("kernel_version", version) + section("required", flag) +
           section("packages", packages) + section("last_order", last_order) +
           section("images", images) + section("kernel_packages", kernels);
  }
};

}  // namespace

TEST_CASE("a real answer: a package asks for it, and there is no kernel package") {
  const Needs needs = parse_needs(testdata("needs_flag.txt"), true);
  CHECK(needs.problem.empty());
  CHECK(needs.verdict == Verdict::yes);
  CHECK(needs.reasons == std::vector<std::string>{"demo-reboot"});
  CHECK(needs.age_seconds == 878);
  REQUIRE(needs.boot);
  CHECK(needs.boot->id == "1a2359d3-b49e-4375-9b07-0eb5141a1a4e");
  CHECK(needs.boot->first_process == "102");
}

TEST_CASE("an answer that is cut off anywhere is unknown") {
  const std::string whole = testdata("needs_flag.txt");
  const std::size_t end = whole.rfind("@@maintain end 1");
  for (std::size_t length = 0; length <= end; length += 7) {
    CAPTURE(length);
    const Needs needs = parse_needs(whole.substr(0, length), true);
    CHECK(needs.verdict == Verdict::unknown);
    CHECK_FALSE(needs.problem.empty());
  }
}

TEST_CASE("no flag and no newer kernel: no") {
  CHECK(parse_needs(Answer{}.text(), true).verdict == Verdict::no);
}

TEST_CASE("a newer kernel of the same flavour") {
  Answer answer;
  SECTION("in /boot") { answer.images += "\n6.1.0-30-amd64\n6.1.0-29-amd64"; }
  SECTION("by its package") { answer.kernels += "\nii |linux-image-6.1.0-30-amd64|6.1.124-1"; }
  SECTION("unsigned") { answer.kernels += "\nii |linux-image-6.1.0-30-amd64-unsigned|6.1.124-1"; }
  const Needs needs = parse_needs(answer.text(), true);
  CHECK(needs.verdict == Verdict::yes);
  CHECK(needs.expected_kernel == "6.1.0-30-amd64");
  CHECK(needs.reasons == std::vector<std::string>{"kernel 6.1.0-30-amd64"});
  CHECK(parse_needs(answer.text(), false).verdict == Verdict::no);  // nothing to a container
  CHECK(parse_needs(answer.text(), true, "6.1.0-30-amd64").verdict == Verdict::no);
}

TEST_CASE("kernels that are no reason") {
  Answer answer;
  SECTION("another flavour") { answer.images += "\n6.1.0-30-cloud-amd64\n6.1.0-30-rt-amd64"; }
  SECTION("older") { answer.images += "\n6.1.0-9-amd64"; }
  SECTION("removed") {
    answer.kernels += "\nrc |linux-image-6.1.0-30-amd64|6.1.124-1\nun |linux-image-6.1.0-31-amd64|";
  }
  SECTION("debug symbols") { answer.kernels += "\nii |linux-image-6.1.0-30-amd64-dbg|6.1.124-1"; }
  CHECK(parse_needs(answer.text(), true).verdict == Verdict::no);
}

TEST_CASE("the running kernel in another package version") {
  Answer answer;
  answer.kernels = "ii |linux-image-6.1.0-28-amd64|6.1.119-2";
  const Needs needs = parse_needs(answer.text(), true);
  CHECK(needs.verdict == Verdict::yes);
  CHECK(needs.expected_package == "6.1.119-2");
  SECTION("uname's text was cut by the kernel: nothing is known of it") {
    answer.version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1~bpo11+1~deb";
    CHECK(parse_needs(answer.text(), true).verdict == Verdict::no);
  }
  SECTION("Ubuntu numbers its builds in its own way") {
    answer.version = "#45~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC Wed Sep 11 15:25:05 UTC 2";
    CHECK(parse_needs(answer.text(), true).verdict == Verdict::no);
  }
}

TEST_CASE("a kernel that dpkg has not finished is told") {
  Answer answer;
  answer.kernels += "\niF |linux-image-6.1.0-30-amd64|6.1.124-1";
  CHECK(parse_needs(answer.text(), true).half_installed == std::vector<std::string>{"linux-image-6.1.0-30-amd64"});
}

TEST_CASE("the flag counts in a container, too, unless only kernels asked") {
  Answer answer;
  answer.flag = "yes 100 90";  // a clock that went back
  answer.packages = "linux-image-6.1.0-30-amd64\nlibc6\nlibc6";
  const Needs needs = parse_needs(answer.text(), false);
  CHECK(needs.verdict == Verdict::yes);
  CHECK(needs.reasons == std::vector<std::string>{"linux-image-6.1.0-30-amd64", "libc6"});
  CHECK_FALSE(needs.age_seconds);
  answer.packages = "linux-image-6.1.0-30-amd64\nlinux-base";
  CHECK(parse_needs(answer.text(), false).verdict == Verdict::no);
  answer.packages = "";
  CHECK(parse_needs(answer.text(), false).verdict == Verdict::yes);
}

TEST_CASE("a list that could not be had is unknown") {
  Answer answer;
  std::string text = answer.text();
  text.replace(text.rfind("end 0"), 5, "end 2");
  const Needs needs = parse_needs(text, true);
  CHECK(needs.verdict == Verdict::unknown);
  CHECK_THAT(needs.problem, Catch::Contains("kernel packages: exit status 2"));
}

TEST_CASE("names of kernels") {
  CHECK(parse_kernel_name("6.1.0-30-cloud-amd64")->flavour == "cloud-amd64");
  CHECK(parse_kernel_name("6.12.41+deb13-amd64")->version == "6.12.41+deb13");
  CHECK(parse_kernel_name("6.1.0-0.deb11.21-amd64")->version == "6.1.0-0.deb11.21");
  CHECK_FALSE(parse_kernel_name("amd64"));
  CHECK(is_newer_kernel_of_same_flavour("6.1.0-30-amd64", "6.1.0-9-amd64"));
  CHECK(is_newer_kernel_of_same_flavour("6.12.41+deb13-amd64", "6.1.0-30-amd64"));
  CHECK(is_newer_kernel_of_same_flavour("6.8.0-100-generic", "6.8.0-45-generic"));
  CHECK_FALSE(is_newer_kernel_of_same_flavour("6.1.0-30-amd64", "6.1.0-30-amd64"));
  CHECK(compare_kernel_versions("6.1~rc3", "6.1") < 0);
  CHECK(compare_kernel_versions("6.1.0-030", "6.1.0-30") == 0);
}
