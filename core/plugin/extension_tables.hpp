// The C tables of the extensions, one file each: host_NAME.cpp. The order of a table's members is the contract's.
#pragma once

#include <maintain/plugin.h>

namespace maintain {

extern const maintain_clock_1 clock_table;
extern const maintain_exec_1 exec_table;
extern const maintain_facts_1 facts_table;
extern const maintain_files_1 files_table;
extern const maintain_http_1 http_table;
extern const maintain_job_1 job_table;
extern const maintain_local_1 local_table;
extern const maintain_lock_1 lock_table;
extern const maintain_report_1 report_table;
extern const maintain_state_1 state_table;
extern const maintain_store_1 store_table;

}  // namespace maintain
