// How failure is told in maintain.
//
// An expected failure is a value: Result<T> carries either T or an Error that says what happened,
// where, and what a person can do about it. Fatal is thrown only where the program cannot go on and
// is caught once, in main().
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include <tl/expected.hpp>

namespace maintain {

// What kind of thing went wrong; decides who must act (see remedy()).
enum class ErrorKind {
  configuration,  // a file or option a person wrote is wrong
  usage,          // the command line is wrong
  not_found,      // a named thing does not exist
  unreachable,    // no connection to a server, or it was lost
  authentication, // the server refused our keys
  host_key,       // the server's key is unknown or has changed
  timed_out,      // a deadline passed
  cancelled,      // somebody asked to stop
  refused,        // a rule of ours forbids it (check mode, a limit, an unsafe file)
  busy,           // somebody else holds it
  remote,         // the server ran it and it failed
  system,         // the operating system of the maintenance server failed us
  internal,       // a defect of maintain or of a plugin
};

// Who acts on an error: nobody (the next tick tries again), a person, or whoever wrote a configuration.
enum class Remedy { retry, person, configuration };

// A place in a text a person wrote. line and column start at 1; 0 means unknown.
struct Position {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const Position&) const = default;
};

// "file:line:column", leaving out what is unknown; empty when nothing is known.
std::string to_string(const Position& position);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;              // what happened, without a trailing full stop
  std::string hint = {};            // what to do; may be empty
  std::optional<Position> where = {};

  // "file:line:column: message (hint)" on one line.
  std::string describe() const;
};

std::string to_string(ErrorKind kind);
Remedy remedy(ErrorKind kind);

template <class T>
using Result = tl::expected<T, Error>;

// return fail(ErrorKind::not_found, "no server 'web9'", "maintain lists them with: maintain status");
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::make_unexpected(Error{kind, std::move(message), std::move(hint), {}});
}
inline tl::unexpected<Error> fail(Error error) { return tl::make_unexpected(std::move(error)); }

// fail(ErrorKind::system, "cannot open /etc/x: Permission denied") with errno's text appended.
tl::unexpected<Error> fail_errno(std::string what, int error_number);

// The program cannot go on. exit_code is one of the documented exit codes of maintain(1).
class Fatal : public std::runtime_error {
 public:
  Fatal(int exit_code, const Error& error) : std::runtime_error(error.describe()), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

}  // namespace maintain
