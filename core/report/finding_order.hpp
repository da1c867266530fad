// The order of findings that nothing tells apart but what they say.
#pragma once

#include "base/text.hpp"
#include "model/finding.hpp"

namespace maintain {

// For findings of one task with one code. By title, which is what is read: the errors of a configuration file begin
// with the file and the line, and so come as they stand there.
inline bool reads_before(const Finding& a, const Finding& b) {
  if (natural_less(a.title, b.title)) return true;
  if (natural_less(b.title, a.title)) return false;
  return a.subject < b.subject;
}

}  // namespace maintain
