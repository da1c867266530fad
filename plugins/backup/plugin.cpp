#include <maintain/plugin.hpp>

#include "backup/database/database_task.hpp"
#include "backup/drill/drill_task.hpp"
#include "backup/restore/restore_task.hpp"
#include "backup/tree/directory_task.hpp"
#include "backup/volume/volume_task.hpp"

using namespace maintain::plugins::backup;
using maintain::sdk::task;

MAINTAIN_PLUGIN(backup, task<DatabaseTask>("backup.database"), task<DirectoryTask>("backup.directory"),
                task<VolumeTask>("backup.docker_volume"), task<DrillTask>("backup.drill"),
                task<RestoreTask>("backup.restore"))
