#include "reboot/reboot_tasks.hpp"

MAINTAIN_PLUGIN(reboot, maintain::sdk::task<maintain::plugins::reboot::RebootIfNeeded>("reboot.if_needed"),
                maintain::sdk::task<maintain::plugins::reboot::RebootCheck>("reboot.check"))
