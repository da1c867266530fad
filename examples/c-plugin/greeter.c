/* A plugin in C99: runs `id -un` on the server and makes its answer the summary. */
#include <stdlib.h>
#include <string.h>

#include <maintain/plugin.h>

#define LITERAL(text) {text, sizeof(text) - 1}

static maintain_text text_of(const char *words) {
  const maintain_text text = {words, strlen(words)};
  return text;
}

static int same(maintain_text text, const char *words) {
  return text.size == strlen(words) && memcmp(text.data, words, strlen(words)) == 0;
}

static maintain_status fail(maintain_error *error, maintain_status status, const char *message) {
  const maintain_text no_detail = {NULL, 0};
  if (error != NULL && error->set != NULL) error->set(error->context, status, text_of(message), no_detail);
  return status;
}

/* Collects a command's output, up to what fits. */
typedef struct answer {
  char bytes[256];
  size_t size;
} answer;

static maintain_status take(void *context, const void *data, uint64_t size) {
  answer *into = context;
  const size_t room = sizeof into->bytes - into->size;
  const size_t taken = size < room ? (size_t)size : room;
  memcpy(into->bytes + into->size, data, taken);
  into->size += taken;
  return MAINTAIN_OK;
}

/* One created task: the C interface's table and what this plugin keeps for it. */
typedef struct whoami {
  maintain_task table;
  const maintain_host *host;
} whoami;

static maintain_status validate(const maintain_task *task, maintain_text options, maintain_error *problem) {
  (void)task;
  (void)options;
  (void)problem;
  return MAINTAIN_OK; /* the schema allows no options */
}

static maintain_status run(const maintain_task *task, const maintain_request *request, maintain_outcome *outcome,
                           maintain_error *error) {
  const maintain_host *host = ((const whoami *)task->context)->host;
  const maintain_exec_1 *exec = host->get_extension(host, text_of(MAINTAIN_EXEC_1));
  const maintain_report_1 *report = host->get_extension(host, text_of(MAINTAIN_REPORT_1));
  const maintain_text words[] = {LITERAL("id"), LITERAL("-un")};
  answer user = {{0}, 0};
  const maintain_sink sink = {sizeof sink, &user, take};
  maintain_command command;
  maintain_exit exit;
  maintain_text line;
  maintain_status status;

  (void)request;
  if (exec == NULL || report == NULL) return fail(error, MAINTAIN_UNSUPPORTED, "the host lacks exec or report");
  memset(&command, 0, sizeof command);
  command.struct_size = sizeof command;
  command.flags = MAINTAIN_COMMAND_READ_ONLY;
  command.argc = 2;
  command.argv = words;
  command.output = &sink;
  memset(&exit, 0, sizeof exit);
  exit.struct_size = sizeof exit;

  status = exec->run(host, &command, &exit, error);
  if (status != MAINTAIN_OK) return status; /* the host has told the error already */
  if (exit.status != 0) return fail(error, MAINTAIN_FAILED, "id failed on the server");

  while (user.size > 0 && user.bytes[user.size - 1] == '\n') --user.size;
  line.data = user.bytes;
  line.size = user.size;
  report->summary(host, line);
  *outcome = MAINTAIN_OUTCOME_OK;
  return MAINTAIN_OK;
}

static void destroy(const maintain_task *task) { free(task->context); }

static maintain_status create(const maintain_host *host, maintain_text task_type, const maintain_task **task,
                              maintain_error *error) {
  whoami *made;
  if (!same(task_type, "greeter.whoami")) return fail(error, MAINTAIN_NOT_FOUND, "no such task type");
  made = calloc(1, sizeof *made);
  if (made == NULL) return fail(error, MAINTAIN_INTERNAL, "out of memory");
  made->host = host;
  made->table.struct_size = sizeof made->table;
  made->table.context = made;
  made->table.validate = validate;
  made->table.run = run;
  made->table.destroy = destroy;
  *task = &made->table;
  return MAINTAIN_OK;
}

const maintain_plugin *maintain_plugin_v1(void) {
  static const maintain_plugin table = {sizeof(maintain_plugin),    MAINTAIN_ABI_MAJOR,
                                        MAINTAIN_PLUGIN_ABI_MINOR,  LITERAL(MAINTAIN_PLUGIN_ID),
                                        LITERAL(MAINTAIN_PLUGIN_VERSION), create};
  return &table;
}
