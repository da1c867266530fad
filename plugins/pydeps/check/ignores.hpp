// What a project does not want to hear, why, and for how long. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::pydeps {

struct IgnoreEntry {
  std::string package = {};   // as written
  std::string key = {};       // PEP 503's form of it
  std::string version = {};   // empty: whichever is installed
  std::string advisory = {};  // empty: everything about the package
  std::string reason = {};
  std::optional<std::chrono::sys_days> until = {};  // the first day on which it counts no more
  bool until_fixed = false;   // only vulnerabilities, and only those without a release that fixes them
  bool but_vulnerabilities = false;  // these are told; not with advisory or until_fixed
  bool legacy = false;        // of `ignored_packages`, hence but_vulnerabilities; nobody minds if it is unused
};

// A vulnerability as far as ignoring it goes.
struct IgnorableVulnerability {
  std::string_view key;
  std::string_view version;              // installed
  const std::vector<std::string>& ids;
  bool has_fix = false;                  // there is a release that fixes it
};

enum class IgnoreState {
  used,
  expired,       // its day has come
  fix_released,  // until_fixed, and now there is a fix
  unused         // there is nothing (any more) that it would hide
};

// Remembers which entries were of use.
class Ignores {
 public:
  Ignores(std::vector<IgnoreEntry> entries, std::chrono::sys_days today);

  // Whether nothing but vulnerabilities is to be told of the installed package. `python` is one here, too: its end of
  // life.
  bool covers_package(std::string_view key, std::string_view version);
  // Whether not even vulnerabilities are: then it need not be asked about at all.
  bool covers_all_of(std::string_view key, std::string_view version);
  // Whether no index is to hear its name: not where vulnerabilities are excepted, for whose fixes it is asked.
  bool keeps_from_index(std::string_view key, std::string_view version);
  bool covers(const IgnorableVulnerability& vulnerability);

  struct Outcome {
    const IgnoreEntry* entry;
    IgnoreState state;
  };
  // Of all entries but the earlier bot's, in their order. Once everything was asked.
  std::vector<Outcome> outcomes() const;

 private:
  struct Kept {
    IgnoreEntry entry;
    bool used = false;
    bool fix_released = false;
  };
  bool is_over(const IgnoreEntry& entry) const { return entry.until && today_ >= *entry.until; }
  enum class Extent { but_vulnerabilities, index, all };
  bool covers(std::string_view key, std::string_view version, Extent extent);
  std::vector<Kept> entries_;
  std::chrono::sys_days today_;
};

}  // namespace maintain::pydeps
