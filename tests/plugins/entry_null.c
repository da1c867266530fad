/* An entry that returns nothing. */
#include <maintain/plugin.h>

const maintain_plugin *maintain_plugin_v1(void) { return NULL; }
