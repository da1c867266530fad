// What a server answers about a job. The answer's bytes must lie within it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "plugin/remote_job.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const auto poll = maintain::parse_job_poll(answer);
  if (poll && poll->bytes.size() >= size) std::abort();
  return 0;
}
