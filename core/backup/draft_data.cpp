#include "backup/draft_data.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "backup/draft_inventory.hpp"
#include "backup/task_copies.hpp"
#include "backup/zfs_data.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t draft_file_limit = 64 * 1024;

// A draft as an earlier run left it.
struct LeftDraft {
  std::string source, engine;
  std::string seed;  // id of the copy with whose files it began; empty: with none
  Sharing sharing = Sharing::links;
};

std::optional<LeftDraft> read_left_draft(const fs::path& draft) {
  const auto text = read_plain_file(draft / draft_file_name, draft_file_limit);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    const auto sharing = sharing_named(json.value("sharing", to_string(Sharing::links)));
    if (!sharing) return std::nullopt;
    return LeftDraft{json.value("source", ""), json.value("engine", ""), json.value("seed", ""), *sharing};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

bool wants(const DraftRequest& request, Snapshots these) {
  return request.snapshots == these || request.snapshots == Snapshots::automatic;
}

// Only beside the very copy that it began with can it be told which of its files are that copy's.
bool can_go_on(const LeftDraft& left, const std::string& base, const DraftRequest& request) {
  if (left.source != request.source || left.engine != request.engine) return false;
  // Who does without zfs from now on may have had to.
  if (left.sharing == Sharing::zfs && (!request.seed || !wants(request, Snapshots::zfs))) return false;
  return left.seed.empty() || (left.seed == base && request.seed);
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

// What a draft is without a dataset, although one was asked for.
std::string no_dataset(const fs::path& task) {
  return fmt::format("{} has no dataset of its own: unchanged files are shared by hard links (as root: zfs create "
                     "-o mountpoint={} POOL/NAME; see docs/backup-store.md)",
                     task.string(), (task / dataset_name).string());
}

// Whether the task's dataset can take a draft.
Result<void> check_dataset(const fs::path& task, const ZfsTask& zfs) {
  const fs::path path = task / dataset_name;
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    return fail_errno(path.string() + " is not for the user that maintain runs as", errno);
  return zfs.look();
}

}  // namespace

Sharing sharing_of_draft(const fs::path& task) {
  const auto left = read_left_draft(task / draft_name);
  return left ? left->sharing : Sharing::links;
}

Result<DraftData> prepare_draft(const fs::path& task, const std::string& base, const DraftRequest& request,
                                const ZfsTask& zfs, const Interrupt& interrupt) {
  const fs::path path = task / draft_name;
  auto directory = open_directory(task);
  if (!directory) return fail(directory.error());
  DraftData data;
  const auto left = read_left_draft(path);
  data.resumed = request.resume && left && can_go_on(*left, base, request);
  if (data.resumed && left->sharing == Sharing::zfs && !check_dataset(task, zfs)) data.resumed = false;
  std::string seed;
  if (data.resumed) {
    seed = left->seed;
    // Of one who was killed between the snapshot and the copy.
    if (auto dropped = drop_snapshot(directory->get(), draft_name, zfs); !dropped) return fail(dropped.error());
    if (left->sharing == Sharing::zfs) data.sharing = Sharing::zfs;
  } else if (auto removed = remove_copy(directory->get(), draft_name, zfs, interrupt); !removed) {
    return fail(removed.error());
  }
  if (auto made = make_directories(path, 0700); !made) return fail(made.error());
  auto draft = open_directory(path);
  if (!draft) return fail(draft.error());
  const bool begins = !data.resumed && request.seed;
  if (begins && wants(request, Snapshots::zfs) && has_dataset(task)) {
    const auto usable = check_dataset(task, zfs);
    if (usable) data.sharing = Sharing::zfs;
    else data.note = usable.error().describe() + ": unchanged files are shared by hard links";
  } else if (begins && request.snapshots == Snapshots::zfs) {
    data.note = no_dataset(task);
  }
  if (begins && data.sharing != Sharing::zfs && data.note.empty() && wants(request, Snapshots::btrfs)) {
    if (on_btrfs(draft->get())) {
      const auto made = make_data(task, draft->get(), base);
      if (made && *made) seed = base;
      if (!made) data.note = made.error().message + ": unchanged files are shared by hard links";
    } else if (request.snapshots == Snapshots::btrfs) {
      data.note = task.string() + " does not lie on btrfs: unchanged files are shared by hard links";
    }
  }
  if (data.sharing == Sharing::zfs) {
    const auto seeded = prepare_dataset(task, base, data.resumed, interrupt);
    if (!seeded) return fail(seeded.error());
    if (*seeded) seed = base;
  } else {
    if (auto made = make_directories(path / data_name, 0700); !made) return fail(made.error());
    if (is_subvolume(draft->get(), data_name)) data.sharing = Sharing::btrfs;
  }
  data.seeded = data.sharing != Sharing::links && !seed.empty();

  // Last: what has no such file is not gone on with.
  const nlohmann::json of_draft = {{"source", request.source}, {"engine", request.engine}, {"seed", seed},
                                   {"sharing", to_string(data.sharing)}};
  const std::string text = of_draft.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (auto kept = write_file_atomically(path / draft_file_name, text, 0600); !kept) return fail(kept.error());
  return data;
}

}  // namespace maintain
