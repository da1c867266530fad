#include "letsencrypt/client/survey.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "common/sections.hpp"
#include "letsencrypt/client/base64.hpp"
#include "letsencrypt/client/survey_script.hpp"

namespace maintain::letsencrypt {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::string_view mark = "letsencrypt ";
constexpr std::size_t most_records = 3000;

std::optional<FileTrouble> trouble_of(std::string_view word) {
  if (word == "none") return FileTrouble::none;
  if (word == "missing") return FileTrouble::missing;
  if (word == "denied") return FileTrouble::denied;
  if (word == "broken") return FileTrouble::broken;
  return std::nullopt;
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// NAME PATH TROUBLE WHY CONTENT KEY KEY_TROUBLE KEY_WHY KEY_HASH FLAG
std::optional<StoredCertificate> read_certificate(const Words& fields) {
  if (fields.size() != 10) return std::nullopt;
  const auto trouble = trouble_of(fields[2]);
  const auto key_trouble = trouble_of(fields[6]);
  if (!trouble || !key_trouble) return std::nullopt;
  StoredCertificate stored;
  stored.name = decoded_line(fields[0]);
  stored.path = decoded_line(fields[1]);
  stored.trouble = *trouble;
  stored.problem = decoded_line(fields[3]);
  stored.key_path = decoded_line(fields[5]);
  stored.key_trouble = *key_trouble;
  stored.key_problem = decoded_line(fields[7]);
  if (is_hash(fields[8])) stored.key_hash = fields[8];
  stored.has_deploy_hook = fields[9] == "hook";
  stored.is_configured = fields[9] != "unconfigured";
  if (stored.trouble != FileTrouble::none) return stored;
  stored.chain = parse_pem(decoded(fields[4]));
  if (stored.chain.certificates.empty()) {
    stored.trouble = FileTrouble::broken;
    stored.problem = stored.chain.problem.empty() ? "holds no certificate" : stored.chain.problem;
  }
  return stored;
}

class Reader {
 public:
  void record(std::string_view kind, const Words& fields) {
    if (kind == "client" && fields.size() == 2) {
      survey_.client_found = fields[0] == "found";
      survey_.client_version = decoded_line(fields[1]);
    } else if (kind == "store" && fields.size() == 3) {
      survey_.store = decoded_line(fields[0]);
      place(fields[1], fields[2]);
    } else if (kind == "place" && fields.size() == 2) {
      place(fields[0], fields[1]);
    } else if (kind == "problem" && fields.size() == 1) {
      problem(decoded_line(fields[0]));
    } else if (kind == "root" && fields.size() == 1) {
      survey_.roots.push_back(decoded(fields[0]));
    } else if (kind == "lineage" || kind == "file" || kind == "deployed") {
      certificate(kind, fields);
    } else if (kind == "end" && fields.size() == 1) {
      if (const auto time = plugins::parse_number(fields[0])) survey_.server_time = *time;
      ended_ = true;
    }
  }
  bool ended() const { return ended_; }
  Survey survey() && {
    std::stable_sort(survey_.certificates.begin(), survey_.certificates.end(), [](const auto& one, const auto& other) {
      return one.in_store != other.in_store ? one.in_store : one.in_store && one.name < other.name;
    });
    return std::move(survey_);
  }

 private:
  // The worst of the store's directories counts: one that is denied hides certificates.
  void place(std::string_view word, std::string_view why) {
    const FileTrouble trouble = trouble_of(word).value_or(FileTrouble::broken);
    if (trouble == FileTrouble::none) return;
    if (survey_.store_trouble == FileTrouble::none || trouble == FileTrouble::denied) survey_.store_trouble = trouble;
    add(trouble == FileTrouble::missing ? survey_.missing_places : survey_.problems, decoded_line(why));
  }
  void problem(std::string text) { add(survey_.problems, std::move(text)); }
  static void add(std::vector<std::string>& known, std::string text) {
    if (!text.empty() && std::find(known.begin(), known.end(), text) == known.end()) known.push_back(std::move(text));
  }
  void certificate(std::string_view kind, const Words& fields) {
    auto stored = read_certificate(fields);
    if (!stored) return problem("the server's answer could not be read in part");
    stored->in_store = kind == "lineage";
    (kind == "deployed" ? survey_.deployed : survey_.certificates).push_back(std::move(*stored));
  }

  Survey survey_;
  bool ended_ = false;
};

}  // namespace

sdk::Command survey_command(const ClientOptions& options) {
  sdk::Command command;
  command.script = survey_script();
  command.argv = {std::string(client_name(options.client)), options.store};
  const auto add = [&](const char* kind, const std::vector<std::string>& values) {
    for (const std::string& value : values) command.argv.push_back(kind + value);
  };
  add("lineage:", options.lineages);
  add("file:", options.files);
  add("deployed:", options.deployed);
  add("root:", options.roots);
  command.become_user = options.user;
  command.read_only = true;
  command.quiet = true;
  command.timeout = std::chrono::minutes(5);
  return command;
}

std::optional<Survey> parse_survey(std::string_view output) {
  Reader reader;
  std::size_t records = 0;
  for (std::string_view line : plugins::split_lines(output)) {
    if (!line.starts_with(mark)) continue;
    line.remove_prefix(mark.size());
    Words words = plugins::split_words(line);
    if (words.empty() || ++records > most_records) continue;
    const std::string_view kind = words.front();
    words.erase(words.begin());
    reader.record(kind, words);
  }
  if (!reader.ended()) return std::nullopt;
  return std::move(reader).survey();
}

}  // namespace maintain::letsencrypt
