// Any bytes as YAML: an error or a tree that keeps its promises, never a crash, and never much time.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/yaml_document.hpp"
#include "config/yaml_scalar.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Counts nodes and returns the height.
std::size_t walk(const maintain::YamlNode& node, std::size_t& nodes) {
  std::size_t below = 0;
  ++nodes;
  require(maintain::valid_utf8_length(node.text) == node.text.size());
  require(node.text.find('\0') == std::string::npos);
  for (const auto& item : node.items) below = std::max(below, walk(item, nodes));
  for (const auto& entry : node.entries) {
    require(entry.key_place.line >= 1 && entry.key_place.column >= 1);
    require(node.find(entry.key) != nullptr);
    below = std::max(below, walk(entry.value, nodes));
  }
  const bool is_collection = node.kind == maintain::YamlNode::Kind::sequence ||
                             node.kind == maintain::YamlNode::Kind::mapping;
  return below + (is_collection ? 1 : 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const maintain::YamlLimits limits;
  const auto document = maintain::parse_yaml("f.yml", text, limits);
  if (!document) {
    require(!document.error().message.empty());
    return 0;
  }
  std::size_t nodes = 0;
  require(walk(document->root, nodes) <= limits.depth);
  require(nodes <= limits.nodes);
  (void)maintain::repeated_keys(*document, document->root);
  // What was read once is read the same from its JSON, which is YAML.
  const nlohmann::json value = maintain::to_json(document->root);
  const auto again = maintain::parse_yaml("f.json", maintain::canonical_text(value), {.bytes = 16 * 1024 * 1024});
  if (again) require(maintain::to_json(again->root) == value);
  return 0;
}
