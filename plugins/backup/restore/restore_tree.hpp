// Gives a tree of a copy back its owners, modes, devices, links and attributes, here or on the server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

struct TreeSource {
  std::string path;     // a directory of a copy: OpenCopy::path, or one below it (a volume)
  // The target itself becomes that directory, with its owner, mode and times: for a volume's. Else only what is in it
  // goes into the target, which stays as it is: the paths of a directory's copy begin at OpenCopy::path.
  bool itself = false;
};

struct TreeTarget {
  std::string directory;   // absolute; made when it is not there
  std::string name = {};   // for people; empty: its path
  bool on_server = false;  // else on the maintenance server
  bool sudo = true;        // on the server: write as root
  bool replace = false;    // what is there may be overwritten
  bool exact = false;      // and what the copy does not have is removed: with TreeSource::itself. Else it stays
};

struct RestoredTree {
  std::uint64_t files = 0;             // all of the tree but directories
  std::uint64_t bytes = 0;             // of them
  std::vector<std::string> skipped = {};    // devices, which are made on servers only
  std::vector<std::string> problems = {};   // what could not be put back as it was; empty: everything was
  bool owners = true;                  // false: who restored may not give files away (not root)
};

// Throws sdk::Failure: the target is no directory, is not empty (without replace), cannot be written; no rsync.
RestoredTree restore_tree(sdk::Context& context, const TreeSource& source, const TreeTarget& target);

}  // namespace maintain::plugins::backup
