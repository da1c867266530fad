// maintain.job/1, as a plugin calls it.
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "plugin/host_testing.hpp"

using namespace maintain;
using test::Fixture;

namespace {

using Jobs = std::set<std::string>;
using Notes = std::vector<Jobs>;

// Jobs of a session that answers the start script itself: nothing is started here.
struct JobFixture : Fixture {
  const maintain_job_1* job = get<maintain_job_1>(MAINTAIN_JOB_1);
  std::string found = "none";  // what find prints
  int start_status = 0;

  JobFixture() {
    set_words({"true"});
    session.alter = [this](RemoteCommand& sent) {
      const bool starts = sent.argv.size() == 5 && sent.argv[2].starts_with("maintain-job-");
      const std::string answer = starts ? fmt::format("exit {}", start_status) : "echo " + found;
      sent = RemoteCommand{.argv = {"sh", "-c", answer}};
    };
  }
  maintain_status start(const char* name = "upgrade") {
    return job->start(host(), to_text(name), &command, &error.raw);
  }
  maintain_status find(const char* name = "upgrade") {
    maintain_job_phase phase = MAINTAIN_JOB_LOST;
    return job->find(host(), to_text(name), &phase, &error.raw);
  }
};

const Error reset{ErrorKind::unreachable, "connection reset", {}, {}};
const Error no_route{ErrorKind::unreachable, "no route", {}, {}};

}  // namespace

TEST_CASE_METHOD(JobFixture, "the supervisor knows of a job before the server does") {
  session.failures.push_back(reset);
  CHECK(start() == MAINTAIN_CONNECTION_LOST);
  CHECK(events.pending_jobs == Notes{{"upgrade"}});  // perhaps it runs
  CHECK(session.seen.back().become_user == "root");
  start_status = 143;
  CHECK(start() == MAINTAIN_CONNECTION_LOST);
  CHECK(events.pending_jobs.back() == Jobs{"upgrade"});
  CHECK(job->start(host(), to_text("../upgrade"), &command, nullptr) == MAINTAIN_INVALID_ARGUMENT);
}

TEST_CASE_METHOD(JobFixture, "a job that was not started is not remembered") {
  SECTION("no connection") {
    session.connect_failures.push_back(no_route);
    CHECK(start() == MAINTAIN_UNREACHABLE);
    CHECK(events.pending_jobs.empty());
  }
  SECTION("the server says so") {
    start_status = 1;
    CHECK(start() == MAINTAIN_FAILED);
    CHECK(events.pending_jobs.back().empty());
  }
  SECTION("nobody was let in") {
    for (const ErrorKind kind : {ErrorKind::authentication, ErrorKind::host_key, ErrorKind::refused}) {
      session.failures.push_back({kind, "no", {}, {}});
      CHECK(start() != MAINTAIN_OK);
      CHECK(events.pending_jobs.back().empty());
    }
  }
  SECTION("it has input, which nobody would send") {
    command.input = to_text("secret");
    CHECK(start() == MAINTAIN_INVALID_ARGUMENT);
    CHECK(events.pending_jobs.empty());
  }
}

TEST_CASE_METHOD(JobFixture, "a job is the connection's user's, unless it names another") {
  session.facts_json = R"({"user":"deploy"})";
  CHECK(start() == MAINTAIN_OK);
  CHECK(session.seen.back().become_user == "root");  // the directory is root's
  CHECK(session.seen.back().input.find("runuser -u deploy ") != std::string::npos);
  command.become_user = to_text("root");
  CHECK(start() == MAINTAIN_OK);
  CHECK(session.seen.back().input.find("runuser") == std::string::npos);
  command.become_user = {};
  session.facts_json = R"({"user":"root"})";
  CHECK(start() == MAINTAIN_OK);
  CHECK(session.seen.back().input.find("runuser") == std::string::npos);
  session.facts_json = R"({"user":""})";
  CHECK(start() == MAINTAIN_FAILED);
}

