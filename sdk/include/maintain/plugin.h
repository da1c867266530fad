/* maintain/plugin.h: the contract between maintain (the host) and a task plugin. C99, ABI major version 1.
 *
 * NOT FROZEN YET. Until 1.0 is released anything here may still change: build plugins with the headers of the maintain
 * that is to load them. What is said below of growing and of versions holds from that release on.
 *
 * A plugin is a shared library with one visible symbol, maintain_plugin_v1, and an ELF note named "maintain" of
 * type 1 that holds its manifest as JSON. The host reads the note without loading the library; the library is
 * loaded only when one of its tasks is due. C++ authors include <maintain/plugin.hpp>, which wraps all of this.
 *
 * TRUST. A plugin runs in a worker process with the privileges of maintain. That process is there for crashes and
 * hangs, not for malice: install only plugins you trust as much as maintain itself. What comes from a maintained
 * server is never trusted, by the host or by a plugin.
 *
 * CONVENTIONS
 *  - Text is UTF-8 as (data, size); it need not end in NUL. data may be NULL only when size is 0.
 *  - Everything passed to a call is borrowed until the call returns. Copy what you keep.
 *  - Bytes come back through a maintain_sink that the receiver provides; nobody frees the other side's memory.
 *  - Every struct starts with struct_size, set by the side that allocates it. The other side reads or writes a
 *    field past the first release's fields only if MAINTAIN_HAS(pointer, field). Structs only grow at the end.
 *    A struct that ends before the first release's last field is refused; a longer one than known is not.
 *    Nobody copies, embeds or makes arrays of a struct that the other side defined.
 *  - A call that can fail returns a maintain_status and fills the maintain_error it was given; NULL is legal there.
 *  - Nothing throws across the boundary; no errno, FILE*, file descriptor or allocator crosses it.
 *  - Times are int64_t milliseconds: since 1970-01-01T00:00:00Z for moments, plain for spans.
 *  - Unknown flag bits are ignored; an unknown enumeration value means "other".
 *
 * THREADS. [task-thread]: only on the thread that called the plugin, during that call. [any-thread]: from any
 * thread the plugin started, until run() returns. A plugin's own threads must have ended when run() returns.
 *
 * LIFECYCLE. maintain_plugin_v1 -> create -> validate* -> run -> destroy; one run per created task. get_extension
 * may be called from create on; extension functions only during run (INVALID_STATE before that).
 *
 * NEVER in a plugin: fork, exec, exit, chdir, setenv, signal handlers, static constructors with effects. The host
 * runs programs for you (maintain.exec/1 on the server, maintain.local/1 on the maintenance server).
 */
#ifndef MAINTAIN_PLUGIN_H
#define MAINTAIN_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAINTAIN_ABI_MAJOR 1u
#define MAINTAIN_ABI_MINOR 0u

/* The one symbol a plugin exports, and the ELF note that carries its manifest. */
#define MAINTAIN_PLUGIN_SYMBOL "maintain_plugin_v1"
#define MAINTAIN_NOTE_NAME "maintain"
#define MAINTAIN_NOTE_TYPE 1u
#define MAINTAIN_NOTE_SECTION ".note.maintain"

#if defined(__GNUC__)
#define MAINTAIN_EXPORT __attribute__((visibility("default")))
#else
#define MAINTAIN_EXPORT
#endif

/* Whether the struct that p points to is long enough to have this field. @since 1.0 */
#define MAINTAIN_HAS(p, field) \
  ((size_t)(p)->struct_size >= (size_t)((const char *)&(p)->field - (const char *)(p)) + sizeof((p)->field))

/* ---- plain values ------------------------------------------------------------------------------------------ */

/* UTF-8 text or, where said so, bytes. Borrowed. @since 1.0 */
typedef struct maintain_text {
  const char *data;
  uint64_t size;
} maintain_text;

/* What a call came to. @since 1.0 */
typedef uint32_t maintain_status;
#define MAINTAIN_OK 0u
#define MAINTAIN_INVALID_ARGUMENT 1u /* the caller broke the contract, or options are wrong */
#define MAINTAIN_INVALID_STATE 2u    /* called outside its part of the lifecycle */
#define MAINTAIN_UNSUPPORTED 3u      /* this host or server cannot do it */
#define MAINTAIN_NOT_FOUND 4u        /* the named thing does not exist */
#define MAINTAIN_REFUSED 5u          /* a rule forbids it: check mode, a path outside, an unlisted extension */
#define MAINTAIN_UNREACHABLE 6u      /* no connection to the server could be made */
#define MAINTAIN_CONNECTION_LOST 7u  /* the connection broke; what ran on the server may have gone on */
#define MAINTAIN_TIMEOUT 8u          /* a deadline passed */
#define MAINTAIN_CANCELLED 9u        /* the run is being stopped */
#define MAINTAIN_BUSY 10u            /* somebody else holds it */
#define MAINTAIN_FAILED 11u          /* it was tried and failed; the message says why */
#define MAINTAIN_INTERNAL 12u        /* a defect */

