// Calls of the server, for exec, job and files: what tells UNREACHABLE (it never ran) from CONNECTION_LOST (it may have
// run, and may go on).
#pragma once

#include "plugin/host.hpp"

namespace maintain {

// UNREACHABLE and the like: there is no connection and nothing was sent.
HostResult connect_first(Host& host);

// The failure of a call that was made after connect_first().
HostFailure failed_call(const Error& error);

inline HostResult to_call_result(const Result<void>& result) {
  return result ? HostResult{} : HostResult(tl::make_unexpected(failed_call(result.error())));
}

}  // namespace maintain
