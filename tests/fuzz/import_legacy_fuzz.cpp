// maintenance-status.json as anybody might have left it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/import_legacy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const maintain::Time now{maintain::Seconds{1795352621}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto status = maintain::parse_legacy_status("f", text, now);
  if (!status) return 0;
  for (const maintain::LegacyMark& mark : status->marks)
    if (mark.at <= maintain::Time{} || mark.at > now + std::chrono::minutes(5)) std::abort();  // would break schedules
  return 0;
}
