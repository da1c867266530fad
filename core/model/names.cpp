#include "model/names.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_directory_name = 200;

template <class E, std::size_t N>
using Words = std::array<std::pair<E, std::string_view>, N>;

constexpr Words<State, 4> states{{{State::ok, "ok"},
                                  {State::warning, "warning"},
                                  {State::critical, "critical"},
                                  {State::unknown, "unknown"}}};

constexpr Words<Outcome, 8> outcomes{{{Outcome::ok, "ok"},
                                      {Outcome::changed, "changed"},
                                      {Outcome::skipped, "skipped"},
                                      {Outcome::failed, "failed"},
                                      {Outcome::unreachable, "unreachable"},
                                      {Outcome::timed_out, "timed_out"},
                                      {Outcome::cancelled, "cancelled"},
                                      {Outcome::crashed, "crashed"}}};

constexpr Words<Decision, 8> decisions{{{Decision::due, "due"},
                                        {Decision::not_yet, "not_yet"},
                                        {Decision::outside_window, "outside_window"},
                                        {Decision::backing_off, "backing_off"},
                                        {Decision::disabled, "disabled"},
                                        {Decision::not_allowed, "not_allowed"},
                                        {Decision::no_schedule, "no_schedule"},
                                        {Decision::not_selected, "not_selected"}}};

constexpr Words<Mode, 2> modes{{{Mode::apply, "apply"}, {Mode::check, "check"}}};

constexpr Words<TransportKind, 4> transports{{{TransportKind::automatic, "auto"},
                                              {TransportKind::libssh2, "libssh2"},
                                              {TransportKind::openssh, "openssh"},
                                              {TransportKind::local, "local"}}};

constexpr Words<Scope, 2> scopes{{{Scope::project, "project"}, {Scope::server, "server"}}};

constexpr Words<Order, 5> orders{{{Order::very_first, "very_first"},
                                  {Order::first, "first"},
                                  {Order::middle, "middle"},
                                  {Order::last, "last"},
                                  {Order::very_last, "very_last"}}};

template <class E, std::size_t N>
std::string word_of(const Words<E, N>& words, E value) {
  for (const auto& [known, word] : words)
    if (known == value) return std::string(word);
  return "?";
}

template <class E, std::size_t N>
std::optional<E> value_of(const Words<E, N>& words, std::string_view text) {
  for (const auto& [known, word] : words)
    if (word == text) return known;
  return std::nullopt;
}

}  // namespace

std::string to_string(State state) { return word_of(states, state); }
std::string to_string(Outcome outcome) { return word_of(outcomes, outcome); }
std::string to_string(Decision decision) { return word_of(decisions, decision); }
std::string to_string(Mode mode) { return word_of(modes, mode); }
std::string to_string(TransportKind kind) { return word_of(transports, kind); }
std::string to_string(Scope scope) { return word_of(scopes, scope); }
std::string to_string(Order order) { return word_of(orders, order); }

std::optional<State> parse_state(std::string_view text) { return value_of(states, text); }
std::optional<Outcome> parse_outcome(std::string_view text) { return value_of(outcomes, text); }
std::optional<Mode> parse_mode(std::string_view text) { return value_of(modes, text); }
std::optional<TransportKind> parse_transport_kind(std::string_view text) { return value_of(transports, text); }
std::optional<Scope> parse_scope(std::string_view text) { return value_of(scopes, text); }
std::optional<Order> parse_order(std::string_view text) { return value_of(orders, text); }

bool is_valid_name(std::string_view name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 100 || !alphanumeric(name.front())) return false;
  for (const char c : name)
    if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') return false;
  return true;
}

bool is_safe_directory_name(std::string_view name) {
  if (name.empty() || name.size() > longest_directory_name) return false;
  return name.front() != '.' && name.front() != '-' && name.find('/') == name.npos && printable(name) == name;
}

int severity_rank(State state) {
  switch (state) {
    case State::ok: return 0;
    case State::unknown: return 1;
    case State::warning: return 2;
    case State::critical: return 3;
  }
  return 1;
}

State worst(State a, State b) { return severity_rank(a) >= severity_rank(b) ? a : b; }

bool is_success(Outcome outcome) { return outcome == Outcome::ok || outcome == Outcome::changed; }

bool is_failure(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::unreachable || outcome == Outcome::timed_out ||
         outcome == Outcome::crashed;
}

std::string project_and_task(const TaskKey& key) {
  return key.project.empty() ? key.task : key.project + "/" + key.task;
}

std::string to_string(const TaskKey& key) {
  std::string text = key.server;
  if (!key.project.empty()) text += "/" + key.project;
  if (!key.task.empty()) text += "/" + key.task;
  return text;
}

}  // namespace maintain
