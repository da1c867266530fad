#include "backup/database/dump_name.hpp"

#include <set>

#include <catch2/catch.hpp>

using namespace maintain::plugins::backup;

TEST_CASE("backup: any database's name gives a file's name") {
  CHECK(dump_name("orders") == "orders");
  CHECK(dump_name("a/b c") == "a%2Fb%20c");
  CHECK(dump_name("..") == "%2E.");
  CHECK(dump_name("-rf") == "%2Drf");
  CHECK(dump_name("50%") == "50%25");
  CHECK(dump_name("müll\n") == "m%C3%BCll%0A");
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const char c : dump_name(all)) {
    CAPTURE(c);
    CHECK((std::isalnum(static_cast<unsigned char>(c)) || std::string("._@%+=-").find(c) != std::string::npos));
  }
}

TEST_CASE("backup: very long names stay short and different") {
  std::set<std::string> names;
  for (const char* end : {"a", "b", "aa"}) {
    const std::string name = dump_name(std::string(300, 'x') + end);
    CHECK(name.size() < 230);
    names.insert(name);
  }
  CHECK(names.size() == 3);
  const std::string cut = dump_name(std::string(67, '/'));
  CHECK(cut.substr(195, 4) == "%2F-");  // never in the middle of a code
}

TEST_CASE("backup: a database's name is never a connection string") {
  CHECK(conninfo("orders") == "dbname='orders'");
  CHECK(conninfo("host=evil") == "dbname='host=evil'");
  CHECK(conninfo("it's \\ x") == "dbname='it\\'s \\\\ x'");
}

TEST_CASE("backup: hexadecimal digits are bytes, or nothing") {
  CHECK(from_hex("6D7973716c") == "mysql");
  CHECK(from_hex("6d7") == "");
  CHECK(from_hex("zz") == "");
  CHECK(from_hex("+1") == "");
}
