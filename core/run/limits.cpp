#include "run/limits.hpp"

#include "base/text.hpp"

namespace maintain {

Finding bounded(Finding finding) {
  finding.code = shorten(finding.code, name_limit);
  finding.subject = shorten(finding.subject, line_limit);
  finding.title = shorten(finding.title, line_limit);
  finding.detail = shorten(finding.detail, text_limit);
  finding.action = shorten(finding.action, line_limit);
  return finding;
}

std::string clean_line(const std::string& text) { return shorten(printable(text), line_limit); }

Finding clean(const Finding& finding) {
  Finding cleaned = finding;
  cleaned.code = printable(finding.code);
  cleaned.subject = printable(finding.subject);
  cleaned.title = printable(finding.title);
  cleaned.detail = printable(finding.detail, true);
  cleaned.action = printable(finding.action, true);
  return bounded(std::move(cleaned));
}

Error clean(const Error& error) {
  Error cleaned{error.kind, clean_line(error.message), clean_line(error.hint), error.where};
  if (cleaned.where) cleaned.where->file = clean_line(cleaned.where->file);
  return cleaned;
}

PlannedTask clean(PlannedTask task) {
  TaskSpec& spec = task.spec;
  for (std::string* text : {&task.reason, &spec.use, &spec.when, &spec.timezone, &spec.permission,
                            &spec.legacy_status_key, &spec.legacy_nickname, &spec.where.file})
    *text = clean_line(*text);
  for (std::string& name : spec.after) name = clean_line(name);
  return task;
}

}  // namespace maintain
