/* Calls what no library has: with RTLD_NOW it fails when it is loaded, not in the middle of a task. */
#include <maintain/plugin.h>

const maintain_plugin *maintain_test_symbol_that_nobody_defines(void);

const maintain_plugin *maintain_plugin_v1(void) { return maintain_test_symbol_that_nobody_defines(); }
