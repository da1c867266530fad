// Advisories from a local export of an OSV database: a zip archive with one JSON record per entry, as OSV publishes for
// each ecosystem (PyPI/all.zip). For maintenance servers that must not ask, or must not tell what they run.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "pydeps/advisory/osv.hpp"

namespace maintain::pydeps {

struct AdvisoryArchive {
  std::vector<Advisory> advisories = {};   // those that name one of the packages
  std::size_t records = 0;                 // in the archive, whatever they name
  std::size_t broken = 0;                  // of these, records that are none
  std::vector<std::string> problems = {};  // "ENTRY: why" of the first of them, fit to show
  std::set<std::string> broken_ids = {};   // by the names of their entries; at most 10,000
  // When it could not be read, or not to its end, or has no record that is one: fit to show, without an end.
  std::string problem = {};
};

// names: normalised. Entries that do not end in ".json" are passed over. Bounds: an archive of 256 MiB, 500,000
// entries, 4 MiB for a record and 4 GiB for all, whatever the archive says of its sizes.
AdvisoryArchive read_archive(const std::string& path, const std::set<std::string, std::less<>>& names);

}  // namespace maintain::pydeps
