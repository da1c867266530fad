#include "plugin/output_copy.hpp"

#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_line = 8192;  // a progress bar without line ends must not pile up here

}  // namespace

OutputCopy::~OutputCopy() {
  try {
    emit(rest_);
  } catch (...) {
    // A destructor must not throw; the end of an output is what is lost.
  }
}

void OutputCopy::add(std::string_view bytes) {
  rest_.append(bytes);
  const auto end = rest_.rfind('\n');
  std::size_t ready = end == std::string::npos ? 0 : end + 1;
  if (rest_.size() - ready > longest_line) ready = rest_.size();
  if (ready == 0) return;
  emit(std::string_view(rest_).substr(0, ready));
  rest_.erase(0, ready);
}

void OutputCopy::emit(std::string_view text) {
  if (text.empty()) return;
  const std::string shown = printable(text, true);
  host_.tell([&](TaskEvents& events) { events.output(shown); });
}

}  // namespace maintain
