// Time. All schedule arithmetic asks a Clock, so that tests script the time.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "base/error.hpp"

namespace maintain {

using Time = std::chrono::sys_seconds;      // a moment, UTC, whole seconds
using Seconds = std::chrono::seconds;
using Milliseconds = std::chrono::milliseconds;
using Steady = std::chrono::steady_clock::time_point;  // for deadlines; never stored

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }
};

// A clock that stands where a test put it.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Time at) : at_(at) {}
  Time now() const override { return at_; }
  void set(Time at) { at_ = at; }

 private:
  Time at_;
};

// "2026-11-22T13:03:41Z" (RFC 3339, UTC).
std::string format_time(Time time);
Result<Time> parse_time(const std::string& text);

// "90s", "30m", "36h", "7d", "2w", or compound "1h30m". A bare number is refused: the unit is never guessed.
Result<Seconds> parse_duration(const std::string& text);
// The two largest units that are not zero: "1h 30m", "3d 4h", "45s", "0s".
std::string format_duration(Seconds duration);

// A moment after which an operation gives up. Copy it down the calls; ask remaining() before each wait.
class Deadline {
 public:
  // Of a span that is longer than ten years, ten years: what a plugin asks for must not overflow.
  static Deadline after(Milliseconds span) {
    constexpr Milliseconds longest = std::chrono::hours(24 * 3653);
    return Deadline(std::chrono::steady_clock::now() + std::clamp(span, Milliseconds::zero(), longest));
  }
  static Deadline earlier(Deadline a, Deadline b) { return a.at_ < b.at_ ? a : b; }
  bool passed() const { return remaining() == Milliseconds::zero(); }
  // Time left, rounded up, never negative.
  Milliseconds remaining() const;
  Steady at() const { return at_; }

 private:
  explicit Deadline(Steady at) : at_(at) {}
  Steady at_;
};

}  // namespace maintain
