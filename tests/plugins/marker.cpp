// Breaks the rule against static constructors with effects, so that a test can see whether it was loaded.
#include <cstdlib>
#include <fstream>

#include <maintain/plugin.hpp>

using namespace maintain::sdk;

namespace {

struct Mark {
  Mark() {
    if (const char* file = std::getenv("MAINTAIN_TEST_MARKER")) std::ofstream(file) << "loaded\n";
  }
};
const Mark mark;

class Nothing final : public Task {
  Outcome run(Context&) override { return Outcome::ok; }
};

}  // namespace

MAINTAIN_PLUGIN(marker, task<Nothing>("marker.task"))