/* States of a finding: Nagios' numbers. @since 1.0 */
typedef uint32_t maintain_state;
#define MAINTAIN_STATE_OK 0u
#define MAINTAIN_STATE_WARNING 1u
#define MAINTAIN_STATE_CRITICAL 2u
#define MAINTAIN_STATE_UNKNOWN 3u

/* What a task run came to. Crashes, timeouts and lost servers are recorded by the host. @since 1.0 */
typedef uint32_t maintain_outcome;
#define MAINTAIN_OUTCOME_OK 0u      /* did its work; the server is as it was */
#define MAINTAIN_OUTCOME_CHANGED 1u /* did its work; the server changed */
#define MAINTAIN_OUTCOME_SKIPPED 2u /* deferred: not done, not a failure; tried again at the next tick */
#define MAINTAIN_OUTCOME_FAILED 3u

typedef uint32_t maintain_level;
#define MAINTAIN_LEVEL_DEBUG 0u
#define MAINTAIN_LEVEL_INFO 1u
#define MAINTAIN_LEVEL_WARNING 2u
#define MAINTAIN_LEVEL_ERROR 3u

/* APPLY does the work; CHECK is a dry run, in which the host refuses every command not marked read-only. */
typedef uint32_t maintain_mode;
#define MAINTAIN_MODE_APPLY 0u
#define MAINTAIN_MODE_CHECK 1u

/* Receives bytes, in order, in pieces of any size. A write that returns other than MAINTAIN_OK ends the operation
 * that feeds it, which then returns that status. The receiver allocates it. @since 1.0 */
typedef struct maintain_sink {
  uint32_t struct_size;
  void *context;
  maintain_status (*write)(void *context, const void *data, uint64_t size);
} maintain_sink;

/* Receives the story of a failure. message is one line for people; detail is a JSON object or empty.
 * The caller of the failing function allocates it; set is called at most once. @since 1.0 */
typedef struct maintain_error {
  uint32_t struct_size;
  void *context;
  void (*set)(void *context, maintain_status status, maintain_text message, maintain_text detail);
} maintain_error;

/* ---- what the host gives to a plugin ----------------------------------------------------------------------- */

/* The host as one created task sees it. Valid from create until destroy returns. At most 8 functions, for ever;
 * the rest comes as extensions. @since 1.0 */
typedef struct maintain_host maintain_host;
struct maintain_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  maintain_text version; /* of maintain, for messages: "1.2.0" */
  void *context;         /* the host's own */

  /* The extension's table, valid until destroy returns, or NULL when this host does not have it or the manifest
   * lists it under neither needs nor wants. A missing need never gets here: the host refuses the plugin when
   * planning. [task-thread] @since 1.0 */
  const void *(*get_extension)(const maintain_host *host, maintain_text id);

  /* One line for the run's log; leaves the process at once. [any-thread] @since 1.0 */
  void (*log)(const maintain_host *host, maintain_level level, maintain_text line);

  /* 1 when the task should end soon: stop at the next safe place. Blocking calls return CANCELLED by themselves, but
   * for commands that put things back (MAINTAIN_COMMAND_CLEANUP).
   * [any-thread] @since 1.0 */
  uint32_t (*is_cancelled)(const maintain_host *host);
};

/* What is asked of a task. Borrowed for the duration of run(). @since 1.0 */
typedef struct maintain_request {
  uint32_t struct_size;
  maintain_mode mode;
  maintain_text server;     /* name in the inventory */
  maintain_text project;    /* empty for the unnamed project of a legacy file */
  maintain_text task;       /* name the project gave it */
  maintain_text options;    /* the plugin's own keys as a JSON object, valid against the schema, defaults filled in */
  maintain_text timezone;   /* IANA name that the project uses */
  int64_t scheduled_ms;     /* the scheduled moment this run answers to; 0 when asked for by hand */
  int64_t window_end_ms;    /* when the maintenance window closes; 0: no window */
  int64_t deadline_ms;      /* when the host ends the task by force */
  uint32_t reattach;        /* 1: an earlier run started a job and did not collect it. That made the task due; only with
                             * scheduled_ms its schedule did so, too. Else, finding no job, it begins no new work. */
  uint32_t reserved;        /* 0; no struct ends in padding, which a later field would be mistaken for */
} maintain_request;

/* ---- what a plugin gives to the host ----------------------------------------------------------------------- */

/* One task about to be validated or run. The plugin allocates it in create and frees it in destroy. @since 1.0 */
typedef struct maintain_task maintain_task;
struct maintain_task {
  uint32_t struct_size;
  void *context; /* the plugin's own */

