#include "letsencrypt/client/renewal_output.hpp"

#include <algorithm>
#include <cctype>

#include "common/sections.hpp"
#include "letsencrypt/client/acme_problem.hpp"

namespace maintain::letsencrypt {
namespace {

using plugins::trim;

constexpr std::size_t most_output = 4UL << 20;
constexpr std::size_t most_names = 500;
constexpr std::size_t most_errors = 10;
constexpr std::int64_t furthest_refill = 31 * 86400;

void add(std::vector<std::string>& list, std::string_view text) {
  std::string line = stable_line(text);
  if (!line.empty() && list.size() < most_names && std::find(list.begin(), list.end(), line) == list.end())
    list.push_back(std::move(line));
}

// What follows prefix in line, when it begins so.
std::optional<std::string_view> after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return std::nullopt;
  return line.substr(prefix.size());
}

std::string_view up_to(std::string_view text, std::string_view end) { return text.substr(0, text.find(end)); }

// Gathers errors in two ranks: what the authority said explains what the client says of it.
class Errors {
 public:
  explicit Errors(std::int64_t now) : now_(now) {}
  void problem(const AcmeProblem& problem) {
    note(problems_, problem.text());
    if (!problem.retry_after || *problem.retry_after > now_ + furthest_refill) return;
    until_ = std::max(until_.value_or(*problem.retry_after), *problem.retry_after);
  }
  // The problems in text, or the text itself.
  void say(std::string_view text) {
    const auto found = find_problems(text);
    for (const auto& each : found) problem(each);
    if (found.empty()) note(words_, stable_line(text));
  }
  void into(RenewalOutput& output) const {
    std::vector<std::string> all = problems_;
    all.insert(all.end(), words_.begin(), words_.end());
    if (all.empty()) return;
    output.error = all.front();
    for (std::size_t i = 0; i < std::min(all.size(), most_errors); ++i)
      output.detail += (i == 0 ? "" : "\n") + all[i];
    output.rate_limited_until = until_;
  }

 private:
  static void note(std::vector<std::string>& list, std::string text) {
    if (!text.empty() && list.size() < most_errors && std::find(list.begin(), list.end(), text) == list.end())
      list.push_back(std::move(text));
  }

  std::int64_t now_;
  std::vector<std::string> problems_, words_;
  std::optional<std::int64_t> until_;
};

// "/etc/letsencrypt/live/NAME/fullchain.pem" and "/etc/letsencrypt/renewal/NAME.conf"
std::string_view lineage_of(std::string_view path) {
  const auto name = [](std::string_view text) {
    const std::size_t slash = text.rfind('/');
    return slash == std::string_view::npos ? text : text.substr(slash + 1);
  };
  if (path.ends_with(".conf")) return name(path.substr(0, path.size() - 5));
  const std::size_t file = path.rfind('/');
  return file == std::string_view::npos ? std::string_view{} : name(path.substr(0, file));
}

// certbot 0.19 to 4. A hook's output is indented by one blank, and unmarked before 1.14.
class Certbot {
 public:
  Certbot(RenewalOutput& output, Errors& errors) : output_(output), errors_(errors) {}

  void line(std::string_view line) {
    if (in_hook_ && (line.empty() || line.front() == ' ')) return;
    in_hook_ = false;
    if (line.starts_with("Hook '")) return hook(line);
    if (authorization(line) || result(line)) return;
    if (expects_error_) {
      if (!trim(line).empty()) errors_.say(line), expects_error_ = false;
    } else if (const auto failure = after(line, "Failed to renew certificate ")) {
      add(output_.failed, up_to(*failure, " with error: "));
      failed(*failure, " with error: ");
    } else if (const auto old = after(line, "Attempting to renew cert (")) {
      add(output_.failed, up_to(*old, ")"));
      failed(up_to(*old, ". Skipping."), " produced an unexpected error: ");
    } else if (line.starts_with("An unexpected error occurred:")) {
      expects_error_ = true;
    } else if (line.starts_with("Another instance of Certbot is already running")) {
      output_.busy = true;
      errors_.say(line);
    } else if (line.starts_with("Renewal configuration file ") || line.starts_with("Problem for ")) {
      errors_.say(line);
    }
  }
  void end() {
    flush();
    if (challenges_failed_) errors_.say("Some challenges have failed.");
  }

