#include "apt/server_state.hpp"

#include <algorithm>
#include <array>

#include "apt/apt_parse.hpp"
#include "apt/version.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::apt {
namespace {

constexpr std::size_t most_items = 10000;

// The rows of a section that have enough fields.
std::vector<std::vector<std::string_view>> rows(std::string_view body, std::size_t fields) {
  std::vector<std::vector<std::string_view>> found;
  for (const std::string_view line : split_lines(body)) {
    auto row = split_tabs(line);
    if (row.size() >= fields && found.size() < most_items) found.push_back(std::move(row));
  }
  return found;
}

// "linux-image-6.1.0-28-amd64-unsigned" -> "6.1.0-28-amd64"; empty for a package of no single kernel. The families
// are those of Debian and Ubuntu.
std::string kernel_release(std::string_view package) {
  static constexpr std::array families{
      std::string_view("linux-image-unsigned-"), std::string_view("linux-image-"), std::string_view("linux-headers-"),
      std::string_view("linux-modules-extra-"), std::string_view("linux-modules-"), std::string_view("linux-tools-"),
      std::string_view("linux-cloud-tools-"), std::string_view("linux-kbuild-"), std::string_view("linux-buildinfo-")};
  package = package.substr(0, package.find(':'));
  for (const std::string_view family : families) {
    if (!package.starts_with(family)) continue;
    std::string_view release = package.substr(family.size());
    if (release.empty() || release[0] < '0' || release[0] > '9') return {};
    for (const std::string_view tail : {"-unsigned", "-dbg"}) {
      if (release.ends_with(tail)) release.remove_suffix(tail.size());
    }
    return std::string(release);
  }
  return {};
}

// "6.1.0-28" is common to "6.1.0-28-amd64" and "6.1.0-28-common".
bool belongs_to(const std::string& release, const std::string& kernel) {
  if (release == kernel) return true;
  const auto base = [](const std::string& text) { return text.substr(0, text.rfind('-')); };
  return release == base(kernel) || base(release) == base(kernel);
}

}  // namespace

std::string_view status_word(char letter) {
  switch (letter) {
    case 'n': return "not installed";
    case 'c': return "only its configuration files are left";
    case 'H': return "half-installed";
    case 'U': return "unpacked";
    case 'F': return "half-configured";
    case 'W': return "waits for triggers";
    case 't': return "has pending triggers";
    case 'i': return "installed";
    default: return "in an unknown state";
  }
}

std::vector<BrokenPackage> parse_broken(std::string_view body) {
  std::vector<BrokenPackage> broken;
  for (const auto& row : rows(body, 3)) {  // STATUS NAME VERSION
    if (row[0].size() < 2 || !is_package_name(row[1])) continue;
    const bool reinstall = row[0].size() > 2 && row[0][2] == 'R';
    broken.push_back({.name = std::string(row[1]), .version = std::string(row[2]),
                      .status = reinstall ? "must be reinstalled" : std::string(status_word(row[0][1]))});
  }
  return broken;
}

std::vector<DiskSpace> parse_disks(std::string_view body) {
  std::vector<DiskSpace> disks;
  for (const std::string_view line : split_lines(body)) {  // PATH FREE_KIB FREE_INODES TARGET
    const auto words = split_words(line);
    if (words.size() < 4) continue;
    const auto free = parse_number(words[1]);
    if (!free || *free > 1'000'000'000'000'000) continue;
    disks.push_back({.path = std::string(words[0]), .target = std::string(words[3]), .free_bytes = *free * 1024,
                     .free_inodes = parse_number(words[2]).value_or(-1)});
  }
  return disks;
}

std::vector<InstalledPackage> parse_installed(std::string_view body) {
  std::vector<InstalledPackage> packages;
  for (const auto& row : rows(body, 3)) {  // STATUS NAME VERSION
    if (row[0].size() < 2 || !is_package_name(row[1])) continue;
    packages.push_back({.name = std::string(row[1]), .version = std::string(row[2]), .complete = row[0][1] == 'i'});
  }
  return packages;
}

std::vector<std::string> removable_kernel_packages(const std::vector<std::string>& autoremovable,
                                                   const std::vector<InstalledPackage>& kernel_images,
                                                   std::string_view running_release) {
  std::vector<const InstalledPackage*> images;
  for (const InstalledPackage& image : kernel_images) {
    if (image.complete && !kernel_release(image.name).empty()) images.push_back(&image);
  }
  std::stable_sort(images.begin(), images.end(), [](const InstalledPackage* a, const InstalledPackage* b) {
    return compare_versions(kernel_release(a->name), kernel_release(b->name)) > 0;
  });
  std::vector<std::string> kept;
  const auto is_kept = [&](const std::string& release) {
    return std::find(kept.begin(), kept.end(), release) != kept.end();
  };
  const auto is_running = [&](const InstalledPackage* image) { return kernel_release(image->name) == running_release; };
  if (std::any_of(images.begin(), images.end(), is_running)) kept.emplace_back(running_release);
  for (const InstalledPackage* image : images) {
    const std::string release = kernel_release(image->name);
    if (kept.size() < 2 && !is_kept(release)) kept.push_back(release);
  }
  kept.emplace_back(running_release);
  std::vector<std::string> removable;
  for (const std::string& package : autoremovable) {
    const std::string release = kernel_release(package);
    const auto keeps = [&](const std::string& kernel) { return belongs_to(release, kernel); };
    if (!release.empty() && std::none_of(kept.begin(), kept.end(), keeps)) removable.push_back(package);
  }
  return removable;
}

std::vector<LeftoverFile> parse_leftovers(std::string_view body) {
  std::vector<LeftoverFile> files;
  for (const auto& row : rows(body, 3)) {  // LINES SINCE PATH
    const auto lines = parse_number(row[0]);
    if (!lines || !row[2].starts_with('/')) continue;
    files.push_back({.path = std::string(row[2]), .different_lines = *lines,
                     .since = parse_number(row[1]).value_or(0)});
  }
  return files;
}

std::vector<StaleService> parse_stale(std::string_view body) {
  std::vector<StaleService> services;
  for (const auto& row : rows(body, 3)) {  // CGROUP PROCESS FILE
    StaleService service{.unit = {}, .process = std::string(row[1]), .file = std::string(row[2])};
    const std::size_t slice = row[0].find("/system.slice/");
    if (slice != std::string_view::npos) {
      // A process may sit in a control group of its own below the unit's.
      std::string_view path = row[0].substr(slice + 14);
      while (!path.empty()) {
        const std::string_view part = path.substr(0, path.find('/'));
        if (part.ends_with(".service")) service.unit = part;
        path.remove_prefix(std::min(part.size() + 1, path.size()));
      }
    }
    const auto same = [&](const StaleService& other) {
      return service.unit.empty() ? other.unit.empty() && other.process == service.process : other.unit == service.unit;
    };
    if (std::none_of(services.begin(), services.end(), same)) services.push_back(std::move(service));
  }
  return services;
}

}  // namespace maintain::plugins::apt