TEST_CASE_METHOD(JobFixture, "all jobs of a task are noted until each is collected") {
  CHECK(start("prepare") == MAINTAIN_OK);
  CHECK(start("order") == MAINTAIN_OK);
  CHECK(job->collect(host(), to_text("another"), nullptr) == MAINTAIN_OK);
  CHECK(events.pending_jobs == Notes{{"prepare"}, {"order", "prepare"}});
  CHECK(job->collect(host(), to_text("prepare"), nullptr) == MAINTAIN_OK);
  CHECK(job->collect(host(), to_text("order"), nullptr) == MAINTAIN_OK);
  CHECK(events.pending_jobs == Notes{{"prepare"}, {"order", "prepare"}, {"order"}, {}});
}

TEST_CASE_METHOD(JobFixture, "a task has not more jobs than the note has room for") {
  for (int i = 1; i <= 8; ++i) CHECK(start(("job" + std::to_string(i)).c_str()) == MAINTAIN_OK);
  CHECK(start("job9") == MAINTAIN_BUSY);
}

TEST_CASE_METHOD(JobFixture, "a job of an earlier run that is not there is forgotten") {
  self().end_run();
  call.pending_jobs = {"upgrade"};
  SECTION("when it is looked for") {
    begin();
    found = "finished";
    CHECK(find() == MAINTAIN_OK);
    CHECK(events.pending_jobs.empty());
    found = "none";
    CHECK(find("another") == MAINTAIN_OK);
    CHECK(events.pending_jobs.empty());
    CHECK(find() == MAINTAIN_OK);
    CHECK(events.pending_jobs == Notes{Jobs{}});
  }
  SECTION("but not by a dry run") {
    call.mode = Mode::check;
    begin();
    CHECK(find() == MAINTAIN_OK);
    CHECK(events.pending_jobs.empty());
  }
}

TEST_CASE_METHOD(JobFixture, "one that was started in this run may be on its way, whatever find says") {
  session.failures.push_back(reset);
  CHECK(start() == MAINTAIN_CONNECTION_LOST);
  CHECK(find() == MAINTAIN_OK);
  CHECK(events.pending_jobs == Notes{{"upgrade"}});
}

TEST_CASE_METHOD(JobFixture, "jobs and files, too, tell never sent from perhaps done") {
  const auto* files = get<maintain_files_1>(MAINTAIN_FILES_1);
  const std::function<maintain_status()> calls[] = {
      [&] { return find(); }, [&] { return job->stop(host(), to_text("upgrade"), 0, nullptr); },
      [&] { return job->collect(host(), to_text("upgrade"), nullptr); },
      [&] { return files->read(host(), to_text("/x"), {}, 0, &output.raw, nullptr); },
      [&] { return files->put(host(), to_text("/x"), {}, 0644, {}, nullptr); }};
  for (const auto& make : calls) {
    session.connect_failures.push_back(no_route);
    CHECK(make() == MAINTAIN_UNREACHABLE);
    session.failures.push_back(reset);
    CHECK(make() == MAINTAIN_CONNECTION_LOST);
  }
}

TEST_CASE_METHOD(JobFixture, "the output of a quiet job is followed, and not saved") {
  std::uint64_t offset = 0;
  found = "'job finished 3 0 1 2 quiet'; echo hi";
  CHECK(job->follow(host(), to_text("upgrade"), &offset, &output.raw, 0, 0, &exit, nullptr) == MAINTAIN_OK);
  CHECK(output.bytes == "hi\n");
  CHECK(events.saved_output.empty());
  offset = 0;
  found = "'job finished 3 0 1 2 shown'; echo hi";
  CHECK(job->follow(host(), to_text("upgrade"), &offset, &output.raw, 0, 0, &exit, nullptr) == MAINTAIN_OK);
  CHECK(events.saved_output == "hi\n");
}
