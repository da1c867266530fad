#include "report/exit_status.hpp"

namespace maintain {

ExitStatus exit_status(const Digest& digest) {
  if (digest.person_needed) return ExitStatus::findings;
  return digest.someone_unreachable ? ExitStatus::unreachable : ExitStatus::well;
}

ExitStatus exit_status(const Error& error) {
  switch (error.kind) {
    case ErrorKind::configuration:
    case ErrorKind::usage:
    case ErrorKind::not_found: return ExitStatus::usage;
    case ErrorKind::busy: return ExitStatus::busy;
    case ErrorKind::unreachable:
    case ErrorKind::timed_out: return ExitStatus::unreachable;
    default: return ExitStatus::findings;
  }
}

}  // namespace maintain
