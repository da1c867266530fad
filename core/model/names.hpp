// The words of the model as text: the same in CLI, JSON, store and docs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/finding.hpp"
#include "model/plan.hpp"
#include "model/run.hpp"
#include "model/server.hpp"
#include "model/task_type.hpp"

namespace maintain {

std::string to_string(State state);
std::string to_string(Outcome outcome);
std::string to_string(Decision decision);
std::string to_string(Mode mode);
std::string to_string(TransportKind kind);
std::string to_string(Scope scope);
std::string to_string(Order order);

std::optional<State> parse_state(std::string_view text);
std::optional<Outcome> parse_outcome(std::string_view text);
std::optional<Mode> parse_mode(std::string_view text);
std::optional<TransportKind> parse_transport_kind(std::string_view text);  // "auto" is automatic
std::optional<Scope> parse_scope(std::string_view text);
std::optional<Order> parse_order(std::string_view text);

// [a-z0-9][a-z0-9._-]*, at most 100 bytes: names of projects and tasks.
bool is_valid_name(std::string_view name);

// What a server's name must be, because it becomes the name of a directory and a word of command lines: printable, not
// empty, at most 200 bytes (a directory entry has 255, and suffixes come behind it), no slash, no dot or dash in front.
bool is_safe_directory_name(std::string_view name);

}  // namespace maintain
