// The drill of a tree: restored into a scratch directory, compared with the copy, and looked at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/drill/drill_database.hpp"

namespace maintain::plugins::backup {

// Each assertion is a path in the tree, or an absolute one as on the server. Throws DrillFailure.
std::vector<Assertion> drill_tree(sdk::Context& context, const sdk::OpenCopy& copy,
                                  const std::vector<std::string>& assertions);

// Of rsync's --itemize-changes, what tells of a difference: the scratch itself is nobody's and not part of the tree,
// and devices are not made here.
std::string differences_in(std::string_view itemized);

// Nothing when there is something at this path of the original server in the restored tree: a file that is not empty,
// a directory that is not empty, or whatever else; otherwise why not. No link leads out of the tree.
std::string why_missing(const std::string& tree, const std::string& path);

}  // namespace maintain::plugins::backup
