#include "run/worker.hpp"

#include <fcntl.h>
#include <maintain/plugin.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "backup/zfs_helper.hpp"
#include "base/text.hpp"
#include "config/task_entry.hpp"
#include "model/names.hpp"
#include "plan/planner.hpp"
#include "plan/time_zone.hpp"
#include "plugin/loader.hpp"
#include "run/assessment.hpp"
#include "run/by_hand.hpp"
#include "run/confine_program.hpp"
#include "run/config_rules.hpp"
#include "run/confinement.hpp"
#include "run/plugin_opinions.hpp"
#include "run/session.hpp"
#include "run/task_timeout.hpp"
#include "run/transport_settings.hpp"
#include "run/worker_events.hpp"
#include "run/worker_link.hpp"
#include "store/import_legacy.hpp"
#include "transport/crypto_warm_up.hpp"
#include "transport/openssh_transport.hpp"

namespace maintain {
namespace {

// The supervisor's clock, carried on by this process: scripted in tests, and always the one that stamps the results.
class CarriedClock final : public Clock {
 public:
  explicit CarriedClock(Time start) : start_(start) {}
  Time now() const override {
    return start_ + std::chrono::floor<Seconds>(std::chrono::steady_clock::now() - since_);
  }

 private:
  Time start_;
  Steady since_ = std::chrono::steady_clock::now();
};

class Worker {
 public:
  Worker(WorkerLink& link, const WorkerContext& context, Assignment assignment, ServerDirectories directories,
         ZfsCall zfs, Result<std::shared_ptr<HttpAsker>> http)
      : link_(link), context_(context), assignment_(std::move(assignment)), directories_(std::move(directories)),
        zfs_(std::move(zfs)), http_(std::move(http)), clock_(assignment_.now), events_(link_, context_.setup.debug),
        transport_(context_.transport(assignment_.server.transport, transport_settings())),
        session_(assignment_.server, *transport_, [this] { return link_.cancelled(); }) {}

  void work() {
    if (assignment_.resume) return run_tasks(*assignment_.resume);
    if (assignment_.purpose == Purpose::ping) return ping();
    if (may_plan_from_memory()) {
      Planned planned = plan(recalled(assignment_.memory.configs));
      planned.from_cache = true;
      if (assignment_.purpose == Purpose::plan || due_tasks(planned.plan).empty()) return tell(planned);
    }
    auto survey = session_.survey(true);
    if (!survey) return cannot_reach(survey.error());
    contacted(survey->facts, {});
    const Planned planned = plan(*survey);
    tell(planned);
    if (assignment_.purpose == Purpose::run) run_tasks(due_tasks(planned.plan));
  }

 private:
  TransportSettings transport_settings() {
    TransportSettings result = maintain::transport_settings(context_.setup.settings, directories_.control);
    result.cancelled = [this] { return session_.cancelled(); };
    result.log = [this](const std::string& line) { events_.log(LogLevel::info, line); };
    return result;
  }

  void ping() {
    auto survey = session_.survey(false);
    if (!survey) return cannot_reach(survey.error());
    const auto round_trip = session_.round_trip();
    if (!round_trip) return cannot_reach(round_trip.error());
    contacted(survey->facts, static_cast<std::uint64_t>(round_trip->count()));
  }

  void contacted(const std::string& facts, std::optional<std::uint64_t> round_trip) {
    const auto connect_ms = static_cast<std::uint64_t>(session_.connect_time().count());
    (void)link_.send(Contacted{session_.describe(), connect_ms, round_trip, facts});
  }

  void cannot_reach(const Error& error) { (void)link_.send(NotContacted{error}); }

  // A server that was down is asked again each time, so that its return is noticed.
  bool may_plan_from_memory() const {
    const ServerMemory& memory = assignment_.memory;
    return (assignment_.purpose == Purpose::run || assignment_.purpose == Purpose::plan) &&
           !assignment_.refresh_configs && !memory.unreachable_since && memory.configs_fetched &&
           is_sound(memory.configs) && assignment_.now >= *memory.configs_fetched &&
           assignment_.now - *memory.configs_fetched < context_.setup.settings.config_cache;
  }

