/* The contract from C99: this file is host and plugin in one, knows only <maintain/plugin.h>, and uses every struct.
 * Layouts are checked as numbers: what is released must not move (64-bit machines). */
#include <maintain/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      ++failures;                                                            \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                        \
  } while (0)

static maintain_text text(const char *words) {
  maintain_text result;
  result.data = words;
  result.size = strlen(words);
  return result;
}

static int same(maintain_text a, const char *words) {
  return a.size == strlen(words) && memcmp(a.data, words, (size_t)a.size) == 0;
}

/* ---- the host's side: a world that remembers what it was asked ---------------------------------------------- */

typedef struct world {
  char log[128], summary[128], state[128], error[128], locked[32];
  uint32_t findings, metrics, progress, outputs;
  int64_t now;
} world;

static void keep(char *into, size_t room, maintain_text words) {
  const size_t size = words.size < room ? (size_t)words.size : room - 1;
  memcpy(into, words.data, size);
  into[size] = '\0';
}

static world *world_of(const maintain_host *host) { return host->context; }

static maintain_status give(const maintain_sink *sink, const char *words) {
  return sink->write(sink->context, words, strlen(words));
}

static maintain_status refuse(maintain_error *error, maintain_status status, const char *why) {
  const maintain_text nothing = {NULL, 0};
  if (error != NULL && error->set != NULL) error->set(error->context, status, text(why), nothing);
  return status;
}

static maintain_status exec_run(const maintain_host *host, const maintain_command *command, maintain_exit *exit,
                                maintain_error *error) {
  (void)host;
  if (!(command->flags & MAINTAIN_COMMAND_READ_ONLY)) return refuse(error, MAINTAIN_REFUSED, "not read-only");
  CHECK(command->argc == 1 && same(command->argv[0], "uptime"));
  CHECK(command->envc == 1 && same(command->env[0], "LC_ALL=C"));
  exit->status = 0;
  exit->signal = 0;
  exit->truncated = 0;
  exit->duration_ms = 12;
  return give(command->output, "up 3 days");
}

static maintain_status exec_reconnect(const maintain_host *host, int64_t timeout_ms, maintain_error *error) {
  (void)host;
  return timeout_ms > 0 ? MAINTAIN_OK : refuse(error, MAINTAIN_UNREACHABLE, "no time");
}

static maintain_status job_find(const maintain_host *host, maintain_text name, maintain_job_phase *phase,
                                maintain_error *error) {
  (void)host;
  (void)error;
  *phase = same(name, "old") ? MAINTAIN_JOB_FINISHED : MAINTAIN_JOB_NONE;
  return MAINTAIN_OK;
}

static maintain_status job_start(const maintain_host *host, maintain_text name, const maintain_command *command,
                                 maintain_error *error) {
  (void)host;
  (void)command;
  return same(name, "old") ? refuse(error, MAINTAIN_BUSY, "exists") : MAINTAIN_OK;
}

static maintain_status job_follow(const maintain_host *host, maintain_text name, uint64_t *offset,
                                  const maintain_sink *output, int64_t timeout_ms, int64_t idle_timeout_ms,
                                  maintain_exit *exit, maintain_error *error) {
  (void)host;
  (void)name;
  (void)timeout_ms;
  (void)idle_timeout_ms;
  (void)error;
  *offset += 4;
  exit->status = 7;
  return give(output, "done");
}

static maintain_status job_stop(const maintain_host *host, maintain_text name, int64_t grace_ms,
                                maintain_error *error) {
  (void)host;
  (void)name;
  (void)grace_ms;
  (void)error;
  return MAINTAIN_OK;
}

static maintain_status job_collect(const maintain_host *host, maintain_text name, maintain_error *error) {
  (void)host;
  (void)name;
  (void)error;
  return MAINTAIN_OK;
}

static maintain_status files_stat(const maintain_host *host, maintain_text path, maintain_text become_user,
                                  maintain_file_info *info, maintain_error *error) {
  (void)host;
  (void)become_user;
  if (!same(path, "/etc/hostname")) return refuse(error, MAINTAIN_NOT_FOUND, "no such file");
  info->kind = MAINTAIN_FILE_REGULAR;
  info->mode = 0644;
  info->size = 5;
  return MAINTAIN_OK;
}

static maintain_status files_read(const maintain_host *host, maintain_text path, maintain_text become_user,
                                  uint64_t limit, const maintain_sink *sink, maintain_error *error) {
  (void)host;
  (void)path;
  (void)become_user;
  (void)limit;
  (void)error;
  return give(sink, "web1\n");
}

