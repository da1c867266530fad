// The POSIX sh of the survey. Its parameters: the client's name, its store, then words that begin with "lineage:",
// "file:", "deployed:" and "root:". It prints one record a line, fields between blanks, which parse_survey() reads.
// Whatever was read anywhere is in base64, so that no file, name or directory can look like a record.
#pragma once

#include <string>

namespace maintain::letsencrypt {

std::string survey_script();

}  // namespace maintain::letsencrypt
