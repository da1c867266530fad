#include "backup/drill/scratch_box.hpp"

#include <unistd.h>

#include "backup/drill/scratch.hpp"

namespace maintain::plugins::backup {
namespace {

// Programs, their libraries and what these look up. Nothing in it is a secret; names that are not there do no harm.
constexpr const char* system_places[] = {
    "/usr",       "/bin",             "/sbin",          "/lib",               "/lib32",      "/lib64",
    "/etc/group", "/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd", "/etc/ssl/openssl.cnf"};

void append(std::vector<std::string>& words, std::initializer_list<const char*> more) {
  words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

ScratchBox scratch_box(const std::string& directory) {
  const bool root = ::geteuid() == 0;
  ScratchBox box;
  for (const bool searching : {false, true}) {
    std::vector<std::string> words = {"setpriv", "--no-new-privs"};
    if (root) {
      const std::string also = searching ? ",+dac_read_search" : "";
      append(words, {"--reuid=nobody", "--regid=nogroup", "--clear-groups"});
      words.push_back("--bounding-set=-all" + also);
      words.push_back("--inh-caps=-all" + also);
      if (searching) words.emplace_back("--ambient-caps=+dac_read_search");
    }
    append(words, {"env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                   "LC_ALL=C.UTF-8", "HOME=/nonexistent"});
    words.push_back("TMPDIR=" + directory);
    (searching ? box.searching : box.words) = std::move(words);
  }
  return box;
}

sdk::Confinement scratch_confinement(const std::vector<std::string>& readable, const std::string& directory) {
  sdk::Confinement confinement;
  confinement.readable.assign(std::begin(system_places), std::end(system_places));
  confinement.readable.insert(confinement.readable.end(), readable.begin(), readable.end());
  confinement.writable = {directory};
  return confinement;
}

sdk::Completed run_confined(sdk::Context& context, sdk::Command command, sdk::Confinement confinement) {
  command.confined_to = std::move(confinement);
  try {
    return context.local(command);
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_UNSUPPORTED) throw;
    throw DrillImpossible("a dump is not restored unconfined, and programs cannot be confined on the maintenance "
                          "server: " + std::string(failure.what()),
                          {},
                          "give the maintenance server what is missing, or restore the copy for test on another "
                          "machine: maintain backups restore " + context.server());
  }
}

}  // namespace maintain::plugins::backup