static maintain_status files_put(const maintain_host *host, maintain_text path, maintain_text become_user,
                                 uint32_t mode, maintain_text content, maintain_error *error) {
  (void)host;
  (void)path;
  (void)become_user;
  (void)mode;
  (void)content;
  return refuse(error, MAINTAIN_REFUSED, "dry run");
}

static maintain_status local_directory(const maintain_host *host, const maintain_sink *path, maintain_error *error) {
  (void)host;
  (void)error;
  return give(path, "/var/lib/maintain/tasks/web1");
}

static maintain_status local_remote_shell(const maintain_host *host, uint32_t with_destination,
                                          const maintain_sink *words, maintain_error *error) {
  (void)host;
  (void)error;
  return give(words, with_destination ? "[\"ssh\",\"web1\"]" : "[\"ssh\"]");
}

static maintain_status report_finding(const maintain_host *host, const maintain_finding *finding,
                                      maintain_error *error) {
  if (finding->code.size == 0) return refuse(error, MAINTAIN_INVALID_ARGUMENT, "no code");
  ++world_of(host)->findings;
  return MAINTAIN_OK;
}

static void report_progress(const maintain_host *host, uint64_t done, uint64_t total, maintain_text unit) {
  (void)unit;
  if (done <= total) ++world_of(host)->progress;
}

static maintain_status report_metric(const maintain_host *host, maintain_text name, maintain_text subject,
                                     double value, maintain_text unit, maintain_error *error) {
  (void)name;
  (void)subject;
  (void)value;
  (void)unit;
  (void)error;
  ++world_of(host)->metrics;
  return MAINTAIN_OK;
}

static void report_summary(const maintain_host *host, maintain_text line) {
  keep(world_of(host)->summary, sizeof world_of(host)->summary, line);
}

static void report_output(const maintain_host *host, maintain_text words) {
  (void)words;
  ++world_of(host)->outputs;
}

static maintain_status state_get(const maintain_host *host, const maintain_sink *json, maintain_error *error) {
  (void)error;
  return give(json, world_of(host)->state);
}

static maintain_status state_set(const maintain_host *host, maintain_text json, maintain_error *error) {
  (void)error;
  keep(world_of(host)->state, sizeof world_of(host)->state, json);
  return MAINTAIN_OK;
}

static maintain_status facts_get(const maintain_host *host, const maintain_sink *json, maintain_error *error) {
  (void)host;
  (void)error;
  return give(json, "{\"os_id\":\"debian\"}");
}

static maintain_status lock_acquire(const maintain_host *host, maintain_text name, uint32_t count, int64_t lease_ms,
                                    int64_t wait_ms, maintain_error *error) {
  (void)lease_ms;
  (void)wait_ms;
  if (count == 0) return refuse(error, MAINTAIN_BUSY, "held by web2");
  keep(world_of(host)->locked, sizeof world_of(host)->locked, name);
  return MAINTAIN_OK;
}

static maintain_status lock_release(const maintain_host *host, maintain_text name, maintain_error *error) {
  (void)name;
  (void)error;
  world_of(host)->locked[0] = '\0';
  return MAINTAIN_OK;
}

static maintain_status local_run_confined(const maintain_host *host, const maintain_command *command,
                                          const maintain_confinement *confinement, maintain_exit *exit,
                                          maintain_error *error) {
  CHECK(MAINTAIN_HAS(confinement, writable) && confinement->flags == 0);
  CHECK(confinement->readable_count == 1 && same(confinement->readable[0], "/usr"));
  CHECK(confinement->writable_count == 0);
  return exec_run(host, command, exit, error);
}

static int64_t clock_now(const maintain_host *host) { return world_of(host)->now; }

static maintain_status clock_sleep(const maintain_host *host, int64_t span) {
  world_of(host)->now += span;
  return MAINTAIN_OK;
}

static const maintain_exec_1 exec_table = {sizeof exec_table, exec_run, exec_reconnect};
static const maintain_job_1 job_table = {sizeof job_table, job_find, job_start, job_follow, job_stop, job_collect};
static const maintain_files_1 files_table = {sizeof files_table, files_stat, files_read, files_put};
static const maintain_local_1 local_table = {sizeof local_table, exec_run, local_directory, local_remote_shell,
                                             local_run_confined};
static const maintain_report_1 report_table = {sizeof report_table, report_finding, report_progress, report_metric,
                                               report_summary,      report_output};
static const maintain_state_1 state_table = {sizeof state_table, state_get, state_set, state_set};
static const maintain_facts_1 facts_table = {sizeof facts_table, facts_get};
static const maintain_lock_1 lock_table = {sizeof lock_table, lock_acquire, lock_release};
static const maintain_clock_1 clock_table = {sizeof clock_table, clock_now, clock_now, clock_sleep};

