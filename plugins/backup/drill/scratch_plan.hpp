// What runs in the scratch of a drill, as a value; the script that runs it; and what the script says. Pure.
//
// One script runs all of it, because a server has to live across many programs: the script is the first process of
// a namespace, with which all that it started ends, however the script, the worker or the machine ends.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::backup {

// A program's words, and whether it has to walk through directories that are closed to whoever it runs as.
struct ScratchProgram {
  std::vector<std::string> argv;
  bool searches = false;
};

struct ScratchStep {
  std::string what;             // for people: "restoring orders"
  ScratchProgram program;
  std::string input_file = {};  // becomes its input
  bool unzip = false;           // through gzip -d
  bool may_fail = false;
  bool question = false;        // what it prints is wanted; the rest goes on, also when it fails
};

// What has to answer before the steps begin, and is ended after them.
struct ScratchServer {
  std::string name;       // "PostgreSQL"
  ScratchProgram program;
  ScratchProgram ready;   // succeeds when it answers
};

struct ScratchPlan {
  std::vector<ScratchStep> before;  // the server runs
  std::optional<ScratchServer> server;
  std::vector<ScratchStep> steps;   // once it answers
};

// The words before each program: they make it harmless. See Scratch.
struct ScratchBox {
  std::vector<std::string> words;
  std::vector<std::string> searching;  // for a program that `searches`
};

// For bash, which is called with the scratch directory as its only argument.
std::string scratch_script(const ScratchPlan& plan, const ScratchBox& box);

struct ScratchAnswer {
  bool ok = false;
  std::string text;  // output and errors, at most scratch_answer_limit bytes
};
constexpr std::size_t scratch_answer_limit = 64 * 1024;

struct ScratchReport {
  bool done = false;                   // all steps were run
  std::string failed;                  // else what failed: "restoring orders failed with exit status 3"
  std::vector<ScratchAnswer> answers;  // of the questions, in order
};

ScratchReport parse_scratch_report(const ScratchPlan& plan, std::string_view output);

}  // namespace maintain::plugins::backup
