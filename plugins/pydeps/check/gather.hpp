// What is installed on the server: environments as their files tell, lists that are files, and the list that a command
// of the project's writes. At most three round trips, however many of each there are.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "pydeps/check/options.hpp"
#include "pydeps/environment/inventory.hpp"

namespace maintain::pydeps {

// A list of packages that could not be had.
struct Unread {
  std::string subject;  // the file, or the command
  std::string why;      // fit to show, without an end
};

// A file on the server that the options name beside what is installed.
struct ServerFile {
  std::string text = {};
  std::string problem = {};  // why there is none: fit to show
};

struct Gathered {
  Inventory inventory = {};  // lists are environments, too: by their file or command, and of no known Python
  std::vector<Unread> unread = {};
  ServerFile database = {};     // Options::database_file
  ServerFile end_of_life = {};  // Options::end_of_life_file
};

// Reads only; list_command, which writes, is left out of a dry run. Throws Failure when the server cannot be asked.
Gathered gather(sdk::Context& context, const Options& options);

// Pure. Lines whose marker says that they are not for such a server are left out. Of packages that are listed twice the
// first counts; where markers that cannot be answered choose between all their lines, as in lists for several Pythons,
// that is no more than guessed. Lines that say nothing that can be looked up are problems.
Environment environment_of_list(std::string_view name, std::string_view text);

// Whether not everything that the options name was read.
bool is_uncertain(const Gathered& gathered);

// Whether an environment that was not read, though it was before, may still be there: it is named and was not found, or
// what leads to it may not be looked at. path is without links, given is the one that led to it.
bool may_still_be(const Gathered& gathered, const std::string& path, const std::string& given);

// Whether packages that are not in its list may be installed.
bool is_incomplete(const Environment& environment);

}  // namespace maintain::pydeps
