#include "transport/jump_host.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

std::string parsed(const std::string& text) {
  const auto jump = parse_jump_host(text);
  return jump ? jump->user + "|" + jump->host + "|" + std::to_string(jump->port) : "none";
}

}  // namespace

TEST_CASE("jump hosts as ssh writes them") {
  CHECK(parsed("bastion") == "|bastion|0");
  CHECK(parsed("maint@bastion.example.org:2222") == "maint|bastion.example.org|2222");
  CHECK(parsed("ssh://maint@bastion:22") == "maint|bastion|22");
  CHECK(parsed("[2001:db8::1]:2222") == "|2001:db8::1|2222");
  CHECK(parsed("2001:db8::1") == "|2001:db8::1|0");
  for (const char* other : {"", "none", "a,b", "-oX", "a b", "a:0", "a:70000", "a:22x", "[a]22", "@a", "u;id@a", "%h"})
    CHECK(parsed(other) == "none");
}

TEST_CASE("a single jump host is taken out of the options, wherever it stands") {
  using Words = std::vector<std::string>;
  for (const Words& form : {Words{"-J", "b"}, Words{"-Jb"}, Words{"-o", "ProxyJump=b"}, Words{"-oproxyjump b"},
                            Words{"-o", "ProxyJump = b"}}) {
    Words options = {"-o", "Compression=yes"};
    options.insert(options.end(), form.begin(), form.end());
    options.push_back("-4");
    const auto jump = take_jump_host(options);
    REQUIRE(jump);
    CHECK(jump->host == "b");
    CHECK(options == Words{"-o", "Compression=yes", "-4"});
  }
  for (const Words& other : {Words{}, Words{"-J", "a,b"}, Words{"-J", "a", "-oProxyJump=b"}, Words{"-J"},
                             Words{"-Ja", "-o", "ProxyCommand=nc %h %p"}, Words{"-oProxyJumper=a"}}) {
    Words options = other;
    CHECK_FALSE(take_jump_host(options));
    CHECK(options == other);
  }
}
