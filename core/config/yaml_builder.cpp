#include "config/yaml_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

// Expanded text may be this many times what was allowed as written: room for honest aliases, none for a text that
// repeats one long scalar thousands of times.
constexpr std::size_t expansion = 4;

constexpr std::string_view core_prefix = "tag:yaml.org,2002:";

void measure(const YamlNode& node, std::size_t& nodes, std::size_t& bytes, std::size_t& height) {
  std::size_t below = 0;
  const auto look_into = [&](const YamlNode& child) {
    std::size_t child_height = 0;
    measure(child, nodes, bytes, child_height);
    below = std::max(below, child_height);
  };
  for (const YamlNode& item : node.items) look_into(item);
  for (const YamlEntry& entry : node.entries) {
    ++nodes;
    bytes += entry.key.size();
    look_into(entry.value);
  }
  ++nodes;
  bytes += node.text.size();
  height = below + (node.kind == YamlNode::Kind::sequence || node.kind == YamlNode::Kind::mapping ? 1 : 0);
}

// yaml-cpp tags unquoted scalars and all collections without a tag "?", other scalars "!".
YamlNode::Kind scalar_kind(const std::string& tag, Place place, bool foreign_tags) {
  if (tag == "?" || tag.empty()) return YamlNode::Kind::plain;
  if (tag == "!") return YamlNode::Kind::quoted;
  if (tag.starts_with(core_prefix)) {
    const std::string_view word = std::string_view(tag).substr(core_prefix.size());
    if (word == "str") return YamlNode::Kind::quoted;
    if (word == "int" || word == "float" || word == "bool") return YamlNode::Kind::plain;
    if (word == "null") return YamlNode::Kind::null;
  }
  if (foreign_tags) return YamlNode::Kind::quoted;
  throw YamlRefused{place, fmt::format("the tag '{}' is not allowed", shorten(printable(tag), 60)),
                    "text that begins with ! needs quotes"};
}

void check_collection_tag(const std::string& tag, std::string_view core_word, Place place, bool foreign_tags) {
  if (foreign_tags || tag == "?" || tag == "!" || tag.empty()) return;
  if (tag.starts_with(core_prefix) && std::string_view(tag).substr(core_prefix.size()) == core_word) return;
  throw YamlRefused{place, fmt::format("the tag '{}' is not allowed", shorten(printable(tag), 60))};
}

}  // namespace

LineTable::LineTable(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n') starts_.push_back(at + 1);
}

Place LineTable::place(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const std::size_t start = *(after - 1);
  const bool goes_on = start == last_start_ && offset >= last_offset_ && last_offset_ >= start;
  int column = goes_on ? last_column_ : 1;
  for (std::size_t at = goes_on ? last_offset_ : start; at < offset; ++at)
    if ((static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80) ++column;
  last_start_ = start;
  last_offset_ = offset;
  last_column_ = column;
  return {static_cast<int>(after - starts_.begin()), column};
}

std::size_t LineTable::offset(const YAML::Mark& mark) const {
  if (mark.line < 0 || mark.column < 0) return text_.size();
  const auto line = static_cast<std::size_t>(mark.line);
  if (line >= starts_.size()) return text_.size();
  return std::min(starts_[line] + static_cast<std::size_t>(mark.column), text_.size());
}

Place LineTable::place(const YAML::Mark& mark) const {
  if (mark.is_null()) return {};
  return place(offset(mark));
}

void YamlBuilder::count(Place place, std::size_t nodes, std::size_t bytes, std::size_t depth) {
  if (depth > limits_.depth)
    throw YamlRefused{place, fmt::format("nested more than {} deep", limits_.depth)};
  if (nodes > limits_.nodes - nodes_)
    throw YamlRefused{place, fmt::format("the file holds more than {} values (aliases count as what they stand for)",
                                         limits_.nodes)};
  const std::size_t most = limits_.bytes * expansion;
  if (bytes > most - bytes_)
    throw YamlRefused{place, fmt::format("the file's aliases expand to more than {} bytes", most)};
  nodes_ += nodes;
  bytes_ += bytes;
}

void YamlBuilder::remember(YAML::anchor_t anchor, const YamlNode& node) {
  if (anchor == YAML::NullAnchor) return;
  Anchored& anchored = anchors_[anchor];
  anchored = Anchored{node};
  measure(node, anchored.nodes, anchored.bytes, anchored.height);
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ > 1)
    throw YamlRefused{lines_.place(mark), "a second document starts here; a file holds one"};
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  YamlNode node;
  node.place = lines_.place(mark);
  count(node.place, 1, 0, open_.size());
  remember(anchor, node);
  put(std::move(node));
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  YamlNode node;
  node.place = lines_.place(mark);
  node.kind = scalar_kind(tag, node.place, limits_.foreign_tags);
  if (value.find('\0') != std::string::npos) throw YamlRefused{node.place, "this text holds an escaped NUL character"};
  // yaml-cpp makes a lone byte, which is no UTF-8, of the escapes \N and \_.
  if (valid_utf8_length(value) != value.size())
    throw YamlRefused{node.place, "this text holds an escape that is not understood: write the character itself"};
  if (node.kind != YamlNode::Kind::null) node.text = value;
  count(node.place, 1, node.text.size(), open_.size());
  remember(anchor, node);
  put(std::move(node));
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Place place = lines_.place(mark);
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw YamlRefused{place, "this alias stands inside what it stands for"};
  const Anchored& anchored = found->second;
  count(place, anchored.nodes, anchored.bytes, open_.size() + anchored.height);
  put(anchored.node);
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  check_collection_tag(tag, "seq", lines_.place(mark), limits_.foreign_tags);
  open(YamlNode::Kind::sequence, mark, anchor);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  check_collection_tag(tag, "map", lines_.place(mark), limits_.foreign_tags);
  open(YamlNode::Kind::mapping, mark, anchor);
}

