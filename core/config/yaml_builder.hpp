// The part of yaml_document.cpp that turns yaml-cpp's events into YamlNodes, and enforces the bounds while it does.
//
// Events, not YAML::Load: the tree that Load makes loses quoting, shares aliased nodes (so that walking it is
// exponential), and is complete before anything could be counted.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "config/yaml_document.hpp"

namespace maintain {

// Thrown by the builder through yaml-cpp's frames and caught in parse_yaml().
struct YamlRefused {
  Place place;
  std::string message;
  std::string hint = {};
};

// Byte offsets and yaml-cpp's marks -> places for people.
class LineTable {
 public:
  explicit LineTable(std::string_view text);
  Place place(std::size_t offset) const;
  Place place(const YAML::Mark& mark) const;
  std::size_t offset(const YAML::Mark& mark) const;  // of the text's end when the mark is beyond it

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;  // of each line
  // Where the last look-up ended: events come in order, and a file may be one long line.
  mutable std::size_t last_start_ = 0, last_offset_ = 0;
  mutable int last_column_ = 1;
};

class YamlBuilder final : public YAML::EventHandler {
 public:
  YamlBuilder(const LineTable& lines, const YamlLimits& limits) : lines_(lines), limits_(limits) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  // A sequence or mapping that is being read.
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;   // of a mapping: the next node is the value of `key`
    bool key_merges = false;
    std::string key = {};
    Place key_place = {};
    std::unordered_map<std::string, std::size_t> index = {};  // key -> place in node.entries
    std::vector<YamlNode> merged = {};                        // values of `<<`
  };
  // What an anchor stands for, and what expanding it costs.
  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0, bytes = 0, height = 0;
  };

  void open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void close();
  void put(YamlNode node);                       // a finished node goes where it belongs
  void put_key(const YamlNode& node);
  void put_entry(Open& mapping, std::string key, Place key_place, YamlNode value);
  void merge_into(Open& mapping);
  void count(Place place, std::size_t nodes, std::size_t bytes, std::size_t depth);
  void remember(YAML::anchor_t anchor, const YamlNode& node);

  const LineTable& lines_;
  const YamlLimits& limits_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;   // of scalars, aliases expanded
  int documents_ = 0;
};

}  // namespace maintain
