#include "pydeps/advisory/osv_archive.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <zip.h>

namespace maintain::pydeps {
namespace {

constexpr std::uintmax_t most_archive_bytes = 256U << 20U;
constexpr zip_int64_t most_entries = 500'000;
constexpr std::uint64_t most_bytes = std::uint64_t{4} << 30U;
constexpr std::size_t most_problems = 20;
constexpr std::size_t most_broken_ids = 10'000;

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

std::string zip_error_text(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return shown_text(text, 200);
}

Archive open_archive(const std::string& path, std::string& problem) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  int code = 0;
  if (error) {
    problem = "it cannot be read: " + error.message();
  } else if (bytes > most_archive_bytes) {
    problem = "it has more than " + std::to_string(most_archive_bytes >> 20U) + " MiB";
  } else if (zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY, &code); archive != nullptr) {
    return {archive, &zip_discard};
  } else {
    problem = "it is no zip archive that can be read: " + zip_error_text(code);
  }
  return {nullptr, &zip_discard};
}

// The whole of an entry, its checksum proven; nothing with the problem. It never gets more than the bound, whatever
// size the archive claims. total: of all entries; what is read is added.
std::optional<std::string> read_entry(zip_t* archive, zip_uint64_t index, std::uint64_t& total, std::string& problem) {
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(archive, index, 0), &zip_fclose);
  if (!file) {
    problem = shown_text(zip_strerror(archive), 200);
    return std::nullopt;
  }
  std::string text;
  char buffer[16384];
  for (;;) {
    const zip_int64_t got = zip_fread(file.get(), buffer, sizeof buffer);
    if (got == 0) return text;
    if (got < 0) {
      problem = shown_text(zip_file_strerror(file.get()), 200);
      return std::nullopt;
    }
    total += static_cast<std::uint64_t>(got);
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > most_advisory_bytes) {
      problem = "it has more than " + std::to_string(most_advisory_bytes >> 20U) + " MiB";
      return std::nullopt;
    }
  }
}

void take_record(AdvisoryArchive& result, const std::set<std::string, std::less<>>& names, std::string_view entry,
                 const std::optional<std::string>& text, std::string problem) {
  ++result.records;
  if (text) {
    ParsedAdvisory parsed = parse_advisory(*text);
    if (parsed.advisory) {
      const auto wanted = [&](const AffectedPackage& package) { return names.count(package.name) > 0; };
      const auto& affected = parsed.advisory->affected;
      if (std::any_of(affected.begin(), affected.end(), wanted)) {
        result.advisories.push_back(std::move(*parsed.advisory));
      }
      return;
    }
    problem = std::move(parsed.problem);
  }
  ++result.broken;
  std::string id(entry.substr(0, entry.size() - std::string_view(".json").size()));
  id.erase(0, id.rfind('/') + 1);
  if (is_advisory_id(id) && result.broken_ids.size() < most_broken_ids) result.broken_ids.insert(std::move(id));
  if (result.problems.size() < most_problems) result.problems.push_back(shown_text(entry, 200) + ": " + problem);
}

}  // namespace

AdvisoryArchive read_archive(const std::string& path, const std::set<std::string, std::less<>>& names) {
  AdvisoryArchive result;
  const Archive archive = open_archive(path, result.problem);
  if (!archive) return result;
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  if (entries > most_entries) {
    result.problem = "it has more than " + std::to_string(most_entries) + " entries";
    return result;
  }
  std::uint64_t total = 0;
  for (zip_int64_t i = 0; i < entries; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    const char* name = zip_get_name(archive.get(), index, ZIP_FL_ENC_RAW);
    if (name == nullptr || !std::string_view(name).ends_with(".json")) continue;
    std::string problem;
    const auto text = read_entry(archive.get(), index, total, problem);
    take_record(result, names, name, text, std::move(problem));
    if (total > most_bytes) {
      result.problem = "its records have more than " + std::to_string(most_bytes >> 30U) + " GiB";
      break;
    }
  }
  if (result.problem.empty() && result.broken == result.records) result.problem = "it holds no advisory";
  return result;
}

}  // namespace maintain::pydeps
