// What the programs of a scratch may do. They run what a dump says, and whoever wrote the dump may be hostile:
// PostgreSQL's superuser starts programs (COPY FROM PROGRAM), and so does its client when it reads SQL (\!).
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/drill/scratch_plan.hpp"

namespace maintain::plugins::backup {

// Programs without secrets in their environment and without capabilities, as nobody when maintain is root.
// directory: for temporary files.
ScratchBox scratch_box(const std::string& directory);

// All that runs in the scratch: the system's programs, what is to be read, and writing in the directory.
sdk::Confinement scratch_confinement(const std::vector<std::string>& readable, const std::string& directory);

// As Context::local, confined. Throws DrillImpossible when that cannot be done: a dump is not restored without it.
sdk::Completed run_confined(sdk::Context& context, sdk::Command command, sdk::Confinement confinement);

}  // namespace maintain::plugins::backup