static const void *get_extension(const maintain_host *host, maintain_text id) {
  (void)host;
  if (same(id, MAINTAIN_EXEC_1)) return &exec_table;
  if (same(id, MAINTAIN_JOB_1)) return &job_table;
  if (same(id, MAINTAIN_FILES_1)) return &files_table;
  if (same(id, MAINTAIN_LOCAL_1)) return &local_table;
  if (same(id, MAINTAIN_REPORT_1)) return &report_table;
  if (same(id, MAINTAIN_STATE_1)) return &state_table;
  if (same(id, MAINTAIN_FACTS_1)) return &facts_table;
  if (same(id, MAINTAIN_LOCK_1)) return &lock_table;
  if (same(id, MAINTAIN_CLOCK_1)) return &clock_table;
  return NULL;
}

static void host_log(const maintain_host *host, maintain_level level, maintain_text line) {
  if (level == MAINTAIN_LEVEL_INFO) keep(world_of(host)->log, sizeof world_of(host)->log, line);
}

static uint32_t host_is_cancelled(const maintain_host *host) {
  (void)host;
  return 0;
}

/* ---- the plugin's side -------------------------------------------------------------------------------------- */

typedef struct buffer {
  char bytes[256];
  size_t size;
} buffer;

static maintain_status append(void *context, const void *data, uint64_t size) {
  buffer *into = context;
  if (size > sizeof into->bytes - 1 - into->size) return MAINTAIN_FAILED;
  memcpy(into->bytes + into->size, data, (size_t)size);
  into->size += (size_t)size;
  into->bytes[into->size] = '\0';
  return MAINTAIN_OK;
}

typedef struct everything {
  maintain_task table;
  const maintain_host *host;
} everything;

static maintain_status task_validate(const maintain_task *task, maintain_text options, maintain_error *problem) {
  (void)task;
  return same(options, "{}") ? MAINTAIN_OK : refuse(problem, MAINTAIN_INVALID_ARGUMENT, "no options are known");
}

