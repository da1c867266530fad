#include "apt/job_output.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "apt/apt_parse.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::apt {
namespace {

constexpr std::size_t most_items = 5000;
constexpr std::size_t most_lines = 15;

// "NAME (VERSION) ..." -> {NAME, VERSION}
struct NameAndVersion {
  std::string_view name, version, rest;
};

std::optional<NameAndVersion> name_and_version(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = open == std::string_view::npos ? open : text.find(')', open);
  if (close == std::string_view::npos) return std::nullopt;
  const NameAndVersion found{text.substr(0, open), text.substr(open + 2, close - open - 2), text.substr(close + 1)};
  if (!is_package_name(found.name) || !is_version(found.version)) return std::nullopt;
  return found;
}

// "Unpacking NAME (TO) over (FROM) ..." or "Unpacking NAME (TO) ..."
std::optional<DoneChange> unpacked(std::string_view text) {
  const auto found = name_and_version(text);
  if (!found) return std::nullopt;
  DoneChange change{.name = std::string(found->name), .from = {}, .to = std::string(found->version)};
  constexpr std::string_view over = " over (";
  if (found->rest.starts_with(over)) {
    const std::string_view from = found->rest.substr(over.size());
    change.from = from.substr(0, from.find(')'));
  }
  return change;
}

std::string script_of(std::string_view reason) {
  struct Script {
    std::string_view words, name;
  };
  static constexpr std::array scripts{Script{"post-installation script", "postinst"},
                                      Script{"pre-installation script", "preinst"},
                                      Script{"pre-removal script", "prerm"}, Script{"post-removal script", "postrm"}};
  for (const Script& script : scripts) {
    if (reason.find(script.words) != std::string_view::npos) return std::string(script.name);
  }
  return {};
}

// "/var/cache/apt/archives/NAME_VERSION_ARCH.deb" -> NAME
std::string_view package_of_archive(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  // Without -q apt numbers what it hands to dpkg: "/tmp/apt-dpkg-install-x/00-NAME_VERSION_ARCH.deb".
  const std::size_t dash = path.find('-');
  if (dash != std::string_view::npos && dash > 0 && parse_number(path.substr(0, dash))) path = path.substr(dash + 1);
  return path.substr(0, path.find('_'));
}

bool starts_a_package(std::string_view line) {
  return line.starts_with("Setting up ") || line.starts_with("Unpacking ") ||
         line.starts_with("Preparing to unpack ") ||
         line.starts_with("Removing ") || line.starts_with("Purging ") || line.starts_with("Processing triggers for ");
}

// The lines from where work on the package began up to `end`, at most the last few.
std::string lines_before(const std::vector<std::string_view>& lines, std::size_t end) {
  std::size_t start = end;
  while (start > 0 && end - start < most_lines && !starts_a_package(lines[start])) --start;
  std::string text;
  for (std::size_t i = start; i < end; ++i) text += std::string(lines[i]) + "\n";
  return text;
}

std::optional<PackageFailure> failure_at(const std::vector<std::string_view>& lines, std::size_t at) {
  static constexpr std::array starts{std::string_view("dpkg: error processing package "),
                                     std::string_view("dpkg: error processing archive ")};
  for (const std::string_view start : starts) {
    if (!lines[at].starts_with(start)) continue;
    const auto words = split_words(lines[at].substr(start.size()));
    if (words.empty()) return std::nullopt;
    const std::string_view name = start.find("archive") == std::string_view::npos ? words[0]
                                                                                  : package_of_archive(words[0]);
    PackageFailure failure{.package = std::string(is_package_name(name) ? name : "?"), .script = {}, .reason = {},
                           .output = lines_before(lines, at)};
    for (std::size_t i = at + 1; i < lines.size() && lines[i].starts_with(' ') && i < at + 6; ++i) {
      failure.reason += (failure.reason.empty() ? "" : " ") + std::string(trim(lines[i]));
    }
    failure.script = script_of(failure.reason);
    return failure;
  }
  return std::nullopt;
}

std::string_view quoted(std::string_view line) {
  const std::size_t start = line.find('\'');
  const std::size_t end = line.rfind('\'');
  return start == end ? std::string_view{} : line.substr(start + 1, end - start - 1);
}

}  // namespace

JobOutput parse_job_output(std::string_view text) {
  JobOutput output;
  std::string_view conffile;
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (output.changes.size() >= most_items || output.failures.size() >= most_items) break;
    if (line.starts_with("Unpacking ")) {
      if (auto change = unpacked(line.substr(10))) output.changes.push_back(std::move(*change));
    } else if (line.starts_with("Removing ")) {
      if (const auto found = name_and_version(line.substr(9))) {
        output.changes.push_back({.name = std::string(found->name), .from = std::string(found->version), .to = {}});
      }
    } else if (line.starts_with("Configuration file '")) {
      conffile = quoted(line);
    } else if (!conffile.empty() && line.starts_with(" ==> ")) {
      const bool kept = line.find("Keeping old") != std::string_view::npos ||
                        line.find("Using current old") != std::string_view::npos;
      const bool replaced = line.find("Using new") != std::string_view::npos ||
                            line.find("Installing new") != std::string_view::npos;
      if (kept) output.kept_conffiles.emplace_back(conffile);
      if (replaced) output.replaced_conffiles.emplace_back(conffile);
      if (kept || replaced) conffile = {};
    } else if (line.starts_with("E: ")) {
      output.errors.emplace_back(line.substr(3));
      output.locked |= line.find("Could not get lock") != std::string_view::npos;
    } else if (auto failure = failure_at(lines, i)) {
      output.failures.push_back(std::move(*failure));
    }
  }
  return output;
}

std::string last_lines(std::string_view text, std::size_t count) {
  const auto lines = split_lines(trim(text));
  std::string last;
  for (std::size_t i = lines.size() > count ? lines.size() - count : 0; i < lines.size(); ++i) {
    last += std::string(lines[i].substr(0, 400)) + "\n";
  }
  return last;
}

}  // namespace maintain::plugins::apt
