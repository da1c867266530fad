// One detached job on a server: maintain.job/1 over a ServerSession, without the C of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/plan.hpp"
#include "plugin/host_services.hpp"

namespace maintain {

enum class JobPhase { none, running, finished, lost };

// Where jobs live on a server. Tests that are not root put them elsewhere and become nobody.
struct JobPlace {
  // Not below /var/lib/maintain: where a maintenance server maintains itself, that belongs to another user, who could
  // exchange a directory that root trusts.
  std::string base = "/var/lib/maintain-jobs";
  std::string become_user = "root";
};

// A directory's and a systemd unit's name: "shop:os-upgrade:upgrade", shortened with a hash where it is too long.
// Different keys and names never give the same id.
std::string job_id(const TaskKey& key, const std::string& name);

// How a job ended.
struct JobEnd {
  int status = 0;  // -1 when a signal ended it
  int signal = 0;
  Milliseconds duration{0};
};

// The first line of a poll's answer, and the bytes that follow it. Pure; for text from a server.
struct JobPoll {
  JobPhase phase = JobPhase::none;
  std::uint64_t size = 0;      // of the job's whole output
  JobEnd end = {};             // when finished
  bool quiet = false;          // its output is not to be saved
  std::string_view bytes;      // points into the answer
};
Result<JobPoll> parse_job_poll(std::string_view answer);

// What following a job needs of its surroundings.
struct FollowOptions {
  Deadline deadline = Deadline::after(std::chrono::hours(1));
  Milliseconds idle_timeout{0};                         // 0: none
  std::function<bool()> cancelled = {};
  // quiet: it was started as a job whose output is not to be saved. False ends the following, with
  // ErrorKind::cancelled.
  std::function<bool(std::string_view bytes, bool quiet)> on_output = {};
  Milliseconds longest_wait = std::chrono::seconds(20);  // of one poll on the server
  Milliseconds retry_pause = std::chrono::seconds(1);    // between polls that failed, or came back too soon
};

struct JobStart {
  std::string command_file;  // see job_command_file()
  bool quiet = false;        // its output is not to be saved
  bool secret = false;       // nor may its command be logged
};

class RemoteJob {
 public:
  RemoteJob(ServerSession& session, JobPlace place, std::string id)
      : session_(session), place_(std::move(place)), id_(std::move(id)) {}

  Result<JobPhase> find(Milliseconds patience);
  // busy: it exists. remote: it could not be started, and is not there. unreachable: nobody knows.
  Result<void> start(const JobStart& what, Milliseconds patience);
  // From byte `offset` on, which moves along. One command that waits on the server per round trip; when the
  // connection is lost, a new one is made as long as the deadline allows.
  // not_found; remote: the job is lost, and nothing else; timed_out: deadline or idle_timeout passed, the job goes on;
  // cancelled; unreachable: no connection, whoever is to blame for it, or the server cannot tell of its jobs.
  Result<JobEnd> follow(std::uint64_t& offset, const FollowOptions& options);
  Result<void> stop(Milliseconds grace, Milliseconds patience);
  // refused: it still runs.
  Result<void> collect(Milliseconds patience);

 private:
  RemoteCommand command(std::string script, std::vector<std::string> more, Milliseconds patience) const;
  Result<std::string> poll(std::uint64_t offset, Seconds wait);

  ServerSession& session_;
  JobPlace place_;
  std::string id_;
};

}  // namespace maintain
