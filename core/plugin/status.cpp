#include "plugin/status.hpp"

#include <maintain/plugin.h>

#include <fmt/format.h>

namespace maintain {
namespace {

ErrorKind kind_of(maintain_status status) {
  switch (status) {
    case MAINTAIN_INVALID_ARGUMENT: return ErrorKind::configuration;
    case MAINTAIN_NOT_FOUND: return ErrorKind::not_found;
    case MAINTAIN_REFUSED: return ErrorKind::refused;
    case MAINTAIN_UNREACHABLE:
    case MAINTAIN_CONNECTION_LOST: return ErrorKind::unreachable;
    case MAINTAIN_TIMEOUT: return ErrorKind::timed_out;
    case MAINTAIN_CANCELLED: return ErrorKind::cancelled;
    case MAINTAIN_BUSY: return ErrorKind::busy;
    case MAINTAIN_UNSUPPORTED:
    case MAINTAIN_FAILED: return ErrorKind::remote;
    default: return ErrorKind::internal;
  }
}

}  // namespace

maintain_status to_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::configuration:
    case ErrorKind::usage: return MAINTAIN_INVALID_ARGUMENT;
    case ErrorKind::not_found: return MAINTAIN_NOT_FOUND;
    case ErrorKind::unreachable: return MAINTAIN_UNREACHABLE;
    case ErrorKind::authentication:
    case ErrorKind::host_key: return MAINTAIN_UNREACHABLE;
    case ErrorKind::timed_out: return MAINTAIN_TIMEOUT;
    case ErrorKind::cancelled: return MAINTAIN_CANCELLED;
    case ErrorKind::refused: return MAINTAIN_REFUSED;
    case ErrorKind::busy: return MAINTAIN_BUSY;
    case ErrorKind::remote:
    case ErrorKind::system: return MAINTAIN_FAILED;
    case ErrorKind::internal: return MAINTAIN_INTERNAL;
  }
  return MAINTAIN_INTERNAL;
}

Error to_error(maintain_status status, const std::string& message) {
  if (!message.empty()) return {kind_of(status), message, {}, {}};
  return {kind_of(status), fmt::format("the task gave up without a reason (status {})", status), {}, {}};
}

Outcome outcome_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unreachable: return Outcome::unreachable;
    case ErrorKind::timed_out: return Outcome::timed_out;
    case ErrorKind::cancelled: return Outcome::cancelled;
    default: return Outcome::failed;
  }
}

}  // namespace maintain
