#include "apt/apt_task.hpp"

MAINTAIN_PLUGIN(apt, maintain::sdk::task<maintain::plugins::apt::UpgradeTask>("apt.upgrade"),
                maintain::sdk::task<maintain::plugins::apt::CheckTask>("apt.check"))
