// What a job that ran apt-get or dpkg printed: what it did to which package, and what failed. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::apt {

// A package that dpkg unpacked or removed.
struct DoneChange {
  std::string name;
  std::string from;  // empty: it was not installed
  std::string to;    // empty: removed
};

// "dpkg: error processing package demo (--configure):" and what led to it.
struct PackageFailure {
  std::string package;
  std::string script;  // preinst, postinst, prerm, postrm; empty when it was no script
  std::string reason;  // dpkg's words
  std::string output;  // last lines before it
};

struct JobOutput {
  std::vector<DoneChange> changes;
  std::vector<PackageFailure> failures;
  std::vector<std::string> kept_conffiles;      // changed by both sides; the server's stayed
  std::vector<std::string> replaced_conffiles;  // the package's was taken
  std::vector<std::string> errors;              // apt's own: lines that begin with "E: ", without those two letters
  bool locked = false;                          // one of the errors is a lock that somebody else holds
};

JobOutput parse_job_output(std::string_view text);

// The last lines of a text, for a finding.
std::string last_lines(std::string_view text, std::size_t count);

}  // namespace maintain::plugins::apt
