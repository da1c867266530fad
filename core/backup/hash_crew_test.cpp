#include "backup/hash_crew.hpp"

#include <fcntl.h>

#include <functional>

#include <catch2/catch.hpp>

#include "backup/testing.hpp"
#include "base/sha256.hpp"

namespace maintain {
namespace {

const Interrupt never = testing::never_interrupted;

struct Tree {
  testing::TemporaryDirectory directory;
  UniqueFd root{::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

  void write(const std::string& name, const std::string& content) {
    testing::write(directory.path() / name, content);
  }
  // The files of it, in the order of the walk, given to a crew.
  Result<std::vector<HashCrew::Ticket>> given(HashCrew& crew,
                                              const std::function<void(const TreeEntry&)>& before = {}) {
    std::vector<HashCrew::Ticket> tickets;
    TreeVisitor visitor;
    visitor.entry = [&](const TreeEntry& entry) -> Result<void> {
      if (!S_ISREG(entry.info.st_mode)) return {};
      if (before) before(entry);
      auto ticket = crew.add(entry);
      if (!ticket) return fail(ticket.error());
      tickets.push_back(std::move(*ticket));
      return {};
    };
    if (auto walked = walk_tree(root.get(), visitor, never); !walked) return fail(walked.error());
    return tickets;
  }
};

}  // namespace

TEST_CASE("backup: a crew hashes each file, whatever the order in which it is asked") {
  Tree tree;
  std::vector<std::string> contents;
  for (int i = 0; i < 700; ++i) {
    contents.push_back(std::string(static_cast<std::size_t>(i % 50) * 997, static_cast<char>('a' + i % 26)));
    tree.write(std::to_string(1000 + i / 100) + "/" + std::to_string(1000 + i), contents.back());
  }
  HashCrew crew(never);
  const auto tickets = tree.given(crew);
  REQUIRE(tickets);
  REQUIRE(tickets->size() == contents.size());
  for (std::size_t i = contents.size(); i-- > 0;) {
    const auto hash = crew.wait((*tickets)[i]);
    REQUIRE(hash);
    REQUIRE(*hash == sha256_of(contents[i]));
  }
  CHECK(*crew.wait(tickets->front()) == sha256_of(contents.front()));  // asked again
}

TEST_CASE("backup: a crew takes no other file than the walk saw") {
  Tree tree;
  tree.write("a/file", "content");
  tree.write("secret", "secret");
  HashCrew crew(never);
  const std::filesystem::path file = tree.directory.path() / "a/file";
  std::function<void()> put = [] {};
  SECTION("a link") { put = [&] { std::filesystem::create_symlink("../secret", file); }; }
  SECTION("another file") { put = [&] { std::filesystem::rename(tree.directory.path() / "secret", file); }; }
  SECTION("none") {}
  const auto replace = [&](const TreeEntry& entry) {
    if (entry.name != "file") return;
    std::filesystem::remove(file);
    put();
  };
  const auto tickets = tree.given(crew, replace);
  REQUIRE(tickets);
  const auto hash = crew.wait(tickets->front());
  REQUIRE_FALSE(hash);
  CHECK_THAT(hash.error().message, Catch::Contains("a/file"));
}

TEST_CASE("backup: a crew ends when it is asked to") {
  Tree tree;
  tree.write("file", "content");
  bool over = false;
  const Interrupt interrupt = [&]() -> Result<void> {
    if (over) return fail(ErrorKind::cancelled, "enough");
    return {};
  };
  HashCrew crew(interrupt);
  const auto tickets = tree.given(crew);
  REQUIRE(tickets);
  over = true;
  const auto hash = crew.wait(tickets->front());
  REQUIRE_FALSE(hash);
  CHECK(hash.error().kind == ErrorKind::cancelled);
}

}  // namespace maintain
