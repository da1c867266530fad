#include "pydeps/classify/yaml_tree.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "common/sections.hpp"

namespace maintain::pydeps {
namespace {

using plugins::printable;
using Kind = YamlTree::Kind;

constexpr std::size_t expansion = 4;

struct Cost {
  std::size_t nodes = 0, bytes = 0, height = 0;
};

// Trees are as deep as the limit at most, and so is this.
Cost cost_of(const YamlTree& tree) {
  Cost cost{1 + tree.keys.size(), tree.text.size(), 0};
  for (const std::string& key : tree.keys) cost.bytes += key.size();
  for (const YamlTree& item : tree.items) {
    const Cost below = cost_of(item);
    cost.nodes += below.nodes;
    cost.bytes += below.bytes;
    cost.height = std::max(cost.height, below.height);
  }
  if (tree.kind == Kind::sequence || tree.kind == Kind::mapping) ++cost.height;
  return cost;
}

// Counts while the events come: YAML::Load would build everything first, and share what aliases stand for.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const YamlLimits& limits) : limits_(limits) {}

  YamlTree take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw YamlRefusal{mark.line + 1, "a second document starts here"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf({.kind = Kind::null, .line = mark.line + 1}, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override {
    leaf({.kind = Kind::scalar, .text = printable(text), .line = mark.line + 1}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw YamlRefusal{mark.line + 1, "this alias stands inside what it stands for"};
    count(mark.line + 1, known->second.second);
    put(known->second.first);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Kind::sequence, mark.line + 1, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Kind::mapping, mark.line + 1, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlTree tree;
    YAML::anchor_t anchor = YAML::NullAnchor;
  };

  void count(int line, const Cost& cost) {
    nodes_ += cost.nodes;
    bytes_ += cost.bytes;
    if (open_.size() + cost.height > limits_.depth) throw YamlRefusal{line, "the file is nested too deep here"};
    if (nodes_ > limits_.nodes || bytes_ > limits_.bytes * expansion)
      throw YamlRefusal{line, "the file holds too much (aliases count as what they stand for)"};
  }

  void remember(YAML::anchor_t anchor, const YamlTree& tree) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {tree, cost_of(tree)};
  }

  void leaf(YamlTree tree, YAML::anchor_t anchor) {
    count(tree.line, cost_of(tree));
    remember(anchor, tree);
    put(std::move(tree));
  }

  void open(Kind kind, int line, YAML::anchor_t anchor) {
    count(line, {.nodes = 1, .bytes = 0, .height = 1});
    open_.push_back({.tree = {.kind = kind, .line = line}, .anchor = anchor});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    remember(done.anchor, done.tree);
    put(std::move(done.tree));
  }

  void put(YamlTree tree) {
    if (open_.empty()) {
      root_ = std::move(tree);
      return;
    }
    YamlTree& parent = open_.back().tree;
    if (parent.kind == Kind::mapping && parent.keys.size() == parent.items.size()) {
      if (tree.kind != Kind::scalar) throw YamlRefusal{tree.line, "a key must be text"};
      parent.keys.push_back(std::move(tree.text));
      return;
    }
    parent.items.push_back(std::move(tree));
  }

  const YamlLimits& limits_;
  YamlTree root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::pair<YamlTree, Cost>> anchors_;
  std::size_t nodes_ = 0, bytes_ = 0;
  int documents_ = 0;
};

// Line ends as Unix has them; nothing where a text is not YAML's to begin with.
std::string plain_lines(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] != '\r' || at + 1 == text.size() || text[at + 1] != '\n') plain += text[at];
  return plain;
}

}  // namespace

std::variant<YamlTree, YamlRefusal> parse_yaml_tree(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes)
    return YamlRefusal{0, "the file has more than " + std::to_string(limits.bytes) + " bytes"};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string plain = plain_lines(text);
  if (printable(plain) != plain) return YamlRefusal{0, "the file is not text in UTF-8, or holds control characters"};
  // yaml-cpp reads ahead to the end of a flow collection before it reports its beginning.
  const auto brackets = std::count_if(plain.begin(), plain.end(), [](char c) { return c == '[' || c == '{'; });
  if (static_cast<std::size_t>(brackets) > limits.nodes) return YamlRefusal{0, "the file holds too many brackets"};

  Builder builder(limits);
  try {
    // yaml-cpp 0.7 closes an open quote at the end of a text; at a document's end it says so.
    plain += plain.ends_with('\n') ? "...\n" : "\n...\n";
    std::istringstream stream(std::move(plain));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YamlRefusal& refusal) {
    return refusal;
  } catch (const YAML::Exception& problem) {
    return YamlRefusal{problem.mark.is_null() ? 0 : problem.mark.line + 1, "no valid YAML: " + printable(problem.msg)};
  } catch (const std::exception& problem) {
    return YamlRefusal{0, "the file cannot be read as YAML: " + printable(problem.what())};
  }
  return builder.take();
}

std::string quoted(std::string_view text) {
  std::string line = printable(text.substr(0, 60));
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return "'" + line + (text.size() > 60 ? "...'" : "'");
}

}  // namespace maintain::pydeps
