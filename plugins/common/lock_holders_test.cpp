#include "common/lock_holders.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "common/sections.hpp"

using namespace maintain::plugins;
namespace fs = std::filesystem;

namespace {

// A directory with a file `lock`, which this process holds while `held`, and a link to the directory.
class Place {
 public:
  Place() {
    std::string pattern = (fs::temp_directory_path() / "lock-holders-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    fs::create_directory(root_ / "real");
    fs::create_directory_symlink(root_ / "real", root_ / "link");
    file_ = ::open((root_ / "real/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file_ >= 0);
  }
  ~Place() {
    ::close(file_);
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void set(short kind) {
    struct flock lock {};
    lock.l_type = kind;
    lock.l_whence = SEEK_SET;
    REQUIRE(::fcntl(file_, F_SETLK, &lock) == 0);
  }
  Section look(const std::string& files) {
    std::ofstream(root_ / "script") << section_prelude() << lock_holders_function() << "cd '" << root_.string()
                                    << "'\nsection locks lock_holders " << files << "\n";
    const std::string output = (root_ / "output").string();
    REQUIRE(std::system(("sh '" + (root_ / "script").string() + "' >'" + output + "'").c_str()) == 0);
    std::ifstream file(output);
    return parse_sections(std::string{std::istreambuf_iterator<char>(file), {}})["locks"];
  }

 private:
  fs::path root_;
  int file_ = -1;
};

}  // namespace

TEST_CASE("a real lock's holder is found, through a link, too") {
  Place place;
  place.set(F_WRLCK);
  const Section held = place.look("missing link/lock");
  CHECK(held.ok());
  const auto holders = parse_lock_holders(held.body);
  REQUIRE(holders.size() == 1);
  CHECK(holders[0].lock == "link/lock");
  CHECK(holders[0].pid == std::to_string(::getpid()));
  CHECK(holders[0].started > 0);
  CHECK(holder_name(holders[0]) == "unit_plugin_common");

  place.set(F_UNLCK);
  const Section free = place.look("link/lock");
  CHECK(free.ok());
  CHECK(parse_lock_holders(free.body).empty());
}

TEST_CASE("a holder without a command line is named by its process") {
  CHECK(parse_lock_holders("no fields\n\t\n").empty());
  const auto holders = parse_lock_holders("/var/lib/dpkg/lock\t12\tx\t \n");
  REQUIRE(holders.size() == 1);
  CHECK(holders[0].started == 0);
  CHECK(holder_name(holders[0]) == "process 12");
}
