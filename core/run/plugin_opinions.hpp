// What plugins have to say of the options that a project wrote, beyond what their schemas say.
#pragma once

#include <vector>

#include "base/error.hpp"
#include "model/project.hpp"
#include "plugin/catalog.hpp"

namespace maintain {

// Loads the plugins that the projects' tasks use and asks each about its tasks' options. One error per task at most,
// of kind configuration, with the place of the option where it is known, else of the task. Talks to no server.
std::vector<Error> ask_plugins(const std::vector<Project>& projects, const Catalog& catalog);

}  // namespace maintain
