// For the tasks' tests: a server with certificates, its answers to the survey, and what is served.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <maintain/testkit.hpp>

#include "letsencrypt/audit/testing.hpp"
#include "letsencrypt/client/survey_script.hpp"
#include "letsencrypt/renew/tasks.hpp"

namespace maintain::letsencrypt::testing {

using namespace maintain::sdk::testkit;
using sdk::Finding;
using sdk::Json;
using sdk::Moment;
using sdk::Outcome;
using sdk::State;

inline std::string base64(const std::string& bytes) {
  if (bytes.empty()) return "-";
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), from, static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

struct OnDisk {
  Issued issued;
  std::string trouble = "none";
  bool has_hook = false;
  std::string key_hash = {};  // of the private key; empty: the certificate's
  bool is_configured = true;
};

// What a command answers: these one after another, then always the same.
struct Answers {
  std::vector<Reply> replies = {};
  Reply otherwise = {};
  std::size_t used = 0;
  Reply next() { return used < replies.size() ? replies[used++] : otherwise; }
};

// A server with certbot, and what visitors get from it.
class Scene {
 public:
  Scene() : root_(make_root("Test Root X1")), intermediate_(make_intermediate(root_)) {
    server.set_now(Moment(std::chrono::seconds(epoch)));
    // The answer is made when the command is run, so that it has what the commands before it did.
    server.stub(script("letsencrypt %s"), [this](const SeenCommand&) { return Reply{.output = answer()}; });
    server.stub(script("certbot renew"), [this](const SeenCommand& command) {
      const bool dry = std::find(command.argv.begin(), command.argv.end(), "--dry-run") != command.argv.end();
      return (dry ? rehearsals : renewals).next();
    });
    server.stub(script("run renew_hook"), [this](const SeenCommand&) { return hooks.next(); });
    server.stub(argv({"reload"}), [this](const SeenCommand&) { return reloads.next(); });
  }

  Issued leaf(const std::vector<std::string>& names, std::int64_t age_days, std::int64_t lifetime_days = 90) const {
    const std::int64_t now = seconds_now();
    return make_leaf(intermediate_, names, now - age_days * day, now + (lifetime_days - age_days) * day - 1);
  }

  // One run of the task, by its schedule. What earlier runs found is forgotten, what they remember is not.
  TaskRun run(Json options = Json::object(), bool by_hand = false, bool dry = false) {
    RenewTask task(probe());
    return run_one(task, std::move(options), by_hand, dry);
  }
  TaskRun check(Json options = Json::object()) {
    CheckTask task(probe());
    return run_one(task, std::move(options), false, false);
  }

  // What is served, as the tasks see it.
  Probe probe() {
    return [this](const std::vector<Endpoint>& endpoints, Milliseconds, const std::function<bool()>&) {
      std::vector<Served> answers;
      for (Endpoint endpoint : endpoints) {
        if (endpoint.address.empty()) endpoint.address = "192.0.2.7";
        const auto found = served.find(endpoint.name);
        Served one{.endpoint = endpoint, .kind = Served::Kind::refused, .problem = "the connection was refused"};
        if (found != served.end()) {
          one.kind = Served::Kind::answered;
          one.problem.clear();
          one.chain = {found->second.certificate, intermediate_.certificate};
        }
        answers.push_back(std::move(one));
      }
      return answers;
    };
  }

  std::int64_t seconds_now() const {
    return std::chrono::duration_cast<std::chrono::seconds>(server.now().time_since_epoch()).count();
  }
  // Commands that contain this, in all runs.
  std::size_t ran(const std::string& part) const {
    return static_cast<std::size_t>(std::count_if(
        server.commands.begin(), server.commands.end(), [&](const SeenCommand& command) {
          return command.script.find(part) != std::string::npos ||
                 std::find(command.argv.begin(), command.argv.end(), part) != command.argv.end();
        }));
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> found;
    for (const Finding& finding : server.findings) found.push_back(finding.code.substr(sizeof "letsencrypt." - 1));
    std::sort(found.begin(), found.end());
    return found;
  }

  FakeServer server;
  std::map<std::string, OnDisk> disk;    // by lineage
  std::map<std::string, Issued> served;  // by name; others refuse the connection
  bool client_found = true;
  std::string store_trouble = "none";
  Answers renewals;                      // certbot renew
  Answers rehearsals;                    // certbot renew --dry-run
  Answers hooks;                         // certbot's own deploy hooks, run by us
  Answers reloads;                       // the project's `deploy: [reload]`

 private:
  std::string answer() const {
    const std::string client = client_found ? "found " + base64("2.1.0") : "missing -";
    std::string text = "\nletsencrypt client " + client + "\n";
    text += "letsencrypt store " + base64("/etc/letsencrypt") + " " + store_trouble + " " +
            base64(store_trouble == "none" ? "" : "/etc/letsencrypt may not be read") + "\n";
    for (const auto& [name, file] : disk) {
      const bool fine = file.trouble == "none";
      text += "letsencrypt lineage " + base64(name) + " " + base64("/etc/letsencrypt/live/" + name + "/fullchain.pem") +
              " " + file.trouble + " " + base64(fine ? "" : "may not be read") + " " +
              (fine ? base64(file.issued.pem + intermediate_.pem) : "-") + " - none - " +
              (!fine ? "-" : file.key_hash.empty() ? file.issued.certificate.key_hash : file.key_hash) + " " +
              (!file.is_configured ? "unconfigured" : file.has_hook ? "hook" : "-") + "\n";
    }
    text += "letsencrypt root " + base64(root_.pem) + "\n";
    return text + "letsencrypt end " + std::to_string(seconds_now()) + "\n";
  }
  TaskRun run_one(sdk::Task& task, Json options, bool by_hand, bool dry) {
    server.findings.clear();
    RunOptions how{.options = std::move(options), .check = dry};
    if (!by_hand) how.scheduled = server.now();
    return run_task(task, server, how);
  }

  Issued root_;
  Issued intermediate_;
};

}  // namespace maintain::letsencrypt::testing
