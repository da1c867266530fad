#include "command_task.hpp"

MAINTAIN_PLUGIN(command, maintain::sdk::task<maintain::command::CommandRun>("command.run"))
