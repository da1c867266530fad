#include "letsencrypt/probe/probe.hpp"
#include "letsencrypt/renew/tasks.hpp"

namespace maintain::letsencrypt {

CheckTask::CheckTask() : CheckTask(probe_from_here) {}

std::optional<std::string> CheckTask::validate(const sdk::Json& options) {
  read_options(options, Client::none);
  return std::nullopt;
}

sdk::Outcome CheckTask::run(sdk::Context& context) {
  const Options options = read_options(context.options(), Client::none);
  Memory memory = memory_from_json(context.state(), context.now());
  Looked looked;
  survey(context, options, looked);
  probe(context, options, probe_, looked);
  const Audit result = audit(audit_input(context, options, looked, memory));
  tell(context, result, memory);
  context.set_state(to_json(memory));
  context.summary(summary_of(result));
  return sdk::Outcome::ok;
}

}  // namespace maintain::letsencrypt
