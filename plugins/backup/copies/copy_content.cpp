#include "backup/copies/copy_content.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

namespace maintain::plugins::backup {
namespace {

constexpr std::size_t most_dumps = 10'000;

// The ending that tells the form, and how long it is.
std::optional<std::pair<DumpForm, std::size_t>> form_of(std::string_view name) {
  if (name.ends_with(".dump")) return std::pair{DumpForm::custom, std::size_t{5}};
  if (name.ends_with(".sql")) return std::pair{DumpForm::plain, std::size_t{4}};
  if (name.ends_with(".sql.gz")) return std::pair{DumpForm::gzip, std::size_t{7}};
  return std::nullopt;
}

}  // namespace

bool is_tree_engine(std::string_view engine) {
  constexpr std::string_view databases[] = {"postgresql", "mariadb", "mysql", "sqlite", "command"};
  return std::find(std::begin(databases), std::end(databases), engine) == std::end(databases);
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
      if (error == std::errc() && end == text.data() + i + 3) {
        decoded += static_cast<char>(byte);
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

CopyContent content_of(const std::string& engine, std::vector<std::string> files) {
  CopyContent content{.engine = engine, .tree = is_tree_engine(engine), .dumps = {}, .globals = {}};
  if (content.tree) return content;
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    if (engine == "postgresql" && file == "globals.sql") {
      content.globals = file;
      continue;
    }
    const auto form = form_of(file);
    if (engine == "command") {
      const std::string_view name(file.data(), file.size() - (form ? form->second : 0));
      content.dumps.push_back({percent_decoded(name), DumpForm::opaque, file});
    } else if (form) {
      content.dumps.push_back(
          {percent_decoded(std::string_view(file).substr(0, file.size() - form->second)), form->first, file});
    }
  }
  return content;
}

CopyContent content_of_manifest(const sdk::Json& manifest, std::vector<std::string> files) {
  CopyContent content = content_of(manifest.value("engine", ""), std::move(files));
  const auto details = manifest.find("details");
  if (content.tree || details == manifest.end() || !details->is_object()) return content;
  const auto named = details->find("databases");
  if (named == details->end() || !named->is_array()) return content;
  std::vector<Dump> dumps;
  for (const sdk::Json& one : *named) {
    if (!one.is_object()) continue;
    const std::string file = one.value("file", "");
    for (const Dump& known : content.dumps)
      if (known.file == file) dumps.push_back({one.value("name", known.database), known.form, file});
  }
  if (dumps.empty()) return content;
  std::sort(dumps.begin(), dumps.end(), [](const Dump& a, const Dump& b) { return a.database < b.database; });
  content.dumps = std::move(dumps);
  return content;
}

CopyContent read_content(const sdk::OpenCopy& copy) {
  const std::string engine = copy.manifest.value("engine", "");
  if (is_tree_engine(engine)) return content_of_manifest(copy.manifest, {});
  std::vector<std::string> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(copy.path, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    std::error_code ignored;
    if (entry->symlink_status(ignored).type() == std::filesystem::file_type::regular && files.size() < most_dumps)
      files.push_back(entry->path().filename().string());
  }
  if (failure) throw sdk::Failure(MAINTAIN_FAILED, "cannot read the copy in " + copy.path + ": " + failure.message());
  CopyContent content = content_of_manifest(copy.manifest, std::move(files));
  if (content.dumps.empty())
    throw sdk::Failure(MAINTAIN_FAILED, "the copy " + copy.id + " (engine '" + engine + "') holds no dump");
  return content;
}

const Dump& dump_of(const CopyContent& content, const std::string& database) {
  if (database.empty() && content.dumps.size() == 1) return content.dumps.front();
  for (const Dump& dump : content.dumps)
    if (dump.database == database) return dump;
  std::string names;
  for (std::size_t i = 0; i < content.dumps.size() && i < 20; ++i)
    names += (i == 0 ? "" : ", ") + content.dumps[i].database;
  if (content.dumps.size() > 20) names += ", and " + std::to_string(content.dumps.size() - 20) + " more";
  throw sdk::Failure(MAINTAIN_FAILED, database.empty()
                                          ? "the copy holds several databases, say which: " + names
                                          : "the copy holds no database '" + database + "', only: " + names);
}

}  // namespace maintain::plugins::backup
