// What a run is for. Only `run` runs tasks and writes to the store; the others only look.
#pragma once

namespace maintain {

enum class Purpose {
  run,
  plan,          // what is due and why; from cached configurations where they are fresh enough
  ping,          // connect, facts, round trip time
  check_config,  // fetch, parse, and ask the plugins about their options
};

}  // namespace maintain
