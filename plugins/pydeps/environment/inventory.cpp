#include "pydeps/environment/inventory.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "common/sections.hpp"
#include "pydeps/environment/inventory_script.hpp"
#include "pydeps/environment/site_packages.hpp"
#include "pydeps/reading/pyvenv_cfg.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_records_of_a_kind = 1000;  // of absent paths and so on; the script prints less
constexpr std::size_t most_entries = 20000;           // of one site-packages
constexpr std::size_t most_file_bytes = 65536;        // of one file
constexpr std::size_t longest_path = 4096;

std::string text_of(std::string_view field) {
  std::string clean = plugins::printable(field.substr(0, longest_path));
  std::replace_if(clean.begin(), clean.end(), [](char c) { return c == '\t' || c == '\n'; }, '?');
  return clean;
}

std::optional<Absence> absence_of(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Absence>, 7> words{{{"missing", Absence::missing},
                                                                       {"denied", Absence::denied},
                                                                       {"partly", Absence::partly_denied},
                                                                       {"unmatched", Absence::unmatched},
                                                                       {"other", Absence::no_environment},
                                                                       {"relative", Absence::relative},
                                                                       {"odd", Absence::odd_name}}};
  for (const auto& [known, absence] : words)
    if (known == word) return absence;
  return std::nullopt;
}

// The text up to the next tab, which is taken off together with it.
std::string_view next_field(std::string_view& line) {
  const std::size_t tab = std::min(line.find('\t'), line.size());
  const std::string_view field = line.substr(0, tab);
  line.remove_prefix(std::min(tab + 1, line.size()));
  return field;
}

class InventoryReader {
 public:
  Inventory read(std::string_view body) {
    for (const std::string_view line : plugins::split_lines(body)) {
      std::string_view rest = line;
      const std::string_view kind = next_field(rest);
      if (!read_outer(kind, rest) && open_) read_inner(kind, rest);
    }
    if (open_) {
      add_problem(*open_, Doubt::incomplete, open_->path, "the list was cut off; packages may be missing");
      close();
    }
    for (Environment& environment : inventory_.environments)
      if (const auto found = found_by_.find(environment.path); found != found_by_.end())
        environment.found_by = found->second;
    return std::move(inventory_);
  }

 private:
  // Records of no environment. true: it was one.
  bool read_outer(std::string_view kind, std::string_view rest) {
    if (kind == "env") {
      if (open_) close();
      if (inventory_.environments.size() >= static_cast<std::size_t>(most_environments)) {
        ++inventory_.left_out;
        return true;
      }
      open_.emplace();
      open_->path = text_of(next_field(rest));
      open_->given = text_of(rest);
    } else if (kind == "done") {
      if (open_ && open_->path == text_of(rest)) close();
    } else if (kind == "none") {
      const auto why = absence_of(next_field(rest));
      if (why && inventory_.absent.size() < most_records_of_a_kind) inventory_.absent.push_back({*why, text_of(rest)});
    } else if (kind == "found") {
      std::string path = text_of(next_field(rest));
      read_found(std::move(path), text_of(rest));
    } else if (kind == "hidden") {
      std::string path = text_of(next_field(rest));
      if (inventory_.hidden.size() < most_records_of_a_kind)
        inventory_.hidden.push_back({std::move(path), text_of(rest)});
    } else if (kind == "more") {
      inventory_.left_out += static_cast<std::size_t>(plugins::parse_number(rest).value_or(1));
    } else if (kind == "whole") {
      inventory_.whole = !open_;
    } else {
      return false;
    }
    return true;
  }

  void read_found(std::string path, std::string by) {
    constexpr std::size_t most_finders = 10;
    if (found_by_.size() >= most_records_of_a_kind) return;
    std::vector<std::string>& all = found_by_[std::move(path)];
    if (all.size() < most_finders && std::find(all.begin(), all.end(), by) == all.end()) all.push_back(std::move(by));
  }

  void read_inner(std::string_view kind, std::string_view rest) {
    if (kind == "cfg") {
      if (config_.size() < most_file_bytes) config_.append(rest) += '\n';
    } else if (kind == "lib") {
      if (directories_.size() < most_records_of_a_kind) directories_.push_back({text_of(rest)});
    } else if (kind == "outside") {
      add_problem(*open_, Doubt::unreadable, text_of(rest),
                  "site-packages of " + text_of(rest) + " is a link to elsewhere, which is not read");
    } else if (kind == "shut") {
      add_problem(*open_, Doubt::unreadable, text_of(rest), "no permission to read site-packages of " + text_of(rest));
    } else {
      const std::string_view name = next_field(rest);
      read_entry(kind, name, rest);
    }
  }

  void read_entry(std::string_view kind, std::string_view name, std::string_view rest) {
    if (kind == "odd" && name.empty()) {
      add_problem(*open_, Doubt::unreadable, text_of(rest), text_of(rest) + " is no regular file; it is not read");
      return;
    }
    constexpr std::array<std::string_view, 8> kinds{"dist", "meta",      "url",  "installer",
                                                    "link", "requested", "odd", "unread"};
    if (directories_.empty() || name.empty() || std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return;
    auto& entries = directories_.back().entries;
    std::string shown = text_of(name);
    if (entries.size() >= most_entries && !entries.contains(shown)) {
      if (!std::exchange(overfull_, true))
        add_problem(*open_, Doubt::incomplete, open_->path, "there are more packages than are read");
      return;
    }
    SiteEntry& entry = entries[std::move(shown)];
    if (kind == "meta" && entry.metadata.size() < most_file_bytes) entry.metadata.append(rest) += '\n';
    else if (kind == "url" && rest.size() < most_file_bytes) entry.direct_url = rest;
    else if (kind == "installer") entry.installer = rest.substr(0, longest_path);
    else if (kind == "link") entry.link = text_of(rest);
    else if (kind == "requested") entry.requested = true;
    else if ((kind == "odd" || kind == "unread") && entry.not_read.size() < 10) entry.not_read.push_back(text_of(rest));
  }

  void close() {
    const auto same = [this](const Environment& other) { return other.path == open_->path; };
    if (std::none_of(inventory_.environments.begin(), inventory_.environments.end(), same)) {
      if (!config_.empty()) {
        const PyvenvConfig config = parse_pyvenv_cfg(config_);
        open_->python_version = config.python_version;
        open_->system_site_packages = config.system_site_packages;
      }
      add_packages(*open_, directories_);
      inventory_.environments.push_back(*std::move(open_));
    }
    open_.reset();
    config_.clear();
    directories_.clear();
    overfull_ = false;
  }

  Inventory inventory_;
  std::map<std::string, std::vector<std::string>> found_by_;
  // The environment that is being read.
  std::optional<Environment> open_;
  std::string config_;
  std::vector<SitePackages> directories_;
  bool overfull_ = false;
};

}  // namespace

Inventory parse_inventory(std::string_view output) {
  const plugins::Sections sections = plugins::parse_sections(output);
  const plugins::Section* section = plugins::find_section(sections, "inventory");
  return section ? InventoryReader{}.read(section->body) : Inventory{};
}

}  // namespace maintain::pydeps