  /* Checks what the schema cannot say. problem->set is called once per call with the first problem; the detail
   * may hold {"path": "/paths/0"} so that the host can name line and column. Must not talk to the server.
   * Returns MAINTAIN_OK or MAINTAIN_INVALID_ARGUMENT. [task-thread] @since 1.0 */
  maintain_status (*validate)(const maintain_task *task, maintain_text options, maintain_error *problem);

  /* Does the work. Returns MAINTAIN_OK and sets *outcome (FAILED is an outcome, told with findings), or another
   * status when it could not do its work at all. [task-thread] @since 1.0 */
  maintain_status (*run)(const maintain_task *task, const maintain_request *request, maintain_outcome *outcome,
                         maintain_error *error);

  /* Frees the task. Called exactly once, also after a failed run. [task-thread] @since 1.0 */
  void (*destroy)(const maintain_task *task);
};

/* A plugin: a static const table. @since 1.0 */
typedef struct maintain_plugin {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor; /* the lowest minor version of the host it can work with */
  maintain_text id;      /* as in the manifest */
  maintain_text version; /* as in the manifest */

  /* Makes a task of the named type. NOT_FOUND for a type the manifest does not list. No I/O here.
   * [task-thread] @since 1.0 */
  maintain_status (*create)(const maintain_host *host, maintain_text task_type, const maintain_task **task,
                            maintain_error *error);
} maintain_plugin;

/* The exported function. Does no work: it returns the address of a static table, the same at every call.
 * [any-thread] @since 1.0 */
MAINTAIN_EXPORT const maintain_plugin *maintain_plugin_v1(void);

/* ---- maintain.exec/1: commands on the server --------------------------------------------------------------- */

#define MAINTAIN_EXEC_1 "maintain.exec/1"

/* flags of maintain_command */
#define MAINTAIN_COMMAND_READ_ONLY 1u /* changes nothing on the server: allowed in check mode */
#define MAINTAIN_COMMAND_QUIET 2u     /* do not keep its output with the task's output */
#define MAINTAIN_COMMAND_SECRET 4u    /* neither its words nor its output may be logged */
#define MAINTAIN_COMMAND_BULK 8u      /* much output: may use a second connection that is made for bulk (exec only) */
#define MAINTAIN_COMMAND_CLEANUP 16u  /* puts back what the task had changed: may run, connecting anew if need be, for
                                       * up to 10 seconds after the task was cancelled or its time was up, counted from
                                       * the first call that is refused for it or has this flag (exec only) */

/* A command. Give argv, or a POSIX sh script whose positional parameters are argv. Standard input is `input`, then
 * end of file; there is never a terminal. The plugin allocates it. @since 1.0 */
typedef struct maintain_command {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t argc;
  const maintain_text *argv;
  maintain_text script;
  maintain_text input;       /* bytes */
  maintain_text become_user; /* empty: the user that the connection has, for jobs too; else through sudo, e.g. "root" */
  uint64_t envc;
  const maintain_text *env;  /* "NAME=value"; set inside sudo, so that it reaches the command */
  int64_t timeout_ms;        /* for the whole command; 0: the task's deadline */
  int64_t idle_timeout_ms;   /* without a byte of output; 0: none */
  uint64_t output_limit;     /* bytes per stream handed to the sinks; 0: 16 MiB. The rest is read and dropped. */
  const maintain_sink *output;       /* NULL: dropped */
  const maintain_sink *error_output; /* NULL: dropped */
} maintain_command;

/* How a command ended. The caller allocates it and sets struct_size. @since 1.0 */
typedef struct maintain_exit {
  uint32_t struct_size;
  int32_t status;       /* exit status; -1 when a signal ended it */
  int32_t signal;       /* number of the signal that ended it, or 0 */
  uint32_t truncated;   /* 1: output beyond output_limit was dropped */
  int64_t duration_ms;
} maintain_exit;

typedef struct maintain_exec_1 {
  uint32_t struct_size;

  /* Runs a command to its end. MAINTAIN_OK means that it ran and that *exit is true, whatever its status; a lost
   * connection is never mistaken for success. [task-thread]
   * Errors: REFUSED (not read-only in check mode), UNREACHABLE (it never ran), CONNECTION_LOST (it may have run,
   * and may go on), TIMEOUT, CANCELLED, INVALID_ARGUMENT. After CONNECTION_LOST the next call connects anew.
   * @since 1.0 */
  maintain_status (*run)(const maintain_host *host, const maintain_command *command, maintain_exit *exit,
                         maintain_error *error);

  /* Drops the connection and makes a new one, trying until it works or timeout_ms has passed (a server that
   * reboots refuses for a while). Facts are gathered anew. [task-thread]
   * Errors: UNREACHABLE (timeout_ms passed), CANCELLED. @since 1.0 */
  maintain_status (*reconnect)(const maintain_host *host, int64_t timeout_ms, maintain_error *error);
} maintain_exec_1;

