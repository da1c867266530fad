// The digest as a mail: a headline, then blocks.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/paint.hpp"
#include "report/render_text.hpp"
#include "report/show_command.hpp"
#include "report/wrap.hpp"

namespace maintain {
namespace {

constexpr std::size_t block_limit = 200;  // a mail that long is read no further
constexpr std::size_t detail_lines = 20;  // of each finding; the saved output has the rest

using Items = std::vector<DigestItem>;
using Place = Items::const_iterator;

std::string headline(const Digest& digest) {
  std::vector<std::string> parts;
  for (const State state : {State::critical, State::warning, State::unknown}) {
    const auto count = std::count_if(digest.items.begin(), digest.items.end(), [&](const DigestItem& item) {
      return item.notice != Notice::recovery && item.finding.state == state;
    });
    if (count == 0) continue;
    parts.push_back(fmt::format("{} {}{}", count, to_string(state), state == State::warning && count > 1 ? "s" : ""));
  }
  std::set<std::string> servers;
  std::size_t recovered = 0;
  for (const DigestItem& item : digest.items) {
    servers.insert(item.key.server);
    if (item.notice == Notice::recovery) ++recovered;
  }
  if (recovered > 0) parts.push_back(fmt::format("{} recovered", recovered));
  return fmt::format("maintain: {} on {}", join(parts, ", "), count_of(servers.size(), "server"));
}

// "CRITICAL  web1, project shop, task orders": wrapped first, for colours have no width.
std::string heading(const DigestItem& item, const TextStyle& style) {
  const std::string word = to_upper(to_string(item.finding.state));
  std::string text = word + "  " + printable(item.key.server);
  if (!item.key.project.empty()) text += ", project " + printable(item.key.project);
  if (!item.key.task.empty()) text += ", task " + printable(item.key.task);
  return paint(word, color_of(item.finding.state), style) +
         wrap(text, "", static_cast<std::size_t>(style.width)).substr(word.size());
}

// What is told in one block: several packages held on one server are one thing to do.
bool same_block(const DigestItem& a, const DigestItem& b) {
  if (a.notice != b.notice) return false;
  return a.notice == Notice::recovery || (a.finding.state == b.finding.state && a.key == b.key);
}

std::string detail_of(const DigestItem& item, std::size_t width) {
  auto lines = split_lines(printable(item.finding.detail, true));
  const std::size_t more = lines.size() > detail_lines ? lines.size() - detail_lines : 0;
  lines.resize(lines.size() - more);
  if (more > 0) lines.push_back(fmt::format("… {}", count_of(more, "more line")));
  return wrap(join(lines, "\n"), "    ", width);
}

std::string problem_block(Place from, Place to, const TextStyle& style) {
  const auto width = static_cast<std::size_t>(style.width);
  const DigestItem& first = *from;
  std::string text = heading(first, style);
  if (first.notice == Notice::reminder) {
    const auto oldest = std::min_element(from, to, [](const auto& a, const auto& b) { return a.since < b.since; });
    text += fmt::format("  Reminder: open since {}\n", format_time(oldest->since));
  }
  std::vector<std::string> commands;
  for (Place item = from; item != to; ++item) {
    text += wrap(printable(item->finding.title), "  ", width);
    text += detail_of(*item, width);
    const bool said_below = item + 1 != to && (item + 1)->finding.action == item->finding.action;
    if (!item->finding.action.empty() && !said_below)
      text += wrap_labelled("What to do", printable(item->finding.action), "  ", width);
    const std::string command = command_for_more(item->run_id, item->key);
    if (std::find(commands.begin(), commands.end(), command) == commands.end()) commands.push_back(command);
  }
  for (const std::string& command : commands) text += "  More: " + command + '\n';  // in one piece, to be copied
  if (!first.contact.empty()) text += wrap_labelled("Contact", printable(first.contact), "  ", width);
  return text;
}

std::string recovery_block(Place from, Place to, const TextStyle& style) {
  std::string text = paint("RECOVERED", color_of(State::ok), style) + '\n';
  for (Place item = from; item != to; ++item)
    text += wrap_labelled(printable(to_string(item->key)),
                          fmt::format("{} (since {})", printable(item->finding.title), format_time(item->since)), "  ",
                          static_cast<std::size_t>(style.width));
  return text;
}

}  // namespace

std::string render_digest(const Digest& digest, const TextStyle& style) {
  if (digest.items.empty()) return {};
  std::string text = headline(digest) + '\n';
  std::size_t blocks = 0;
  for (Place from = digest.items.begin(); from != digest.items.end(); ++blocks) {
    if (blocks == block_limit) {
      const auto left = static_cast<std::size_t>(digest.items.end() - from);
      return text + fmt::format("\n… and {}: see `maintain status`\n", count_of(left, "more finding"));
    }
    const Place to = std::find_if_not(from, digest.items.end(),
                                      [&](const DigestItem& item) { return same_block(*from, item); });
    text += '\n' + (from->notice == Notice::recovery ? recovery_block(from, to, style)
                                                     : problem_block(from, to, style));
    from = to;
  }
  return text;
}

}  // namespace maintain
