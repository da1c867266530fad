#include "pydeps/reading/url.hpp"

#include <catch2/catch.hpp>

using namespace maintain::pydeps;

TEST_CASE("no credentials are left in a URL") {
  CHECK(without_credentials("https://user:secret@host.example/x.git") == "https://host.example/x.git");
  CHECK(without_credentials("https://token@host.example:8443/x") == "https://host.example:8443/x");
  CHECK(without_credentials("https://user:p@ss@host.example/x") == "https://host.example/x");
  CHECK(without_credentials("https://user:p/ss@host.example/x") == "https://host.example/x");
  CHECK(without_credentials("https://user:secret/without/host") == "https://");
  CHECK(without_credentials("https://a:b/c@d:e@h:f/g@host.example/x") == "https://host.example/x");
  CHECK(without_credentials("ssh://git@a:b/c@host.example/x") == "ssh://host.example/x");
  CHECK(without_credentials("https://host.example/a?token=secret") == "https://host.example/a");
  CHECK(without_credentials("https://host.example/a#token=secret") == "https://host.example/a");
  CHECK(without_credentials("ssh://git@host.example/x.git") == "ssh://git@host.example/x.git");
  CHECK(without_credentials("ssh://git:secret@host.example/x.git") == "ssh://host.example/x.git");
  CHECK(without_credentials("https://git@host.example/x.git") == "https://host.example/x.git");
  CHECK(without_credentials("https://u:s@[2001:db8::1]:80/x") == "https://[2001:db8::1]:80/x");
  CHECK(without_credentials("https://${USER}:${PASSWORD}@host.example/x") == "https://host.example/x");
}

TEST_CASE("what is no URL is only made printable and short") {
  CHECK(without_credentials("/srv/shop") == "/srv/shop");
  CHECK(without_credentials("git@host.example:x/y.git") == "git@host.example:x/y.git");
  CHECK(without_credentials("") == "");
  CHECK(without_credentials("/a\x1B[31m\nb") == "/a?[31m?b");
  CHECK(without_credentials("/" + std::string(600, 'x')).size() == 500);
  const std::string cut = without_credentials("/" + std::string(498, 'x') + "\xC3\xA9");
  CHECK(cut == "/" + std::string(498, 'x'));
}

TEST_CASE("a requirement's URL says where it is from") {
  const UrlReference git = read_url("git+https://u:s@host.example/a/b.git@9ab3c#egg=My.Name[extra]&subdirectory=x");
  CHECK(git.origin == Origin::vcs);
  CHECK(git.url == "https://host.example/a/b.git");
  CHECK(git.commit == "9ab3c");
  CHECK(git.egg == "My.Name");

  const UrlReference ssh = read_url("git+ssh://git@host.example/b.git");
  CHECK(ssh.origin == Origin::vcs);
  CHECK(ssh.url == "ssh://git@host.example/b.git");
  CHECK(ssh.commit == "");
  CHECK(read_url("git+ssh://git@host.example/b.git@v1.0").commit == "v1.0");
  CHECK(read_url("git+git@host.example:a/b.git@v1.0").commit == "v1.0");
  CHECK(read_url("hg+https://host.example/b@tip").origin == Origin::vcs);

  CHECK(read_url("file:///srv/shop").origin == Origin::local);
  CHECK(read_url("/srv/shop").origin == Origin::local);
  CHECK(read_url("./shop").url == "./shop");
  CHECK(read_url("file:///tmp/a-1.0-py3-none-any.whl").origin == Origin::archive);
  CHECK(read_url("/tmp/a-1.0.tar.gz#sha256=12").origin == Origin::archive);
  CHECK(read_url("https://host.example/a.zip").origin == Origin::archive);
  CHECK(read_url("https://host.example/a.zip#egg=-bad-").egg == "");
}

TEST_CASE("an archive's name says its version") {
  CHECK(version_in_archive_name("https://h/a_b-1.2.3-cp311-cp311-linux_x86_64.whl#sha256=1", "a-b") == "1.2.3");
  CHECK(version_in_archive_name("https://h/a_b-1.2.3%2Bcpu-py3-none-any.whl", "a-b") == "1.2.3+cpu");
  CHECK(version_in_archive_name("file:///tmp/a-b-1.2.3.tar.gz", "a-b") == "1.2.3");
  CHECK(version_in_archive_name("a_b-1.0.zip", "a-b") == "1.0");
  CHECK(version_in_archive_name("https://h/other-1.0-py3-none-any.whl", "a-b") == "");
  CHECK(version_in_archive_name("https://h/a-b-main.zip", "a-b") == "");
  CHECK(version_in_archive_name("https://h/a-b/archive/v1.0.tar.gz", "a-b") == "");
  CHECK(version_in_archive_name("https://h/a-b-1.0", "a-b") == "");
  CHECK(version_in_archive_name(".whl", "") == "");
  CHECK(version_in_archive_name("", "") == "");
}