/* ---- maintain.job/1: commands that survive us ---------------------------------------------------------------- */

#define MAINTAIN_JOB_1 "maintain.job/1"

typedef uint32_t maintain_job_phase;
#define MAINTAIN_JOB_NONE 0u     /* no such job on the server */
#define MAINTAIN_JOB_RUNNING 1u
#define MAINTAIN_JOB_FINISHED 2u /* its result waits to be collected */
#define MAINTAIN_JOB_LOST 3u     /* it started, and no process and no result is left: the server went down under it */

/* A detached job on the server: started by systemd-run, else setsid; it goes on when the connection, the worker or the
 * maintenance server is gone. One job per task and name, at most 8 of a task at a time, each kept in a directory on the
 * server that only root can read, hence the connection's user must be root or have sudo. The host remembers the jobs
 * that were started and not collected, makes their task due at once in the next run (see maintain_request), and lets
 * the task re-attach. @since 1.0 */
typedef struct maintain_job_1 {
  uint32_t struct_size;

  /* When it finds NONE of a job that an earlier run left, the host forgets that job. [task-thread]
   * Errors: as exec.run. @since 1.0 */
  maintain_status (*find)(const maintain_host *host, maintain_text name, maintain_job_phase *phase,
                          maintain_error *error);

  /* Starts the command (argv or script, env, become_user; sinks, timeouts and output_limit are not used). QUIET and
   * SECRET also keep its output out of what follow saves. A script does not show in the server's process list; argv
   * does. OK: it runs, or has run already. [task-thread]
   * Errors: BUSY (the job exists, or 8 others of the task were not collected), INVALID_ARGUMENT (also: input,
   * which nobody would be there to send), REFUSED (check mode), FAILED (it could not be started, and is not there), and
   * those of exec.run; after CONNECTION_LOST only find can tell whether it was started. @since 1.0 */
  maintain_status (*start)(const maintain_host *host, maintain_text name, const maintain_command *command,
                           maintain_error *error);

  /* Hands on the job's output (both streams as one) from the byte `offset` on, until it finishes. OK: it
   * finished, *exit is true. Re-connects by itself as long as timeout_ms allows. *offset is moved by what was
   * handed on. NULL output: dropped. timeout_ms 0: until the task's deadline. idle_timeout_ms as in
   * maintain_command: TIMEOUT, the job goes on. exit is what sh says of the command: 129 to 192 are told as signals.
   * [task-thread]
   * Errors: NOT_FOUND (no such job), FAILED (the job is LOST, and only then), TIMEOUT, CANCELLED, UNREACHABLE (also:
   * the server answers, but cannot tell of its jobs). @since 1.0 */
  maintain_status (*follow)(const maintain_host *host, maintain_text name, uint64_t *offset,
                            const maintain_sink *output, int64_t timeout_ms, int64_t idle_timeout_ms,
                            maintain_exit *exit, maintain_error *error);

  /* Ends a running job (SIGTERM to all its processes, SIGKILL after grace_ms); OK when there is none. Its result
   * waits to be collected. REFUSED in check mode. [task-thread] @since 1.0 */
  maintain_status (*stop)(const maintain_host *host, maintain_text name, int64_t grace_ms, maintain_error *error);

  /* Removes the job's directory; the host forgets the job of this name. Call it when the result has been reported.
   * INVALID_STATE while it runs; REFUSED in check mode; OK when there is none. [task-thread] @since 1.0 */
  maintain_status (*collect)(const maintain_host *host, maintain_text name, maintain_error *error);
} maintain_job_1;

/* ---- maintain.files/1: files on the server ------------------------------------------------------------------- */

#define MAINTAIN_FILES_1 "maintain.files/1"

typedef uint32_t maintain_file_kind;
#define MAINTAIN_FILE_OTHER 0u
#define MAINTAIN_FILE_REGULAR 1u
#define MAINTAIN_FILE_DIRECTORY 2u
#define MAINTAIN_FILE_LINK 3u

/* The caller allocates it and sets struct_size. @since 1.0 */
typedef struct maintain_file_info {
  uint32_t struct_size;
  maintain_file_kind kind; /* of the path itself, links not followed */
  uint32_t mode;           /* permission bits */
  uint32_t uid;
  uint32_t gid;
  uint64_t size;
  int64_t modified_ms;
} maintain_file_info;

