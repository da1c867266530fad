#include "http/url_beginning.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("http: beginnings of URLs end where a part of a URL ends") {
  for (const char* good : {"https://index.example.org/", "http://127.0.0.1:8080/simple/", "https://[::1]/a/b/"})
    CHECK(is_url_beginning(good));
  for (const char* bad : {"", "https://", "https:///", "https://index.example.org", "https://index.example.org/simple",
                          "ftp://index.example.org/", "https://ann@index.example.org/", "https://a/?q/", "https://a b/",
                          "https://a/../b/", "file:///"})
    CHECK_FALSE(is_url_beginning(bad));
}

TEST_CASE("http: only what is beneath an allowed beginning may be asked") {
  const std::vector<std::string> allowed{"https://index.example.org/simple/", "http://127.0.0.1:8080/"};
  CHECK(is_beneath("https://index.example.org/simple/django/", allowed));
  CHECK(is_beneath("https://index.example.org/simple/a?b=/../c", allowed));
  CHECK(is_beneath("http://127.0.0.1:8080/", allowed));
  for (const char* url : {"https://index.example.org/other/", "https://index.example.org/simple/../other/",
                          "https://index.example.org/simple/%2e%2E/other/", "https://index.example.org/simple/..",
                          "http://index.example.org/simple/a", "https://index.example.org.evil/simple/a",
                          "http://127.0.0.1:80801/", "https://index.example.org/simple/a#b",
                          "https://index.example.org/simple/a\nb", "https://index.example.org/simple/\\..\\a"})
    CHECK_FALSE(is_beneath(url, allowed));
  CHECK_FALSE(is_beneath("https://index.example.org/simple/", {}));
}