void YamlBuilder::open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  Open opened;
  opened.node.kind = kind;
  opened.node.place = lines_.place(mark);
  opened.anchor = anchor;
  count(opened.node.place, 1, 0, open_.size() + 1);
  open_.push_back(std::move(opened));
}

void YamlBuilder::close() {
  Open done = std::move(open_.back());
  open_.pop_back();
  if (!done.merged.empty()) merge_into(done);
  remember(done.anchor, done.node);
  put(std::move(done.node));
}

void YamlBuilder::put(YamlNode node) {
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  if (parent.node.kind == YamlNode::Kind::sequence) {
    parent.node.items.push_back(std::move(node));
    return;
  }
  if (!parent.has_key) {
    put_key(node);
    return;
  }
  parent.has_key = false;
  // Where nothing is written after the colon, yaml-cpp's mark is that of whatever comes next.
  if (node.kind == YamlNode::Kind::null && node.place.line != parent.key_place.line) node.place = parent.key_place;
  if (parent.key_merges) parent.merged.push_back(std::move(node));
  else put_entry(parent, std::move(parent.key), parent.key_place, std::move(node));
}

void YamlBuilder::put_key(const YamlNode& node) {
  if (!node.is_scalar())
    throw YamlRefused{node.place, "a key must be text",
                      node.kind == YamlNode::Kind::mapping ? "text in braces, such as {{ a template }}, needs quotes"
                                                           : ""};
  Open& parent = open_.back();
  parent.has_key = true;
  parent.key = node.text;
  parent.key_place = node.place;
  parent.key_merges = node.kind == YamlNode::Kind::plain && node.text == "<<";
}

void YamlBuilder::put_entry(Open& mapping, std::string key, Place key_place, YamlNode value) {
  std::vector<YamlEntry>& entries = mapping.node.entries;
  const auto [known, is_new] = mapping.index.try_emplace(key, entries.size());
  if (is_new) {
    entries.push_back({std::move(key), key_place, std::move(value)});
    return;
  }
  YamlEntry& entry = entries[known->second];
  mapping.node.repeats.push_back({key, entry.key_place, key_place});
  entry.key_place = key_place;
  entry.value = std::move(value);
}

// What is written in the mapping itself goes before what it merges, and an earlier merge before a later one.
void YamlBuilder::merge_into(Open& mapping) {
  const auto take_from = [&](const YamlNode& source) {
    if (source.kind != YamlNode::Kind::mapping)
      throw YamlRefused{source.place, "only a mapping, or a list of mappings, can be merged with <<"};
    for (const YamlEntry& entry : source.entries)
      if (mapping.index.try_emplace(entry.key, mapping.node.entries.size()).second)
        mapping.node.entries.push_back(entry);
  };
  for (const YamlNode& source : mapping.merged) {
    if (source.kind == YamlNode::Kind::sequence) std::for_each(source.items.begin(), source.items.end(), take_from);
    else take_from(source);
  }
}

}  // namespace maintain
