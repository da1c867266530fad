#include "uptime_task.hpp"

MAINTAIN_PLUGIN(hello, maintain::sdk::task<UptimeTask>("hello.uptime"))
