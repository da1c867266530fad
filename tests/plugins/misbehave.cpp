// Every way in which a task may hurt its process. Each tells a finding first, so that a test sees whether what was
// told before the end survives it.
#include <maintain/plugin.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

using namespace maintain::sdk;

namespace {

void tell(Context& context) {
  context.finding({.state = State::warning, .code = "misbehave.started", .title = context.task() + " has started"});
}

[[noreturn]] void wait_for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

class Well final : public Task {
  std::optional<std::string> validate(const Json& options) override {
    if (options.contains("paths")) throw InvalidOption("/paths/0", "is not absolute");
    return std::nullopt;
  }
  Outcome run(Context& context) override {
    tell(context);
    context.summary(context.reattaching() ? "behaved, re-attaching" : "behaved");
    return Outcome::ok;
  }
};

class Crash final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    ::signal(SIGSEGV, SIG_DFL);  // sanitizers make an exit of it, and of a store to nowhere before it happens
    ::raise(SIGSEGV);
    return Outcome::ok;
  }
};

class Hang final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    wait_for_ever();
  }
};

class Stubborn final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    wait_for_ever();
  }
};

class Spin final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    for (volatile std::uint64_t turns = 0;;) turns = turns + 1;
  }
};

class Exit final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    std::exit(0);
  }
};

class QuickExit final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    ::_exit(0);
  }
};

class Throw final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    throw std::out_of_range("index 7 of 3");
  }
};

class ThrowInt final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    throw 42;
  }
};

class Memory final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    constexpr std::size_t piece = 64 * 1024 * 1024;
    std::vector<char*> kept;
    for (;;) {  // ends by bad_alloc, or by the kernel
      kept.push_back(new char[piece]);
      std::memset(kept.back(), 1, piece);
    }
  }
};

class Flood final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    const std::string line(64 * 1024, 'x');
    while (!context.is_cancelled()) context.output(line + "\n");
    return Outcome::failed;
  }
};

class Abort final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    std::abort();
  }
};

class StrangeOutcome final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    return static_cast<Outcome>(77);
  }
};

class Slow final : public Task {
  Outcome run(Context& context) override {
    tell(context);
    for (;;) context.sleep(std::chrono::hours(1));  // throws when it is cancelled
  }
};

}  // namespace

MAINTAIN_PLUGIN(misbehave, task<Well>("misbehave.well"), task<Crash>("misbehave.crash"), task<Hang>("misbehave.hang"),
                task<Stubborn>("misbehave.stubborn"), task<Spin>("misbehave.spin"), task<Exit>("misbehave.exit"),
                task<QuickExit>("misbehave.quick_exit"), task<Throw>("misbehave.throw"),
                task<ThrowInt>("misbehave.throw_int"), task<Memory>("misbehave.memory"),
                task<Flood>("misbehave.flood"), task<Abort>("misbehave.abort"),
                task<StrangeOutcome>("misbehave.outcome"), task<Slow>("misbehave.slow"))