typedef struct maintain_files_1 {
  uint32_t struct_size;

  /* become_user as in maintain_command. [task-thread] Errors: NOT_FOUND, FAILED, and those of exec.run.
   * @since 1.0 */
  maintain_status (*stat)(const maintain_host *host, maintain_text path, maintain_text become_user,
                          maintain_file_info *info, maintain_error *error);

  /* The whole file into the sink. REFUSED when it is longer than limit bytes (0: 16 MiB); the sink may then have
   * been given its beginning. [task-thread] @since 1.0 */
  maintain_status (*read)(const maintain_host *host, maintain_text path, maintain_text become_user, uint64_t limit,
                          const maintain_sink *sink, maintain_error *error);

  /* Writes a small file (at most 1 MiB) beside, then renames it over path. REFUSED in check mode.
   * [task-thread] @since 1.0 */
  maintain_status (*put)(const maintain_host *host, maintain_text path, maintain_text become_user, uint32_t mode,
                         maintain_text content, maintain_error *error);
} maintain_files_1;

/* ---- maintain.local/1: programs on the maintenance server ---------------------------------------------------- */

#define MAINTAIN_LOCAL_1 "maintain.local/1"

/* What a program, and all that it starts, may see of the maintenance server. Paths are absolute and stand for what is
 * beneath them, too; one that does not exist is passed over. The plugin allocates it. @since 1.0 */
typedef struct maintain_confinement {
  uint32_t struct_size;
  uint32_t flags;                /* 0 */
  uint64_t readable_count;
  const maintain_text *readable; /* to be read and executed; the program itself is found beneath one of these */
  uint64_t writable_count;
  const maintain_text *writable; /* to be read and written, as far as the task may write there */
} maintain_confinement;

typedef struct maintain_local_1 {
  uint32_t struct_size;

  /* Runs a program of the maintenance server: argv only (script and become_user must be empty), in the task's
   * directory. Refused in check mode unless READ_ONLY. [task-thread]
   * Errors: NOT_FOUND (no such program), REFUSED, TIMEOUT, CANCELLED. @since 1.0 */
  maintain_status (*run)(const maintain_host *host, const maintain_command *command, maintain_exit *exit,
                         maintain_error *error);

  /* The task's own directory on the maintenance server, absolute, existing, writable: into the sink.
   * [task-thread] @since 1.0 */
  maintain_status (*directory)(const maintain_host *host, const maintain_sink *path, maintain_error *error);

  /* The words of a remote-shell command line for bulk transfers to this server (the system's ssh with this server's
   * keys, host key policy, jump hosts and the fast cipher), as a JSON array of strings. The last word is the
   * destination when with_destination is 1; rsync's -e wants it without. [task-thread]
   * UNSUPPORTED with the local transport. @since 1.0 */
  maintain_status (*remote_shell)(const maintain_host *host, uint32_t with_destination, const maintain_sink *words,
                                  maintain_error *error);

  /* As run, for a program that works on what may be hostile: it opens no files but those that the confinement names,
   * and a few of /dev; has no network but a loopback of its own, no Unix sockets, no processes but its own, and no
   * capabilities unless the host is root. Files keep the mode they were made with: chmod says that it succeeded and
   * does nothing, chown and setxattr by name are refused. When the program ends, so does all that it started. [task-thread]
   * UNSUPPORTED: the kernel cannot confine it; the message says what is missing, and what to do. It was not run.
   * Absent (MAINTAIN_HAS) in a host that never can: what must be confined is not to be run there. @since 1.0 */
  maintain_status (*run_confined)(const maintain_host *host, const maintain_command *command,
                                  const maintain_confinement *confinement, maintain_exit *exit, maintain_error *error);
} maintain_local_1;

/* ---- maintain.report/1: what is told ------------------------------------------------------------------------- */

#define MAINTAIN_REPORT_1 "maintain.report/1"

/* One observation. code is stable and for machines ([a-z0-9._-]+, "apt.held"); subject tells findings of one code
 * apart (a package, a unit) and may be empty; title is one line. The plugin allocates it. @since 1.0 */
typedef struct maintain_finding {
  uint32_t struct_size;
  maintain_state state;
  maintain_text code;
  maintain_text subject;
  maintain_text title;
  maintain_text detail; /* more lines; may be empty */
  maintain_text action; /* what a person should do; may be empty */
  int64_t remind_ms;    /* how long until it is told again while it is open; 0: as maintain.yml says, a day. Of a task's
                         * findings with the same one all are told again together, when the first is due. */
} maintain_finding;