  Planned plan(const Survey& survey) {
    Assessment assessment = assess_configs(assignment_.server.name, survey, assignment_.memory.configs, context_.rules);
    if (!survey.facts.empty()) {  // not recalled
      to_remember_ = std::move(assessment.to_remember);
      for (Finding& finding : compare_facts(assignment_.server.expect, survey.facts))
        assessment.notes.front().findings.push_back(std::move(finding));
    }
    if (assignment_.purpose == Purpose::check_config)
      for (Error& error : ask_plugins(assessment.projects, context_.catalog))
        assessment.errors.push_back(std::move(error));
    if (!assignment_.legacy_marks.empty()) apply_legacy_marks(assessment.projects);

    PlanRequest request;
    request.server = assignment_.server.name;
    request.now = clock_.now();
    request.projects = std::move(assessment.projects);
    request.record = [this](const TaskKey& key) { return record_of(key); };
    request.only_tasks = assignment_.only_tasks;
    request.now_tasks = assignment_.now_tasks;
    Planned planned;
    planned.plan = make_plan(request);
    std::vector<Finding>& about_server = assessment.notes.front().findings;
    about_server.insert(about_server.end(), planned.plan.findings.begin(), planned.plan.findings.end());
    planned.notes = std::move(assessment.notes);
    planned.config_files = std::move(assessment.files);
    planned.config_errors = std::move(assessment.errors);
    return planned;
  }

  void tell(const Planned& planned) {
    Result<void> sent{};
    if (!to_remember_.empty() || !planned.from_cache) sent = link_.send(ConfigsFetched{to_remember_});
    if (sent) sent = link_.send(planned);
    if (!sent) cannot_reach(sent.error());
  }

  void apply_legacy_marks(const std::vector<Project>& projects) {
    for (const auto& [key, mark] : match_legacy_marks(assignment_.legacy_marks, assignment_.server.name, projects)) {
      TaskRecord record = record_of(key);
      if (!record.last_success || *record.last_success < mark.at) record.last_success = mark.at;
      std::erase_if(assignment_.records, [&k = key](const auto& known) { return known.first == k; });
      assignment_.records.emplace_back(key, std::move(record));
    }
  }

  TaskRecord record_of(const TaskKey& key) const {
    for (const auto& [known, record] : assignment_.records)
      if (known == key) return record;
    return {};
  }

  static std::vector<PlannedTask> due_tasks(const Plan& plan) {
    std::vector<PlannedTask> due;
    for (const PlannedTask& task : plan.tasks)
      if (task.decision == Decision::due) due.push_back(task);
    return due;
  }

  void run_tasks(const std::vector<PlannedTask>& tasks) {
    if (!tasks.empty()) keep_stray_output();
    std::uint64_t index = assignment_.first_index;
    for (const PlannedTask& task : tasks) {
      if (link_.everything_cancelled()) return;
      link_.set_current_task(index);
      (void)link_.send(TaskStarted{index});
      const TaskEnd end = run_task(task);
      link_.set_current_task({});
      (void)link_.send(TaskEnded{index, end.outcome, end.error, end.new_state});
      ++index;
      if (end.outcome != Outcome::unreachable || link_.everything_cancelled()) continue;
      // Without a connection the tasks that are left would fail one after the other; they stay due instead.
      if (auto connected = session_.connect(); !connected) return cannot_reach(connected.error());
    }
  }

