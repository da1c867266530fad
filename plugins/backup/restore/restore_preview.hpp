// What stands where a copy is to be restored to, looked at for a dry run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

enum class PlaceKind { missing, empty, full, no_directory, unknown };

struct Place {
  PlaceKind kind = PlaceKind::unknown;
  bool writable = false;                     // by whom the restore runs as; of one that is missing: it can be made
  std::optional<std::uint64_t> free = {};    // bytes
  std::vector<std::string> taken = {};       // of the files that would be put there, those that are there already
};

// files: names of those that would be put there; none for a tree. Read-only.
Place look_here(const std::string& directory, const std::vector<std::string>& files);
Place look_there(sdk::Context& context, const std::string& directory, const std::vector<std::string>& files,
                 const std::string& user);

// What the script of look_there prints. Pure. Anything else: a place of kind unknown.
Place parse_place(std::string_view output, const std::vector<std::string>& files);

struct Wanted {
  std::string where;              // as people know the place
  std::uint64_t bytes = 0;        // that the copy has
  bool tree = false;              // else files, of which only those of the same name are in the way
  bool replace = false;
  bool exact = false;             // what the copy does not have would go
};

struct Prospect {
  std::string text;                  // "is not there and would be made; 1.0 GiB are free there, the copy has 2.0 KiB"
  std::vector<std::string> hindrances = {};  // why the restore would fail, and what to do
};

// Pure.
Prospect judge_place(const Place& place, const Wanted& wanted);

}  // namespace maintain::plugins::backup
