// Copies a text, and works on the copy by hand: tells what it was given and what it can reach.
#include <maintain/plugin.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace maintain::sdk;

namespace {

std::string content_of(const OpenCopy& copy) {
  std::ostringstream text;
  text << std::ifstream(copy.path + "/text").rdbuf();
  return text.str();
}

class Copy final : public Task {
  Outcome run(Context& context) override {
    context.begin_copy({{"source", "the options"}, {"engine", "text"}});
    context.create_file("text");
    context.write_file(context.options().at("text").get<std::string>());
    context.close_file();
    context.commit_copy({{"verified", {{{"how", "by looking"}, {"detail", ""}}}}});
    return Outcome::changed;
  }
};

class Drill final : public Task {
  Outcome run(Context& context) override {
    const OpenCopy copy = context.open_copy(context.options().at("at").get<std::string>());
    const Json before = context.state();
    context.set_state({{"drills", before.value("drills", 0) + 1}});
    context.output(context.options().dump());
    context.summary(content_of(copy));
    return Outcome::ok;
  }
};

class Restore final : public Task {
  Outcome run(Context& context) override {
    const OpenCopy copy = context.open_copy(context.options().at("at").get<std::string>());
    context.output(context.options().dump());
    if (context.check_mode()) {
      context.summary("would restore " + copy.id);
      return Outcome::ok;
    }
    context.set_state({{"restored", true}});
    const std::filesystem::path to = context.options().at("to").get<std::string>();
    if (!to.is_absolute()) context.facts();  // "SERVER:/PATH": for that the server has to answer
    std::ofstream(to / "text") << content_of(copy) << std::flush;
    const bool beside = static_cast<bool>(std::ofstream(to.parent_path() / "beside") << "x" << std::flush);
    if (beside) context.finding({.state = State::warning, .code = "copier.beside", .title = "not confined"});
    context.summary("restored " + copy.id);
    return Outcome::changed;
  }
};

}  // namespace

MAINTAIN_PLUGIN(copier, task<Copy>("copier.copy"), task<Drill>("copier.drill"), task<Restore>("copier.restore"))