  TaskEnd run_task(const PlannedTask& task) {
    if (task.window_end && clock_.now() > *task.window_end) {
      events_.summary("not started: its window closed at " + format_time(*task.window_end) +
                      ", before the tasks ahead of it had ended");
      return {Outcome::skipped, {}, {}};
    }
    const auto plugin = plugin_offering(task.spec.use);
    if (!plugin) return {Outcome::failed, plugin.error(), {}};

    TaskCall call;
    call.key = task.key;
    call.type = task.spec.use;
    const auto options = options_of(task);
    if (!options) return {Outcome::failed, options.error(), {}};
    call.options = *options;
    call.option_places = task.spec.option_places;
    call.timezone = task.spec.timezone;
    const TaskRecord record = record_of(task.key);
    if (!record.state.empty()) call.state = record.state;
    call.pending_jobs = record.pending_jobs;
    const auto directory = directories_.of_task(task.key.project, task.key.task);
    if (auto made = make_directories(directory, 0700); !made) return {Outcome::failed, made.error(), {}};
    call.directory = directory.string();
    call.confine_program = installed_confine();
    if (http_) call.http = *http_;
    else call.no_http = http_.error().message;
    call.http_allowed = context_.setup.settings.http_allow;
    call.copies = copies_of(task);
    call.mode = assignment_.mode;
    call.scheduled = task.scheduled;
    call.window_end = task.window_end;
    const Seconds timeout = task_timeout(task.spec, context_.catalog);
    call.deadline_time = clock_.now() + timeout;
    call.deadline = Deadline::after(timeout);
    call.cancelled = [this] { return link_.cancelled(); };
    call.clock = &clock_;
    TaskEnd end = (*plugin)->run(call, session_, events_);
    // A plugin knows its options, not where they are written.
    if (end.error && end.error->kind == ErrorKind::configuration && !end.error->where)
      end.error->where = task.spec.where;
    return end;
  }

  // A server wrote the configurations, so they are read here, where it can spoil no more than what is its own.
  Result<std::string> options_of(const PlannedTask& task) const {
    if (!assignment_.by_hand) return task.spec.options;
    const TaskType* type = find_task_type(context_.rules, task.spec.use);
    if (type == nullptr) return fail(ErrorKind::not_found, fmt::format("no plugin offers {}", task.spec.use));
    const std::vector<CachedConfig>& configs = assignment_.memory.configs;
    return options_by_hand(
        task, assess_configs(assignment_.server.name, recalled(configs), configs, context_.rules).projects, *type);
  }

  CopiesPlace copies_of(const PlannedTask& task) const {
    const Settings& settings = context_.setup.settings;
    CopiesPlace place;
    place.backups = settings.backup_directory;
    place.key = task.key;
    if (!task.spec.companion_of.empty()) place.key.task = task.spec.companion_of;
    place.min_free = settings.min_free;
    place.keep = settings.keep_copies;
    place.snapshots = snapshots_named(settings.snapshots).value_or(Snapshots::automatic);
    place.zfs = zfs_;
    place.wall_clock = [](const std::string& name) -> Result<WallClock> {
      const auto zone = TimeZone::find(name);
      if (!zone) return fail(ErrorKind::configuration, fmt::format("there is no time zone '{}'", printable(name)));
      return WallClock([zone = *zone](Time time) { return zone.wall_clock(time); });
    };
    return place;
  }

  Result<std::shared_ptr<LoadedPlugin>> plugin_offering(const std::string& type) {
    const CatalogEntry* entry = context_.catalog.offering(type);
    if (entry == nullptr) return fail(ErrorKind::not_found, fmt::format("no plugin offers {}", type));
    auto& loaded = plugins_[entry->manifest.id];
    if (!loaded) {
      auto plugin = load_plugin(*entry);
      if (!plugin) return fail(plugin.error());
      loaded = std::move(*plugin);
    }
    return loaded;
  }