 private:
  void failed(std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) return;
    const std::string_view error = text.substr(at + before.size());
    if (error.starts_with("Some challenges have failed")) challenges_failed_ = true;
    else errors_.say(error);
  }
  // "Hook 'deploy-hook' reported error code 3", and the heads of what a hook printed.
  void hook(std::string_view line) {
    const std::size_t code = line.find(" reported error code ");
    if (code != std::string_view::npos)
      add(output_.failed_hooks, std::string(up_to(line.substr(6), "'")) + ": exit status " +
                                    std::string(trim(line.substr(code + 21))));
    else in_hook_ = line.ends_with(" ran with output:") || line.ends_with(" ran with error output:");
  }
  // Domain, Type and Detail on lines of their own; before 1.12 a detail went on on the next ones.
  bool authorization(std::string_view line) {
    const std::string_view text = trim(line);
    if (!line.starts_with("  ") || text.empty()) return flush(), false;
    if (const auto domain = after(text, "Domain: ")) {
      flush();
      domain_ = trim(*domain);
    } else if (domain_.empty()) {
      return false;
    } else if (const auto type = after(text, "Type: ")) {
      type_ = trim(*type);
    } else if (const auto detail = after(text, "Detail: ")) {
      detail_ = trim(*detail);
    } else if (!detail_.empty() && detail_.size() < 4096) {
      detail_ += " " + std::string(text);
    }
    return true;
  }
  void flush() {
    if (domain_.empty()) return;
    if (const auto problem = make_problem(type_, domain_ + ": " + detail_)) errors_.problem(*problem);
    domain_.clear(), type_.clear(), detail_.clear();
  }
  // "  PATH (success)", "  PATH expires on 2027-02-27 (skipped)"
  bool result(std::string_view line) {
    if (!line.starts_with("  /")) return false;
    const std::size_t open = line.rfind(" (");
    if (open == std::string_view::npos) return false;
    const std::string_view how = line.substr(open + 2);
    const std::string_view name = lineage_of(up_to(trim(line.substr(0, open)), " expires on "));
    if (how.starts_with("success)")) add(output_.renewed, name);
    else if (how.starts_with("failure)") || how.starts_with("parsefail)")) add(output_.failed, name);
    else if (how.starts_with("skipped)")) add(output_.not_due, name);
    else return false;
    return true;
  }

  RenewalOutput& output_;
  Errors& errors_;
  std::string domain_, type_, detail_;
  bool in_hook_ = false, expects_error_ = false, challenges_failed_ = false;
};

// lego 4: "DATE TIME [INFO] [NAME] acme: ...". Further names stand in the same brackets.
void read_lego(std::string_view text, RenewalOutput& output, Errors& errors) {
  std::string_view current;
  for (std::string_view line : plugins::split_lines(text)) {
    if (line.size() > 20 && line[4] == '/' && line[7] == '/' && line[19] == ' ') line.remove_prefix(20);
    if (const auto rest = after(line, "[INFO] ")) line = *rest;
    if (line.starts_with('[') && line.find(']') != std::string_view::npos) {
      const std::string_view name = up_to(up_to(line.substr(1), "]"), ",");
      const std::string_view words = trim(line.substr(line.find(']') + 1));
      if (words.starts_with("acme: Trying renewal") || words.starts_with("acme: Obtaining")) current = name;
      if (words.starts_with("Server responded with a certificate")) add(output.renewed, name), current = {};
      if (words.ends_with(": no renewal.")) add(output.not_due, name);
      if (words.starts_with("acme: error:")) add(output.failed, current.empty() ? name : current);
    } else if (line.starts_with("Could not ") || line.starts_with("error: ")) {
      if (!current.empty()) add(output.failed, current);
      const std::string_view words = trim(line);
      if (!words.ends_with(':')) errors.say(words);
    } else if (const auto status = after(line, "exit status "); status && !output.renewed.empty()) {
      add(output.failed_hooks, "renew-hook: exit status " + std::string(*status));
    }
  }
  for (const auto& problem : find_problems(text)) errors.problem(problem);
}

