// Colours for a terminal; nothing at all where they are not wanted.
#pragma once

#include <string>
#include <string_view>

#include "model/finding.hpp"
#include "model/run.hpp"
#include "report/render_text.hpp"

namespace maintain {

inline std::string paint(std::string_view text, std::string_view code, const TextStyle& style) {
  if (!style.color || code.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

inline std::string_view color_of(State state) {
  switch (state) {
    case State::ok: return "32";
    case State::warning: return "33";
    case State::critical: return "1;31";
    case State::unknown: return "35";
  }
  return "";
}

inline std::string_view color_of(Outcome outcome) {
  if (is_failure(outcome)) return "31";
  return is_success(outcome) ? "" : "33";
}

}  // namespace maintain