/* Calls every function of every table, as one task. */
static maintain_status task_run(const maintain_task *task, const maintain_request *request,
                                maintain_outcome *outcome, maintain_error *error) {
  const maintain_host *host = ((const everything *)task->context)->host;
  const maintain_exec_1 *exec = host->get_extension(host, text(MAINTAIN_EXEC_1));
  const maintain_job_1 *job = host->get_extension(host, text(MAINTAIN_JOB_1));
  const maintain_files_1 *files = host->get_extension(host, text(MAINTAIN_FILES_1));
  const maintain_local_1 *local = host->get_extension(host, text(MAINTAIN_LOCAL_1));
  const maintain_report_1 *report = host->get_extension(host, text(MAINTAIN_REPORT_1));
  const maintain_state_1 *state = host->get_extension(host, text(MAINTAIN_STATE_1));
  const maintain_facts_1 *facts = host->get_extension(host, text(MAINTAIN_FACTS_1));
  const maintain_lock_1 *lock = host->get_extension(host, text(MAINTAIN_LOCK_1));
  const maintain_clock_1 *clock = host->get_extension(host, text(MAINTAIN_CLOCK_1));
  const maintain_text nobody = {NULL, 0};
  const maintain_text words[] = {{"uptime", 6}};
  const maintain_text variables[] = {{"LC_ALL=C", 8}};
  const maintain_text readable[] = {{"/usr", 4}};
  buffer taken = {{0}, 0};
  const maintain_sink sink = {sizeof(maintain_sink), &taken, append};
  maintain_command command;
  maintain_confinement confinement;
  maintain_exit exit;
  maintain_file_info info;
  maintain_finding finding;
  maintain_job_phase phase = MAINTAIN_JOB_LOST;
  uint64_t offset = 0;

  CHECK(request->mode == MAINTAIN_MODE_CHECK && same(request->server, "web1"));
  CHECK(host->get_extension(host, text("maintain.exec/2")) == NULL);

  memset(&command, 0, sizeof command);
  command.struct_size = sizeof command;
  command.argc = 1;
  command.argv = words;
  command.envc = 1;
  command.env = variables;
  command.output = &sink;
  memset(&exit, 0, sizeof exit);
  exit.struct_size = sizeof exit;
  CHECK(exec->run(host, &command, &exit, NULL) == MAINTAIN_REFUSED);
  command.flags = MAINTAIN_COMMAND_READ_ONLY | 0x80000000u; /* unknown bits are ignored */
  CHECK(exec->run(host, &command, &exit, error) == MAINTAIN_OK && strcmp(taken.bytes, "up 3 days") == 0);
  CHECK(local->run(host, &command, &exit, error) == MAINTAIN_OK && exit.duration_ms == 12);
  memset(&confinement, 0, sizeof confinement);
  confinement.struct_size = sizeof confinement;
  confinement.readable_count = 1;
  confinement.readable = readable;
  CHECK(MAINTAIN_HAS(local, run_confined));
  CHECK(local->run_confined(host, &command, &confinement, &exit, error) == MAINTAIN_OK);
  CHECK(exec->reconnect(host, 1, error) == MAINTAIN_OK);

  taken.size = 0;
  CHECK(job->find(host, text("old"), &phase, error) == MAINTAIN_OK && phase == MAINTAIN_JOB_FINISHED);
  CHECK(job->start(host, text("old"), &command, NULL) == MAINTAIN_BUSY);
  CHECK(job->follow(host, text("old"), &offset, &sink, 0, 0, &exit, error) == MAINTAIN_OK);
  CHECK(offset == 4 && exit.status == 7 && strcmp(taken.bytes, "done") == 0);
  CHECK(job->stop(host, text("old"), 0, error) == MAINTAIN_OK);
  CHECK(job->collect(host, text("old"), error) == MAINTAIN_OK);

  taken.size = 0;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK(files->stat(host, text("/etc/hostname"), nobody, &info, error) == MAINTAIN_OK && info.size == 5);
  CHECK(files->stat(host, text("/etc/nothing"), nobody, &info, NULL) == MAINTAIN_NOT_FOUND);
  CHECK(files->read(host, text("/etc/hostname"), nobody, 0, &sink, error) == MAINTAIN_OK);
  CHECK(strcmp(taken.bytes, "web1\n") == 0);
  CHECK(files->put(host, text("/etc/hostname"), nobody, 0644, text("x"), NULL) == MAINTAIN_REFUSED);

  taken.size = 0;
  CHECK(local->directory(host, &sink, error) == MAINTAIN_OK);
  CHECK(local->remote_shell(host, 0, &sink, error) == MAINTAIN_OK);
  CHECK(strcmp(taken.bytes, "/var/lib/maintain/tasks/web1[\"ssh\"]") == 0);

  memset(&finding, 0, sizeof finding);
  finding.struct_size = sizeof finding;
  finding.state = MAINTAIN_STATE_WARNING;
  finding.title = text("something");
  CHECK(report->finding(host, &finding, NULL) == MAINTAIN_INVALID_ARGUMENT);
  finding.code = text("abi.something");
  CHECK(report->finding(host, &finding, error) == MAINTAIN_OK);
  CHECK(report->metric(host, text("days"), nobody, 3.0, nobody, error) == MAINTAIN_OK);
  report->progress(host, 1, 2, text("steps"));
  report->output(host, text("words"));
  report->summary(host, text("all of it"));

  taken.size = 0;
  CHECK(state->set(host, text("{\"a\":1}"), error) == MAINTAIN_OK);
  CHECK(state->get(host, &sink, error) == MAINTAIN_OK && strcmp(taken.bytes, "{\"a\":1}") == 0);
  CHECK(state->checkpoint(host, text("{\"a\":2}"), error) == MAINTAIN_OK);
  taken.size = 0;
  CHECK(facts->get(host, &sink, error) == MAINTAIN_OK && strstr(taken.bytes, "debian") != NULL);
  CHECK(lock->acquire(host, text("db"), 0, 1, 0, NULL) == MAINTAIN_BUSY);
  CHECK(lock->acquire(host, text("db"), 1, 1, 0, error) == MAINTAIN_OK);
  CHECK(lock->release(host, text("db"), error) == MAINTAIN_OK);
  CHECK(clock->sleep_ms(host, 500) == MAINTAIN_OK);
  CHECK(clock->now_ms(host) == 1500 && clock->monotonic_ms(host) == 1500);
  host->log(host, MAINTAIN_LEVEL_INFO, text("over"));
  *outcome = host->is_cancelled(host) ? MAINTAIN_OUTCOME_SKIPPED : MAINTAIN_OUTCOME_CHANGED;
  return MAINTAIN_OK;
}

static void task_destroy(const maintain_task *task) { free(task->context); }