/* All of it leaves the process when the call is made, so that it survives a crash right after. @since 1.0 */
typedef struct maintain_report_1 {
  uint32_t struct_size;

  /* [task-thread] INVALID_ARGUMENT: a code that is none, an empty title. @since 1.0 */
  maintain_status (*finding)(const maintain_host *host, const maintain_finding *finding, maintain_error *error);

  /* done of total units; total 0: unknown. [any-thread] @since 1.0 */
  void (*progress)(const maintain_host *host, uint64_t done, uint64_t total, maintain_text unit);

  /* A number kept with the task: name [a-z][a-z0-9_]*, unit "seconds", "bytes", "ratio" or empty. subject tells
   * numbers of one name apart (a certificate, a volume) and may be empty; those that have one are shown by
   * `maintain status`, as the task's last success told them.
   * [task-thread] INVALID_ARGUMENT: another name or unit, not a number. @since 1.0 */
  maintain_status (*metric)(const maintain_host *host, maintain_text name, maintain_text subject, double value,
                            maintain_text unit, maintain_error *error);

  /* The one line that says what this run did; the last one counts. [task-thread] @since 1.0 */
  void (*summary)(const maintain_host *host, maintain_text line);

  /* Text for the task's saved output, besides what commands print. [task-thread] @since 1.0 */
  void (*output)(const maintain_host *host, maintain_text text);
} maintain_report_1;

/* ---- maintain.state/1: memory between runs ------------------------------------------------------------------- */

#define MAINTAIN_STATE_1 "maintain.state/1"

typedef struct maintain_state_1 {
  uint32_t struct_size;

  /* The JSON document of this task as last set, "{}" when there is none. [task-thread] @since 1.0 */
  maintain_status (*get)(const maintain_host *host, const maintain_sink *json, maintain_error *error);

  /* Replaces it; at most 256 KiB. Committed together with the task's outcome. [task-thread]
   * Errors: INVALID_ARGUMENT (not a JSON object, too large). In check mode it is accepted and not kept.
   * @since 1.0 */
  maintain_status (*set)(const maintain_host *host, maintain_text json, maintain_error *error);

  /* As set, but returns only when the document is on the disk: for an intention that must be known even if we are
   * killed right after (a reboot that was ordered). [task-thread] Errors: as set, and FAILED. @since 1.0 */
  maintain_status (*checkpoint)(const maintain_host *host, maintain_text json, maintain_error *error);
} maintain_state_1;

/* ---- maintain.store/1: versioned copies ---------------------------------------------------------------------- */

#define MAINTAIN_STORE_1 "maintain.store/1"

/* The copies that a task keeps on the maintenance server, one directory each, browsable without maintain. A copy is
 * written as a draft beside the others and becomes one of them in a single step; whatever happens before leaves them
 * as they were. A task has one draft at a time; it ends with the run. The copies of a companion (see the manifest) are
 * those of the task it belongs to.
 *
 * A copy is "verified" (the task proved that it is whole), "unverified", "quarantined" (far smaller than those before
 * it, hence kept out of sight until a person accepts it), or "damaged" (it is not as it was written any more). Only
 * verified ones count in retention. @since 1.0 */
