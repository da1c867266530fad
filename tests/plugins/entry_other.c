/* An entry whose table is another plugin's than the note's. */
#include <maintain/plugin.h>

static maintain_status create(const maintain_host *host, maintain_text task_type, const maintain_task **task,
                              maintain_error *error) {
  (void)host;
  (void)task_type;
  (void)task;
  (void)error;
  return MAINTAIN_NOT_FOUND;
}

const maintain_plugin *maintain_plugin_v1(void) {
  static const maintain_plugin table = {
      sizeof(maintain_plugin), MAINTAIN_ABI_MAJOR, 0, {"somebody-else", 13}, {"1.0.0", 5}, create};
  return &table;
}
