#include "backup/draft_data.hpp"

#include <nlohmann/json.hpp>

#include "backup/draft_inventory.hpp"
#include "backup/task_copies.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t draft_file_limit = 64 * 1024;

// Of which copy the draft that lies there is a snapshot, empty when of none; nothing when it cannot be gone on with.
std::optional<std::string> seed_of(const fs::path& draft, const DraftRequest& request) {
  const auto text = read_plain_file(draft / draft_file_name, draft_file_limit);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || json.value("source", "") != request.source || json.value("engine", "") != request.engine)
    return std::nullopt;
  return json.value("seed", "");
}

// A subvolume, of the base where that is one. Leaves nothing behind when it cannot be made.
Result<bool> make_data(const fs::path& task, int draft, const std::string& base) {
  const auto older = open_directory(task / base);
  if (!base.empty() && older && is_subvolume(older->get(), data_name)) {
    auto of = open_directory(task / base / data_name);
    if (!of) return fail(of.error());
    if (auto made = make_snapshot(of->get(), draft, data_name); !made) return fail(made.error());
    return true;
  }
  if (auto made = make_subvolume(draft, data_name); !made) return fail(made.error());
  return false;
}

}  // namespace

Result<DraftData> prepare_draft(const fs::path& task, const std::string& base, const DraftRequest& request,
                                const Interrupt& interrupt) {
  const fs::path path = task / draft_name;
  auto directory = open_directory(task);
  if (!directory) return fail(directory.error());
  DraftData data;
  std::optional<std::string> seed;
  if (request.resume) seed = seed_of(path, request);
  // Only beside the very copy that it is a snapshot of can it be told which of its files are that copy's.
  data.resumed = seed && (seed->empty() || (*seed == base && request.seed));
  if (!data.resumed) {
    seed = "";
    if (auto removed = remove_copy(directory->get(), draft_name, interrupt); !removed) return fail(removed.error());
  }
  if (auto made = make_directories(path, 0700); !made) return fail(made.error());
  auto draft = open_directory(path);
  if (!draft) return fail(draft.error());
  if (!data.resumed && request.seed && request.snapshots != Snapshots::links) {
    if (on_btrfs(draft->get())) {
      const auto made = make_data(task, draft->get(), base);
      if (made && *made) seed = base;
      if (!made) data.note = made.error().message + ": unchanged files are shared by hard links";
    } else if (request.snapshots == Snapshots::btrfs) {
      data.note = task.string() + " does not lie on btrfs: unchanged files are shared by hard links";
    }
  }
  if (auto made = make_directories(path / data_name, 0700); !made) return fail(made.error());
  if (is_subvolume(draft->get(), data_name)) data.sharing = Sharing::btrfs;
  data.seeded = data.sharing == Sharing::btrfs && !seed->empty();

  // Last: what has no such file is not gone on with.
  const nlohmann::json of_draft = {{"source", request.source}, {"engine", request.engine}, {"seed", *seed}};
  const std::string text = of_draft.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (auto kept = write_file_atomically(path / draft_file_name, text, 0600); !kept) return fail(kept.error());
  return data;
}

}  // namespace maintain
