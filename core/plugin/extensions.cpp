#include "plugin/extensions.hpp"

#include <algorithm>

#include "plugin/extension_tables.hpp"

namespace maintain {
namespace {

struct Extension {
  std::string_view id;
  const void* table;
};
const Extension extensions[] = {
    {MAINTAIN_CLOCK_1, &clock_table},   {MAINTAIN_EXEC_1, &exec_table},   {MAINTAIN_FACTS_1, &facts_table},
    {MAINTAIN_FILES_1, &files_table},   {MAINTAIN_HTTP_1, &http_table},   {MAINTAIN_JOB_1, &job_table},
    {MAINTAIN_LOCAL_1, &local_table},   {MAINTAIN_LOCK_1, &lock_table},   {MAINTAIN_REPORT_1, &report_table},
    {MAINTAIN_STATE_1, &state_table},   {MAINTAIN_STORE_1, &store_table},
};

}  // namespace

const std::vector<std::string_view>& offered_extensions() {
  static const std::vector<std::string_view> ids = [] {
    std::vector<std::string_view> all;
    for (const Extension& extension : extensions) all.push_back(extension.id);
    return all;
  }();
  return ids;
}

const void* extension_table(std::string_view id) {
  const auto found = std::find_if(std::begin(extensions), std::end(extensions),
                                  [&](const Extension& extension) { return extension.id == id; });
  return found == std::end(extensions) ? nullptr : found->table;
}

bool is_offered_extension(std::string_view id) { return extension_table(id) != nullptr; }

}  // namespace maintain
