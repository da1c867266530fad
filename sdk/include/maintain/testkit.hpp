// maintain/testkit.hpp: test a task without a server. Works with any test framework: what goes wrong is thrown as
// TestProblem, with a message that names the command.
//
//   FakeServer server;
//   server.expect(argv({"uptime", "-p"})).reply("up 3 days\n");
//   Hello task;
//   const TaskRun run = run_task(task, server);
//   CHECK(run.outcome == Outcome::ok);
//   CHECK(server.summary == "up 3 days\n");
//
// A FakeServer is the host and the server in one: it implements the C tables of plugin.h, so a test goes through the
// same boundary as the real thing, and what the host refuses is refused here. Time is virtual: sleeping, slow commands
// and jobs move it, nothing waits.
#pragma once

#include <concepts>
#include <filesystem>
#include <set>

#include <maintain/plugin.hpp>

namespace maintain::sdk::testkit {

// An unexpected command, an expectation that was not met, or misuse of the kit.
class TestProblem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A command as the task issued it.
struct SeenCommand : Command {
  bool local = false;    // by maintain.local/1
  std::string job = {};  // started as the job of this name
  std::string describe() const;
};

struct Matcher {
  std::string description;
  std::function<bool(const SeenCommand&)> matches;

  Matcher as(std::string user) const;                    // and with this become_user
  Matcher with(std::string name, std::string value) const;  // and with this in its environment
};
Matcher argv(std::vector<std::string> prefix);             // the first words are these
Matcher word(std::string word);                            // one of the words is this
Matcher script(std::string part);                          // the script contains this
Matcher where(std::string description, std::function<bool(const SeenCommand&)> predicate);
Matcher anything();

class FakeServer;

// What a command does. A failure status other than OK means that it was never answered.
struct Reply {
  int status = 0;
  std::string output = {};
  std::string error_output = {};
  int signal = 0;
  Milliseconds takes{0};                        // longer than the command's timeout: it is TIMEOUT instead
  maintain_status failure = MAINTAIN_OK;        // MAINTAIN_CONNECTION_LOST, ...
  std::string message = {};                     // of the failure
  std::function<void(FakeServer&)> then = {};   // runs when it is over: change facts, files, ...

  static Reply exits(int status, std::string error_output = {});
  static Reply fails(maintain_status failure, std::string message = {});
};

// Replies that answer one matcher, one per command, in order. Each must be used.
class Expectation {
 public:
  explicit Expectation(Matcher matcher) : matcher_(std::move(matcher)) {}
  Expectation& reply(std::string output);
  Expectation& reply(Reply reply);

 private:
  friend class FakeServer;
  Matcher matcher_;
  std::vector<Reply> replies_;
  std::size_t used_ = 0;
};

// What a detached job does.
struct FakeJob {
  JobPhase phase = JobPhase::running;
  std::string output = {};
  int status = 0;
  int signal = 0;
  Milliseconds takes{0};         // from when it was started (or put into FakeServer::jobs)
  Milliseconds silent{0};        // before its output comes; longer than the follower's idle timeout: TIMEOUT
  bool gets_lost = false;        // the server goes down under it: LOST when `takes` has passed
  std::vector<Reply> follow_failures = {};  // what follow answers first, one per call: Reply::fails(...)
  std::function<void(FakeServer&)> then = {};  // when it finishes or gets lost
  SeenCommand command = {};      // how it was started
  Moment started{};
};

struct FakeFile {
  std::string content = {};
  std::uint32_t mode = 0644;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  maintain_file_kind kind = MAINTAIN_FILE_REGULAR;
  Moment modified{};
};

struct LogLine {
  Level level;
  std::string line;
};
struct Progress {
  std::uint64_t done, total;
  std::string unit;
};

// A copy that the task made, or that it finds.
struct FakeCopy {
  std::string id = {};           // empty: from its time
  Moment time{};
  std::string state = "verified";
  std::string source = {};
  std::string engine = {};
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t new_bytes = 0;
  std::string reason = {};       // of a quarantine
  Json facts = Json::object();   // as the task committed it
  std::map<std::string, std::string> content = {};  // files of a copy to be found, written by add()
  std::filesystem::path path = {};                  // what Draft::path was
};

// What an HTTP server says.
struct FakeAnswer {
  int status = 200;
  std::string body = {};
  HttpOrigin origin = HttpOrigin::network;
  Milliseconds age{0};
  std::string failure = {};   // why there is no answer; empty: there is one
};

// maintain.store/1 in a temporary directory. It counts but does not hash: every SHA-256 it tells is all zeros.
class FakeStore {
 public:
  FakeStore();
  ~FakeStore();
  FakeStore(const FakeStore&) = delete;
  FakeStore& operator=(const FakeStore&) = delete;

  // ---- set before
  FakeCopy& add(FakeCopy copy);
  bool busy = false;                          // another process writes copies
  std::optional<std::uint64_t> full_after{};  // bytes that a draft takes before its disk is full
  bool snapshots = false;                     // a draft that may be seeded is
  std::string quarantine = {};                // why the next copy is quarantined
  std::vector<std::string> problems = {};     // what commit says could not be kept
  Json wrong = Json::array();                 // what verify finds
  Json prune_answer = {{"stopped", ""}, {"copies", Json::array()}, {"removed", Json::array()},
                       {"busy", Json::array()}};

