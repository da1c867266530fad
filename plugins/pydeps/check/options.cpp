#include "pydeps/check/options.hpp"

#include <algorithm>

#include "pydeps/advisory/osv.hpp"
#include "pydeps/base/package_name.hpp"
#include "pydeps/base/timestamp.hpp"
#include "pydeps/reading/split_names.hpp"

namespace maintain::pydeps {
namespace {

using sdk::InvalidOption;

// Addresses are shown in findings and mails, so none may hold a secret; nor do these words repeat it.
void check_url(const std::string& url, const char* key) {
  if (url.find_first_of("?#") != std::string::npos)
    throw InvalidOption("/" + std::string(key), "must be a URL without ? and #");
  const std::size_t host = url.find("//");
  const std::size_t path = host == std::string::npos ? host : url.find('/', host + 2);
  if (host != std::string::npos && url.substr(host, path - host).find('@') != std::string::npos)
    throw InvalidOption("/" + std::string(key), "must be a URL without user and password: they would be shown");
}

// The address of a server: what is put behind it must stay a path.
std::string base_url(const sdk::Json& json, const char* key, std::string fallback) {
  std::string url = json.value(key, std::move(fallback));
  check_url(url, key);
  if (!url.ends_with('/')) url += '/';
  return url;
}

// A URL, or a path on the server.
void read_place(const sdk::Json& json, const char* key, std::string& url, std::string& file) {
  const std::string place = json.value(key, "");
  if (!place.starts_with('/')) check_url(place, key);
  (place.starts_with('/') ? file : url) = place;
}

std::optional<std::chrono::sys_days> day_of(const std::string& text) {
  const auto midnight = parse_timestamp(text + "T00:00:00Z");
  if (!midnight) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*midnight);
}

IgnoreEntry read_ignore(const sdk::Json& json, const std::string& place) {
  IgnoreEntry entry{.package = json.value("package", ""), .version = json.value("version", ""),
                    .advisory = json.value("advisory", ""), .reason = json.value("reason", "")};
  if (!is_package_name(entry.package)) throw InvalidOption(place + "/package", "must be the name of a package");
  entry.key = normalized_name(entry.package);
  if (json.contains("version") && !is_version_text(entry.version))
    throw InvalidOption(place + "/version", "must be a version, as it is installed");
  if (json.contains("advisory") && !is_advisory_id(entry.advisory))
    throw InvalidOption(place + "/advisory", "must be the id of an advisory, like CVE-2026-1234 or GHSA-...");
  if (entry.reason.find_first_not_of(" \t") == std::string::npos)
    throw InvalidOption(place + "/reason", "must say why");
  const std::string until = json.value("until", "");
  entry.until_fixed = until == "fixed";
  entry.but_vulnerabilities = json.contains("except");
  if (entry.but_vulnerabilities && (entry.until_fixed || json.contains("advisory")))
    throw InvalidOption(place + "/except", "leaves nothing to ignore: the rest of the entry is about vulnerabilities");
  if (until.empty() || entry.until_fixed) return entry;
  entry.until = day_of(until);
  if (!entry.until) throw InvalidOption(place + "/until", "there is no day " + until);
  return entry;
}

// Names that are none are passed over: the earlier bot did so, too, and its files are to be read as they are.
void add_legacy_ignores(std::vector<IgnoreEntry>& entries, const sdk::Json& names) {
  for (const sdk::Json& text : names)
    for (const std::string& name : split_package_names(text.get<std::string>()))
      if (is_package_name(name))
        entries.push_back(
            {.package = name, .key = normalized_name(name), .reason = "ignored_packages",
             .but_vulnerabilities = true, .legacy = true});
}

bool is_pattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

}  // namespace

bool Options::names_several() const {
  return discover || virtualenvs.size() + freeze.size() + (list_command.empty() ? 0 : 1) > 1 ||
         std::any_of(virtualenvs.begin(), virtualenvs.end(), is_pattern);
}

Options read_options(const sdk::Json& json) {
  Options options;
  options.virtualenvs = json.value("virtualenvs", options.virtualenvs);
  options.discover = json.value("discover", false);
  options.freeze = json.value("freeze", options.freeze);
  options.list_command = json.value("list_command", "");
  if (options.virtualenvs.empty() && !options.discover && options.freeze.empty() && options.list_command.empty())
    throw InvalidOption("", "say where the packages are: `virtualenvs`, `discover: true`, `freeze` or `list_command`");
  options.user = json.value("user", options.discover ? "root" : "");
  if (const auto index = json.find("index"); index != json.end() && *index == false) options.index.clear();
  else options.index = base_url(json, "index", options.index);
  options.osv = base_url(json, "osv", options.osv);
  options.osv.pop_back();
  options.osv_archive = json.value("osv_archive", "");
  options.vulnerabilities = json.value("vulnerabilities", true);
  read_place(json, "database", options.database_url, options.database_file);
  read_place(json, "end_of_life", options.end_of_life_url, options.end_of_life_file);
  options.types = parse_reported_types(json.value("types", "bug")).value_or(ReportedTypes::bug);
  const sdk::Json ignores = json.value("ignore", sdk::Json::array());
  for (std::size_t i = 0; i < ignores.size(); ++i)
    options.ignores.push_back(read_ignore(ignores[i], "/ignore/" + std::to_string(i)));
  add_legacy_ignores(options.ignores, json.value("ignored_packages", sdk::Json::array()));
  return options;
}

}  // namespace maintain::pydeps