typedef struct maintain_store_1 {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */

  /* The copies, newest first, as a JSON array of {"id","time_ms","state","bytes","files","new_bytes","source",
   * "engine","reason" (of a quarantine or a damage)}; new_bytes is what this copy does not share with the one before.
   * [task-thread]
   * Errors: FAILED (the store cannot be read). @since 1.0 */
  maintain_status (*list)(const maintain_host *host, const maintain_sink *json, maintain_error *error);

  /* Opens the draft. request: {"source": what is copied, for people; "engine": "postgresql"; "max_bytes", "max_files"
   * (with directories): bounds, absent or 0: none; "resume": keep what an interrupted run of the same source left, if it
   * is within them; "seed": begin with the files of "base" where the store can, and the task removes what is no longer
   * there}.
   * answer: {"path": the absolute directory to fill, also by local programs; "base": the same directory of the newest
   * verified or unverified copy, to link unchanged files against, or ""; "resumed": whether path holds what was left; "seeded":
   * whether path holds all of that copy already (a snapshot), so that only changes need be written}. The bounds and the
   * disk's reserve are watched while local programs run, too. [task-thread]
   * Errors: BUSY (another process writes copies of this task), REFUSED (check mode), INVALID_STATE (a draft is open),
   * INVALID_ARGUMENT, FAILED (no space left above the reserve, cannot be written). @since 1.0 */
  maintain_status (*begin)(const maintain_host *host, maintain_text request, const maintain_sink *answer,
                           maintain_error *error);

  /* Starts a file of the draft, for write and close; one at a time. name: relative, of [A-Za-z0-9._@%+=-] and single
   * slashes, no part that begins with a dot. What it held is lost. [task-thread]
   * Errors: INVALID_STATE (no draft, a file is open), INVALID_ARGUMENT, FAILED. @since 1.0 */
  maintain_status (*create)(const maintain_host *host, maintain_text name, maintain_error *error);

  /* Appends to the open file; hashed on the way. [task-thread]
   * Errors: INVALID_STATE, REFUSED (a bound of begin, or the disk's reserve, would be passed), FAILED. @since 1.0 */
  maintain_status (*write)(const maintain_host *host, const void *data, uint64_t size, maintain_error *error);

  /* Ends the open file: {"bytes","sha256" (hexadecimal)} into the sink, which may be NULL. [task-thread]
   * Errors: INVALID_STATE, FAILED. @since 1.0 */
  maintain_status (*close)(const maintain_host *host, const maintain_sink *answer, maintain_error *error);

  /* Makes the draft a copy: counts and hashes what is there, judges it against the copies before, writes its manifest,
   * brings all to the disk, and renames it into place. facts: {"verified": [{"how": "pg_restore --list",
   * "detail": …}], empty or absent when nothing proved it; "tools": {name: version}; "format"; "details": object kept
   * as it is; "drop": the fraction by which bytes or files may fall short of the median of the last verified copies
   * (0..1, absent: 0.5; 1: anything goes but nothing at all); "allow_empty": whether nothing at all is fine; "links":
   * {name: path below what begin gave}: links of these names in the server's own directory of the store, which lead to
   * that path of the newest verified copy}.
   * answer: {"id","path" (of the copy),"state","bytes","files","new_bytes","reason" (of a quarantine),
   * "problems": [what could not be kept as it was, at most 100]}. A quarantine is an answer, not an error.
   * [task-thread] Errors: INVALID_STATE, INVALID_ARGUMENT, REFUSED (a bound was passed; the draft is removed), FAILED;
   * the draft is then kept for a later run. @since 1.0 */
  maintain_status (*commit)(const maintain_host *host, maintain_text facts, const maintain_sink *answer,
                            maintain_error *error);

  /* Ends the draft without a copy. keep 1: what it holds is left for a begin with "resume". OK when there is none.
   * A draft that is open when run() returns is kept. [task-thread] @since 1.0 */
  maintain_status (*abandon)(const maintain_host *host, uint32_t keep, maintain_error *error);

  /* Removes the verified copies that the policy does not keep, and all but the newest unverified ones. policy: {"keep": restic's words: "last", "hourly", "daily",
   * "weekly", "monthly", "yearly" (counts, -1: all), "within", "within_hourly" … "within_yearly" ("1y5m7d2h"); absent:
   * as maintain.yml says for all; "min_verified": never fewer verified copies, absent: 3; "timezone": absent: the
   * project's}. dry_run 1: only says so. answer: {"stopped": why nothing is removed (a quarantined or damaged copy waits), or "";
   * "copies": [{"id","keep","reasons": [text]}], newest first; "removed": [id]; "busy": [id] (somebody reads it)}.
   * [task-thread]
   * Errors: INVALID_ARGUMENT (also: a policy that keeps nothing), REFUSED (check mode and not dry_run), BUSY, FAILED.
   * @since 1.0 */
  maintain_status (*prune)(const maintain_host *host, maintain_text policy, uint32_t dry_run,
                           const maintain_sink *answer, maintain_error *error);

  /* Opens a copy for reading: nobody removes it before the run ends. which: an id; "latest", the newest verified one;
   * or a moment (RFC 3339), the newest verified one not after it. answer: {"id","time_ms","state","path" (of what
   * begin's path was),"manifest"}. [task-thread] Errors: NOT_FOUND, INVALID_ARGUMENT, FAILED. @since 1.0 */
  maintain_status (*open)(const maintain_host *host, maintain_text which, const maintain_sink *answer,
                          maintain_error *error);

  /* Reads a copy again and compares it with its manifest; part of parts: every parts-th file, 1 of 1: all. answer:
   * {"files","bytes" (read),"wrong": [{"file","problem"}], at most 100}. A copy with anything wrong is "damaged" from
   * then on, until all of it was found whole; a dry run only tells. [task-thread]
   * Errors: as open; CANCELLED, TIMEOUT. @since 1.0 */
  maintain_status (*verify)(const maintain_host *host, maintain_text which, uint32_t part, uint32_t parts,
                            const maintain_sink *answer, maintain_error *error);
} maintain_store_1;

/* ---- maintain.facts/1: what the server is -------------------------------------------------------------------- */

#define MAINTAIN_FACTS_1 "maintain.facts/1"

typedef struct maintain_facts_1 {
  uint32_t struct_size;

  /* A JSON object, gathered once per connection in one round trip:
   * {"os_id","os_version","os_codename","arch","kernel","boot_id","uptime_seconds","init" ("systemd" or other),
   *  "container" ("" on a machine with a kernel of its own, else "docker", "lxc", "systemd-nspawn", "container"),
   *  "hostname","user","time_ms"}.
   * A fact that could not be had is an empty string or 0. [task-thread] Errors: as exec.run. @since 1.0 */
  maintain_status (*get)(const maintain_host *host, const maintain_sink *json, maintain_error *error);
} maintain_facts_1;

/* ---- maintain.http/1: what other servers know ---------------------------------------------------------------- */

#define MAINTAIN_HTTP_1 "maintain.http/1"

