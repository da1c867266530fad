#include "reboot/needs.hpp"

#include <algorithm>

#include "reboot/kernel.hpp"

namespace maintain::plugins::reboot {
namespace {

constexpr std::size_t most_packages = 200;
constexpr std::size_t longest_name = 200;

struct KernelPackage {
  std::string release;  // what the package's name says: 6.1.0-30-amd64
  std::string version;
  bool complete = false;
};

bool is_kernel_package(std::string_view name) { return name.starts_with("linux-"); }

void add_once(std::vector<std::string>& list, std::string_view item) {
  if (item.empty() || item.size() > longest_name || list.size() == most_packages) return;
  if (std::find(list.begin(), list.end(), item) == list.end()) list.emplace_back(item);
}

// dpkg-query's lines: "ii |linux-image-6.1.0-30-amd64|6.1.124-1". Kernels that are not there are left out.
std::vector<KernelPackage> parse_packages(std::string_view body) {
  constexpr std::string_view prefix = "linux-image-";
  std::vector<KernelPackage> packages;
  for (const std::string_view line : split_lines(body)) {
    const std::size_t first = line.find('|');
    const std::size_t second = first == std::string_view::npos ? first : line.find('|', first + 1);
    if (second == std::string_view::npos || first < 2 || packages.size() == most_packages) continue;
    std::string_view name = line.substr(first + 1, second - first - 1);
    const char state = line[1];  // not installed, config files; installed; half-anything
    if (!name.starts_with(prefix) || state == 'n' || state == 'c') continue;
    if (name.ends_with("-dbg") || name.ends_with("-dbgsym")) continue;
    if (name.ends_with("-unsigned")) name.remove_suffix(std::string_view("-unsigned").size());
    packages.push_back({.release = std::string(name.substr(prefix.size())),
                        .version = std::string(trim(line.substr(second + 1))),
                        .complete = state == 'i'});
  }
  return packages;
}

class Reader {
 public:
  Reader(std::string_view output, bool has_own_kernel, std::string_view useless_kernel)
      : sections_(parse_sections(printable(output))), own_kernel_(has_own_kernel), useless_(useless_kernel) {}

  Needs read() {
    needs_.boot = parse_boot(sections_);
    if (!needs_.boot) fail("the server did not tell which boot and kernel it runs");
    read_flag();
    read_last_order();
    if (own_kernel_ && needs_.boot) read_kernels();
    if (!needs_.problem.empty()) needs_.verdict = Verdict::unknown;
    else needs_.verdict = needs_.reasons.empty() ? Verdict::no : Verdict::yes;
    return std::move(needs_);
  }

 private:
  void fail(std::string problem) {
    if (needs_.problem.empty()) needs_.problem = std::move(problem);
  }

  // The section's text, or nothing after fail().
  std::optional<std::string_view> body(std::string_view name, const char* what) {
    const Section* section = find_section(sections_, name);
    if (section == nullptr || !section->status) {
      fail(std::string(what) + ": the answer was cut off");
      return std::nullopt;
    }
    if (!section->ok()) {
      const auto words = trim(section->body);
      fail(std::string(what) + ": exit status " + std::to_string(*section->status) +
           (words.empty() ? "" : ": " + std::string(words.substr(0, 300))));
      return std::nullopt;
    }
    return trim(section->body);
  }

  // /run/reboot-required, which packages make when they are installed, and who asked.
  void read_flag() {
    const auto flag = body("required", "looking for /run/reboot-required");
    const auto packages = body("packages", "reading /run/reboot-required.pkgs");
    if (!flag || !packages || *flag == "no") {
      if (flag && *flag != "no" && !flag->starts_with("yes ")) fail("looking for /run/reboot-required: no answer");
      return;
    }
    const auto words = split_words(*flag);
    const bool answered = words.size() == 3 && words[0] == "yes";
    const long long changed = answered ? parse_number(words[1]).value_or(-1) : -1;
    const long long now = answered ? parse_number(words[2]).value_or(-1) : -1;
    if (changed < 0 || now < 0) return fail("looking for /run/reboot-required: no sensible answer");
    std::vector<std::string> names;
    for (const auto line : split_lines(*packages)) add_once(names, trim(line));
    const bool only_kernels = !names.empty() && std::all_of(names.begin(), names.end(), is_kernel_package);
    if (!own_kernel_ && only_kernels) return;
    if (!useless_.empty() && only_kernels) return;  // the kernel itself is judged below
    if (names.empty()) names.emplace_back("/run/reboot-required");
    needs_.reasons = std::move(names);
    if (now >= changed) needs_.age_seconds = now - changed;
  }