static maintain_status create(const maintain_host *host, maintain_text task_type, const maintain_task **task,
                              maintain_error *error) {
  everything *made;
  if (!same(task_type, "abi.everything")) return refuse(error, MAINTAIN_NOT_FOUND, "no such task type");
  made = calloc(1, sizeof *made);
  if (made == NULL) return refuse(error, MAINTAIN_INTERNAL, "out of memory");
  made->host = host;
  made->table.struct_size = sizeof made->table;
  made->table.context = made;
  made->table.validate = task_validate;
  made->table.run = task_run;
  made->table.destroy = task_destroy;
  *task = &made->table;
  return MAINTAIN_OK;
}

const maintain_plugin *maintain_plugin_v1(void) {
  static const maintain_plugin table = {sizeof(maintain_plugin), MAINTAIN_ABI_MAJOR, 0, {"abi", 3}, {"1.0", 3}, create};
  return &table;
}

/* ---- the test ----------------------------------------------------------------------------------------------- */

static void remember_error(void *context, maintain_status status, maintain_text message, maintain_text detail) {
  (void)status;
  (void)detail;
  keep(((world *)context)->error, sizeof ((world *)context)->error, message);
}

static void check_layout(const char *what, size_t offset, size_t size, size_t wanted_offset, size_t wanted_size) {
  if (offset == wanted_offset && size == wanted_size) return;
  ++failures;
  fprintf(stderr, "%s has moved: offset %lu, size %lu\n", what, (unsigned long)offset, (unsigned long)size);
}

static void layouts_have_not_moved(void) {
  if (sizeof(void *) != 8) return;
#define STRUCT(type, size) check_layout(#type, 0, sizeof(type), 0, size);
#define FIELD(type, field, offset, size) \
  check_layout(#type "." #field, offsetof(type, field), sizeof(((type *)NULL)->field), offset, size);
#include "abi_layout.def"
}

static void a_longer_struct_is_known_by_its_size(void) {
  maintain_exit exit;
  maintain_request request;
  exit.struct_size = (uint32_t)offsetof(maintain_exit, duration_ms);
  CHECK(MAINTAIN_HAS(&exit, truncated));
  CHECK(!MAINTAIN_HAS(&exit, duration_ms));
  exit.struct_size = (uint32_t)sizeof exit + 8;
  CHECK(MAINTAIN_HAS(&exit, duration_ms));
  request.struct_size = (uint32_t)sizeof request;
  CHECK(MAINTAIN_HAS(&request, reattach));
  request.struct_size = (uint32_t)offsetof(maintain_request, reattach);
  CHECK(MAINTAIN_HAS(&request, deadline_ms) && !MAINTAIN_HAS(&request, reattach));
}

int main(void) {
  const maintain_plugin *plugin = maintain_plugin_v1();
  const maintain_task *task = NULL;
  maintain_outcome outcome = MAINTAIN_OUTCOME_FAILED;
  maintain_request request;
  maintain_host host;
  maintain_error error;
  world here;

  layouts_have_not_moved();
  a_longer_struct_is_known_by_its_size();

  memset(&here, 0, sizeof here);
  strcpy(here.state, "{}");
  here.now = 1000;
  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.abi_major = MAINTAIN_ABI_MAJOR;
  host.abi_minor = MAINTAIN_ABI_MINOR;
  host.version = text("0");
  host.context = &here;
  host.get_extension = get_extension;
  host.log = host_log;
  host.is_cancelled = host_is_cancelled;
  error.struct_size = sizeof error;
  error.context = &here;
  error.set = remember_error;
  memset(&request, 0, sizeof request);
  request.struct_size = sizeof request;
  request.mode = MAINTAIN_MODE_CHECK;
  request.server = text("web1");
  request.options = text("{}");

  CHECK(plugin == maintain_plugin_v1());
  CHECK(plugin->create(&host, text("abi.nothing"), &task, &error) == MAINTAIN_NOT_FOUND);
  CHECK(strcmp(here.error, "no such task type") == 0);
  CHECK(plugin->create(&host, text("abi.everything"), &task, &error) == MAINTAIN_OK);
  if (task == NULL) return 1;
  CHECK(task->validate(task, text("{\"a\":1}"), NULL) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(task->validate(task, text("{}"), &error) == MAINTAIN_OK);
  CHECK(task->run(task, &request, &outcome, &error) == MAINTAIN_OK);
  task->destroy(task);

  CHECK(outcome == MAINTAIN_OUTCOME_CHANGED);
  CHECK(here.findings == 1 && here.metrics == 1 && here.progress == 1 && here.outputs == 1);
  CHECK(strcmp(here.summary, "all of it") == 0 && strcmp(here.log, "over") == 0);
  CHECK(strcmp(here.state, "{\"a\":2}") == 0 && here.locked[0] == '\0');
  return failures == 0 ? 0 : 1;
}