  // What plugins, or programs started for them, print past the contract: the supervisor shows its end after a crash.
  void keep_stray_output() const {
    const UniqueFd file(::open(stray_output_file(directories_).c_str(),
                               O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return;
    ::dup2(file.get(), STDOUT_FILENO);
    ::dup2(file.get(), STDERR_FILENO);
  }

  WorkerLink& link_;
  const WorkerContext& context_;
  Assignment assignment_;
  ServerDirectories directories_;
  ZfsCall zfs_;
  Result<std::shared_ptr<HttpAsker>> http_;
  CarriedClock clock_;
  WorkerEvents events_;
  std::unique_ptr<Transport> transport_;
  Session session_;
  std::map<std::string, std::shared_ptr<LoadedPlugin>> plugins_;
  std::vector<CachedConfig> to_remember_;
};

// Only where there is zfs. What is not confined calls it by itself.
Result<ZfsCall> zfs_beyond_confinement(const Assignment& assignment, const Settings& settings) {
  if (assignment.purpose != Purpose::run || assignment.server.transport == TransportKind::local ||
      ::access("/dev/zfs", F_OK) != 0)
    return ZfsCall();
  return start_zfs_helper(assignment.server.name, zfs_calls(settings.backup_directory));
}

// Only where a plugin may ask. Where it cannot be started, what wants it says so, and the others work.
Result<std::shared_ptr<HttpAsker>> http_beyond_confinement(const Assignment& assignment, const WorkerContext& context) {
  const auto asks = [](const CatalogEntry& entry) {
    const Manifest& manifest = entry.manifest;
    return std::count(manifest.needs.begin(), manifest.needs.end(), MAINTAIN_HTTP_1) +
               std::count(manifest.wants.begin(), manifest.wants.end(), MAINTAIN_HTTP_1) > 0;
  };
  const auto& plugins = context.catalog.plugins;
  if (assignment.purpose != Purpose::run || std::none_of(plugins.begin(), plugins.end(), asks))
    return std::shared_ptr<HttpAsker>();
  const Settings& settings = context.setup.settings;
  HttpPlaces places{settings.state_directory / "http", settings.http_allow, settings.http_instead};
  for (const CatalogEntry& entry : plugins)
    places.allow.insert(places.allow.end(), entry.manifest.http.begin(), entry.manifest.http.end());
  return start_http_helper(places, CarriedClock(assignment.now));
}

// A server that is this very machine is not confined: what is run "on the server" are our children.
Result<void> confine(const Assignment& assignment, const ServerDirectories& directories) {
  if (assignment.server.transport == TransportKind::local) return {};
  limit_resources();
  std::vector<std::filesystem::path> writable;
  for (const auto& directory : {directories.own, directories.backups, directories.control})
    if (::access(directory.c_str(), F_OK) == 0) writable.push_back(directory);
  writable.insert(writable.end(), assignment.writable.begin(), assignment.writable.end());
  return allow_writing_only_in(writable);
}

Result<void> make_own_directories(const ServerDirectories& directories) {
  remove_contents(directories.temporary);  // what a killed worker left
  for (const auto& directory : {directories.own, directories.temporary})
    if (auto made = make_directories(directory, 0700); !made) return made;
  // Only tasks that make copies need it: where it cannot be made they say so, and the others work.
  (void)make_directories(directories.backups, 0700);
  if (::chdir(directories.own.c_str()) != 0) return fail_errno("cannot enter " + directories.own.string(), errno);
  ::setenv("TMPDIR", directories.temporary.c_str(), 1);
  return {};
}

}  // namespace

WorkerContext make_worker_context(Setup setup) {
  WorkerContext context;
  context.catalog.plugins = setup.plugins;
  context.rules = config_rules(context.catalog);
  context.setup = std::move(setup);
  TransportSettings keys;
  keys.identity_files = context.setup.settings.identity_files;
  preload_keys(keys);
  warm_up_cryptography();
  if (context.setup.several_servers) load_time_zones();
  return context;
}

int run_worker(UniqueFd socket, const WorkerContext& context) {
  WorkerLink link(std::move(socket));
  auto assignment = link.receive_assignment();
  if (!assignment) return 1;
  const Settings& settings = context.setup.settings;
  ServerDirectories directories =
      server_directories(state_root(settings.state_directory, assignment->by_hand), settings.backup_directory,
                         settings.run_directory, assignment->server.name);
  // Only ssh needs it, and says so when it is missing.
  if (auto control = make_control_directory(directories.control.string())) directories.control = *control;
  Result<void> ready{};
  if (assignment->purpose == Purpose::run) ready = make_own_directories(directories);
  const auto zfs = zfs_beyond_confinement(*assignment, settings);
  if (!zfs && ready) ready = fail(zfs.error());
  const auto http = http_beyond_confinement(*assignment, context);
  const auto confined = confine(*assignment, directories);
  link.listen();
  if (!confined && confined.error().kind == ErrorKind::refused) {
    (void)link.send(Unconfined{confined.error().describe()});
  } else if (!confined && ready) {
    ready = fail(confined.error().kind, "the worker cannot be confined: " + confined.error().message,
                 "it touches no server unconfined; see `maintain ping --debug`");
  }
  if (ready) Worker(link, context, std::move(*assignment), directories, *zfs, http).work();
  else (void)link.send(NotContacted{ready.error()});
  (void)link.send(Done{});
  return worker_done_status;
}

}  // namespace maintain