  void read_last_order() {
    const auto answer = body("last_order", "looking for the last order to reboot");
    if (!answer || *answer == "none") return;
    const auto words = split_words(*answer);
    const auto then = words.size() == 2 ? parse_number(words[0]) : std::nullopt;
    const auto now = words.size() == 2 ? parse_number(words[1]) : std::nullopt;
    if (!then || !now) return fail("looking for the last order to reboot: no sensible answer");
    if (*now >= *then) needs_.last_order_seconds = *now - *then;  // else its clock was put back: nothing is known
  }

  void read_kernels() {
    const auto images = body("images", "listing the kernels in /boot");
    const auto packages = kernel_packages();
    if (!images || !packages) return;
    const std::string& running = needs_.boot->kernel;
    std::string newest;
    const auto consider = [&](std::string_view release) {
      if (release.size() > longest_name || !is_newer_kernel_of_same_flavour(release, running)) return;
      if (newest.empty() || is_newer_kernel_of_same_flavour(release, newest)) newest = release;
    };
    for (const std::string_view line : split_lines(*images)) consider(trim(line));
    for (const KernelPackage& package : *packages) {
      consider(package.release);
      if (!package.complete) add_once(needs_.half_installed, "linux-image-" + package.release);
    }
    if (!newest.empty()) expect(newest, "kernel " + newest, newest, {});
    else compare_package(*packages);
  }

  // The same name in another package version: a security update without a change of the kernel's ABI.
  void compare_package(const std::vector<KernelPackage>& packages) {
    const std::string running = debian_package_version(needs_.boot->kernel_version);
    if (running.empty()) return;
    for (const KernelPackage& package : packages) {
      if (package.release != needs_.boot->kernel || package.version.empty() || package.version == running) continue;
      expect(package.version, "kernel " + package.release + " " + package.version, package.release, package.version);
      return;
    }
  }

  void expect(std::string_view key, std::string reason, std::string release, std::string package) {
    if (!useless_.empty() && key == useless_) {
      needs_.useless_newest = std::move(release);
      needs_.useless_package = std::move(package);
      return;
    }
    add_once(needs_.reasons, reason);
    needs_.expected_kernel = std::move(release);
    needs_.expected_package = std::move(package);
  }

  // dpkg-query answers 1 when no package matches: a server with a kernel of its own making.
  std::optional<std::vector<KernelPackage>> kernel_packages() {
    const Section* section = find_section(sections_, "kernel_packages");
    if (section != nullptr && section->status == 1 &&
        section->body.find("no packages found matching") != std::string::npos)
      return std::vector<KernelPackage>{};
    const auto text = body("kernel_packages", "listing the kernel packages");
    if (!text) return std::nullopt;
    return parse_packages(*text);
  }

  Sections sections_;
  bool own_kernel_;
  std::string_view useless_;
  Needs needs_;
};

}  // namespace

std::string needs_script() {
  return section_prelude() + boot_sections() + "order_mark=" + order_mark + R"sh(
flag_file() {
  for dir in /run /var/run; do
    [ ! -e "$dir/reboot-required" ] || { echo "$dir/reboot-required"; return 0; }
  done
}
required() {
  file=$(flag_file)
  [ -n "$file" ] || { echo no; return 0; }
  changed=$(stat -c %Y "$file") && echo "yes $changed $(date +%s)"
}
packages() {
  for dir in /run /var/run; do
    [ ! -e "$dir/reboot-required.pkgs" ] || { cat "$dir/reboot-required.pkgs"; return; }
  done
}
last_order() {
  [ -e "$order_mark" ] || { echo none; return 0; }
  ordered=$(stat -c %Y "$order_mark") && echo "$ordered $(date +%s)"
}
kernel_packages() {
  command -v dpkg-query >/dev/null || return 0
  dpkg-query --show --showformat='${db:Status-Abbrev}|${Package}|${Version}\n' 'linux-image-[0-9]*'
}
images() {
  for image in /boot/vmlinuz-*; do
    [ ! -e "$image" ] || echo "${image#/boot/vmlinuz-}"
  done
}
section required required
section packages packages
section last_order last_order
section images images
section kernel_packages kernel_packages
)sh";
}

Needs parse_needs(std::string_view output, bool has_own_kernel, std::string_view useless_kernel) {
  return Reader(output, has_own_kernel, useless_kernel).read();
}

std::string join_reasons(const std::vector<std::string>& reasons) {
  constexpr std::size_t most_named = 8;
  std::string text;
  for (std::size_t i = 0; i < reasons.size() && i < most_named; ++i) text += (i == 0 ? "" : ", ") + reasons[i];
  if (reasons.size() > most_named) text += " and " + std::to_string(reasons.size() - most_named) + " more";
  return text;
}

}  // namespace maintain::plugins::reboot
