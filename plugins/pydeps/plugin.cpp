#include "pydeps/check/check_task.hpp"

MAINTAIN_PLUGIN(pydeps, maintain::sdk::task<maintain::pydeps::CheckTask>("pydeps.check"))