// acme.sh 2 and 3: "[DATE] ...", with the verb in two tenses.
void read_acme_sh(std::string_view text, RenewalOutput& output, Errors& errors) {
  std::string_view current;
  for (std::string_view line : plugins::split_lines(text)) {
    if (const std::size_t end = line.find("] "); line.starts_with('[') && end < 64) line.remove_prefix(end + 2);
    const auto renew = after(line, "Renewing: '") ? after(line, "Renewing: '") : after(line, "Renew: '");
    const auto error = after(line, "Error renewing ") ? after(line, "Error renewing ") : after(line, "Error renew ");
    if (renew) current = up_to(*renew, "'");
    else if (line.starts_with("Skip, Next renewal") || line.starts_with("Skipping. Next renewal")) {
      add(output.not_due, current);
    } else if (line.starts_with("Cert success.")) {
      add(output.renewed, current);
    } else if (error) {
      const std::string_view name = trim(*error);
      add(output.failed, name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
    } else if (line.find("Verification error details:") != std::string_view::npos ||
               line.find("Verify error:") != std::string_view::npos || line.starts_with("Can not init api")) {
      errors.say(line);
      if (!current.empty()) add(output.failed, current);
    }
  }
  for (const auto& problem : find_problems(text)) errors.problem(problem);
}

void read_dehydrated(std::string_view text, RenewalOutput& output, Errors& errors) {
  std::string_view current;
  for (const std::string_view line : plugins::split_lines(text)) {
    const auto error = after(line, "ERROR: ") ? after(line, "ERROR: ") : after(line, "  + ERROR: ");
    if (const auto name = after(line, "Processing ")) current = up_to(*name, " with alternative names:");
    else if (line.find("Skipping renew!") != std::string_view::npos) add(output.not_due, current);
    else if (line.starts_with(" + Creating fullchain.pem")) add(output.renewed, current);
    else if (error) {
      const std::size_t hook = error->find(" hook returned with non-zero exit code");
      if (hook != std::string_view::npos) add(output.failed_hooks, std::string(error->substr(0, hook)) + ": failed");
      else errors.say(up_to(*error, " (result: "));
      if (error->starts_with("Lock file")) output.busy = true;
      const auto& renewed = output.renewed;
      if (std::find(renewed.begin(), renewed.end(), stable_line(current)) == renewed.end()) add(output.failed, current);
    }
  }
  for (const auto& problem : find_problems(text)) errors.problem(problem);
}

void read_certbot(std::string_view text, RenewalOutput& output, Errors& errors) {
  Certbot reader(output, errors);
  for (const std::string_view line : plugins::split_lines(text)) reader.line(line);
  reader.end();
}

}  // namespace

RenewalOutput read_renewal_output(Client client, std::string_view text, std::int64_t now) {
  text = text.substr(0, most_output);
  RenewalOutput output;
  Errors errors(now);
  switch (client) {
    case Client::none: break;
    case Client::certbot: read_certbot(text, output, errors); break;
    case Client::lego: read_lego(text, output, errors); break;
    case Client::acme_sh: read_acme_sh(text, output, errors); break;
    case Client::dehydrated: read_dehydrated(text, output, errors); break;
    case Client::command:
      read_certbot(text, output, errors);
      for (const auto& problem : find_problems(text)) errors.problem(problem);
      break;
  }
  errors.into(output);
  return output;
}

}  // namespace maintain::letsencrypt
