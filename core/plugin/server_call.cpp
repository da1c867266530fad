#include "plugin/server_call.hpp"

namespace maintain {

HostResult connect_first(Host& host) { return to_host_result(host.session().connect()); }

HostFailure failed_call(const Error& error) {
  HostFailure failure{to_status(error.kind), error};
  if (error.kind == ErrorKind::unreachable) failure.status = MAINTAIN_CONNECTION_LOST;
  return failure;
}

}  // namespace maintain