  // ---- read after
  std::vector<FakeCopy> copies;               // newest first
  std::vector<Json> prunes;                   // policies, of all prunes that were not dry
  int abandoned = 0;
  std::filesystem::path draft_path();         // what Draft::path is

  // For the kit.
  struct Draft;
  std::unique_ptr<Draft> draft;
  std::filesystem::path directory();

 private:
  std::filesystem::path directory_;
};

class FakeServer {
 public:
  FakeServer();
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // ---- the script: before run_task
  Expectation& expect(Matcher matcher);            // command on the server; in any order among expectations
  Expectation& expect_local(Matcher matcher);      // program on the maintenance server
  void stub(Matcher matcher, Reply reply);         // any number of times, when no expectation fits; the latest wins
  template <std::invocable<const SeenCommand&> Answer>  // returns a Reply
  void stub(Matcher matcher, Answer answer);
  void stub_local(Matcher matcher, Reply reply);
  void expect_job(const std::string& name, FakeJob job);  // must be started; then behaves like this
  // answers the next reconnect not yet scripted; default: works at once
  void on_reconnect(Reply reply);
  void at(Milliseconds after_start, std::function<void(FakeServer&)> event);  // when virtual time gets there
  void cancel_at(Milliseconds after_start);        // the run is being stopped then
  void without(const std::string& extension);      // this host does not have it
  // Only what this manifest.json lists under needs or wants is handed out, as by the real host. Done by itself in
  // programs that link plugin_NAME_objects of maintain_add_plugin().
  void only_listed_in(const std::string& manifest_file);

  // ---- the world: set before, read after
  Facts facts;                                     // a Debian 12 with systemd
  std::map<std::string, FakeFile> files;
  std::map<std::string, FakeJob> jobs;             // on the server now; put one here for a task to find
  std::map<std::string, std::set<std::string>> locks;  // name -> holders; this server is RunOptions::server
  // empty: the server is the maintenance server itself, which has none
  std::vector<std::string> remote_shell = {"ssh", "-o", "BatchMode=yes", "fake-server"};
  std::string no_confinement;                      // why local programs cannot be confined; empty: they can
  Json state = Json::object();
  FakeStore store;
  std::map<std::string, FakeAnswer> http;          // by URL; of a question with a body "URL BODY" is looked for first
  std::function<std::optional<FakeAnswer>(const HttpRequest&)> on_http;  // asked where there is none; else it is 404

  // ---- what the task did
  std::vector<SeenCommand> commands;               // all of them: server, local and jobs
  std::vector<SeenCommand> refused;                // not allowed in check mode
  std::vector<Finding> findings;
  std::map<std::string, double> metrics;           // by name, or by "NAME SUBJECT" where there is a subject
  std::string summary;
  std::string output;                              // commands' output (unless quiet or secret) and Context::output
  std::vector<LogLine> log;
  std::vector<Progress> progress;
  std::vector<Json> checkpoints;
  std::vector<HttpRequest> http_requests;          // those that were fetched, not only prefetched
  std::vector<std::string> collected_jobs;
  int reconnects = 0;

  const Finding* find(std::string_view code, std::string_view subject = {}) const;  // first with it, or null
  Moment now() const { return now_; }
  void set_now(Moment now);                        // before run_task; default 2026-11-22T12:00:00Z
  void advance(Milliseconds span);                 // runs the events on the way
  std::string directory();                         // the task's own: a real temporary one, removed with this
  // Unexpected commands and misuse so far, and expectations not met.
  std::vector<std::string> problems() const;

  // For run_task; a test has no need of it.
  bool out_of_time() const;
  struct Script;
  Script& script() { return *script_; }
  const maintain_host* host() const { return &host_; }

 private:
  Moment now_;
  maintain_host host_{};
  std::unique_ptr<Script> script_;
};

struct RunOptions {
  Json options = Json::object();
  bool check = false;                              // dry run
  std::string server = "web1";
  std::string project = "shop";
  std::string task = "task";
  std::string timezone = "UTC";
  std::optional<Moment> scheduled = {};
  std::optional<Moment> window_end = {};
  std::optional<Moment> deadline = {};             // default: two hours from now
  bool reattach = false;                           // an earlier run left a job, see Context::reattaching
  bool lenient = false;                            // do not throw TestProblem; look at problems() yourself
};

struct TaskRun {
  Outcome outcome = Outcome::failed;
  maintain_status status = MAINTAIN_OK;            // other than OK: the task could not do its work
  std::string message;                             // why, then
};

// Creates, runs and destroys the task through the C interface. Throws TestProblem when server.problems() is not empty.
TaskRun run_task(Task& task, FakeServer& server, const RunOptions& options = {});
TaskRun run_task(const maintain_plugin* plugin, const std::string& task_type, FakeServer& server,
                 const RunOptions& options = {});

// The problem that the task has with these options, if any; for InvalidOption "path: message".
std::optional<std::string> validate_options(Task& task, const Json& options);
std::optional<std::string> validate_options(const maintain_plugin* plugin, const std::string& task_type,
                                            const Json& options);

}  // namespace maintain::sdk::testkit

#include <maintain/detail/fake_script.hpp>
#include <maintain/detail/fake_server.hpp>
#include <maintain/detail/fake_jobs.hpp>
#include <maintain/detail/fake_tables.hpp>
#include <maintain/detail/fake_run.hpp>
