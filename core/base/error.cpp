#include "base/error.hpp"

#include <system_error>

namespace maintain {

std::string to_string(const Position& position) {
  std::string text = position.file;
  if (position.line > 0) text += (text.empty() ? "line " : ":") + std::to_string(position.line);
  if (position.line > 0 && position.column > 0) text += ":" + std::to_string(position.column);
  return text;
}

std::string Error::describe() const {
  std::string text;
  if (where) text = to_string(*where);
  if (!text.empty()) text += ": ";
  text += message;
  if (!hint.empty()) text += " (" + hint + ")";
  return text;
}

std::string to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::configuration: return "configuration";
    case ErrorKind::usage: return "usage";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::unreachable: return "unreachable";
    case ErrorKind::authentication: return "authentication";
    case ErrorKind::host_key: return "host_key";
    case ErrorKind::timed_out: return "timed_out";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::refused: return "refused";
    case ErrorKind::busy: return "busy";
    case ErrorKind::remote: return "remote";
    case ErrorKind::system: return "system";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

Remedy remedy(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::cancelled:
    case ErrorKind::busy: return Remedy::retry;
    case ErrorKind::configuration:
    case ErrorKind::usage:
    case ErrorKind::not_found: return Remedy::configuration;
    default: return Remedy::person;
  }
}

tl::unexpected<Error> fail_errno(std::string what, int error_number) {
  return fail(ErrorKind::system, std::move(what) + ": " + std::generic_category().message(error_number));
}

}  // namespace maintain