/* Where an answer is from. */
typedef uint32_t maintain_http_origin;
#define MAINTAIN_HTTP_NETWORK 0u
#define MAINTAIN_HTTP_CACHE 1u       /* confirmed less than max_age_ms ago */
#define MAINTAIN_HTTP_REVALIDATED 2u /* the server said that it has not changed */
#define MAINTAIN_HTTP_STALE 3u       /* the server cannot answer now; this is what it said age_ms ago */

/* A question to an HTTP server, from the maintenance server. The plugin allocates it. @since 1.0 */
typedef struct maintain_http_request {
  uint32_t struct_size;
  uint32_t reserved;          /* 0 */
  maintain_text method;       /* "GET" or "POST"; empty: GET */
  maintain_text url;          /* http or https, beneath one of the manifest's "http" or of maintain.yml's http.allow */
  maintain_text accept;       /* media types; may be empty */
  maintain_text content_type; /* of the body; may be empty */
  maintain_text body;         /* of a POST; bytes, at most 8 MiB */
  int64_t max_age_ms;         /* an answer confirmed so recently is given without asking; 0: always ask */
  int64_t max_stale_ms;       /* one no older than this is given when the server cannot answer; 0: none */
  uint64_t limit;             /* bytes of the answer; 0: 32 MiB */
  int64_t timeout_ms;         /* of the transfer; 0: 30 seconds */
} maintain_http_request;

/* The caller allocates it and sets struct_size. @since 1.0 */
typedef struct maintain_http_answer {
  uint32_t struct_size;
  int32_t status;              /* 200, 404, ... */
  maintain_http_origin origin;
  uint32_t reserved;
  int64_t age_ms;              /* since the server last sent or confirmed it */
} maintain_http_answer;

/* Answers are kept for all servers and runs, by method, URL, accept and body; each question goes out once in a run of
 * any number of servers. Works in check mode, too. @since 1.0 */
typedef struct maintain_http_1 {
  uint32_t struct_size;

  /* Fetches many at once, for fetch to find in the cache. What cannot be had is told by fetch. [task-thread]
   * Errors: INVALID_ARGUMENT, REFUSED (a URL that is not allowed), CANCELLED, TIMEOUT. @since 1.0 */
  maintain_status (*prefetch)(const maintain_host *host, uint64_t count, const maintain_http_request *const *requests,
                              maintain_error *error);

  /* Asks, or takes from the cache; the body goes to the sink. OK whatever the status: an answer is an answer. 429 and
   * 5xx are none: they are FAILED unless an earlier answer will do. A question that failed in this run of the task
   * fails again at once. [task-thread]
   * Errors: INVALID_ARGUMENT, REFUSED (a URL that is not allowed, an answer longer than limit), FAILED (no connection,
   * no answer in time, the server's trouble), CANCELLED, TIMEOUT (the task's time is up), UNSUPPORTED. @since 1.0 */
  maintain_status (*fetch)(const maintain_host *host, const maintain_http_request *request,
                           maintain_http_answer *answer, const maintain_sink *body, maintain_error *error);
} maintain_http_1;

/* ---- maintain.lock/1: fleet-wide locks ----------------------------------------------------------------------- */

#define MAINTAIN_LOCK_1 "maintain.lock/1"

typedef struct maintain_lock_1 {
  uint32_t struct_size;

  /* Takes one of `count` places of the named lock for this server, waiting at most wait_ms. The lease is kept by
   * the supervisor and survives this process; it ends by release or after lease_ms. A server that holds it already
   * gets it again, renewed. [task-thread]
   * Errors: BUSY (the message names the holders), CANCELLED, REFUSED (check mode). @since 1.0 */
  maintain_status (*acquire)(const maintain_host *host, maintain_text name, uint32_t count, int64_t lease_ms,
                             int64_t wait_ms, maintain_error *error);

  /* Gives it back; OK when it was not held. [task-thread] @since 1.0 */
  maintain_status (*release)(const maintain_host *host, maintain_text name, maintain_error *error);
} maintain_lock_1;

/* ---- maintain.clock/1: time ---------------------------------------------------------------------------------- */

#define MAINTAIN_CLOCK_1 "maintain.clock/1"

typedef struct maintain_clock_1 {
  uint32_t struct_size;

  /* Milliseconds since 1970. Use it instead of the system's clock: tests script it. [any-thread] @since 1.0 */
  int64_t (*now_ms)(const maintain_host *host);

  /* Milliseconds that never go back, for spans. [any-thread] @since 1.0 */
  int64_t (*monotonic_ms)(const maintain_host *host);

  /* Waits. CANCELLED as soon as the task is. [any-thread] @since 1.0 */
  maintain_status (*sleep_ms)(const maintain_host *host, int64_t span);
} maintain_clock_1;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MAINTAIN_PLUGIN_H */
