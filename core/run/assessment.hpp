// What a server's configuration files and facts come to: projects to plan, and what is wrong. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/project_config.hpp"
#include "model/project.hpp"
#include "run/messages.hpp"
#include "run/survey.hpp"
#include "store/state_store.hpp"

namespace maintain {

struct Assessment {
  std::vector<Project> projects;        // of usable files, or of their last good copies; else unreadable and empty
  std::vector<ProjectNotes> notes;      // one per project, and one with an empty name, which is about the server
  std::vector<std::string> files;       // on the server
  std::vector<Error> errors;            // all that is wrong in the files, with places
  std::vector<CachedConfig> to_remember;
};

// `remembered`: what the last good copies are taken from when a file cannot be used.
Assessment assess_configs(const std::string& server, const Survey& survey, const std::vector<CachedConfig>& remembered,
                          const ConfigRules& rules);

// Whether planning from memory gives what planning from fresh copies would: there are files, and none was broken.
bool is_sound(const std::vector<CachedConfig>& remembered);
// The survey that would have found what is remembered.
Survey recalled(const std::vector<CachedConfig>& remembered);

// A finding per expected fact that does not hold. "os" expects ID-VERSION ("debian-12"); other names are those of
// maintain.facts/1.
std::vector<Finding> compare_facts(const std::map<std::string, std::string>& expected, const std::string& facts);

}  // namespace maintain
