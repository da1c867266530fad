// YAML from elsewhere as a plain tree, within bounds: the release database is fetched, and who wrote it is not known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace maintain::pydeps {

struct YamlTree {
  enum class Kind { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  std::string text = {};               // of a scalar, as written: 2.0 is a version, not a number. Printable UTF-8
  int line = 0;                        // where it starts; the first line is 1
  std::vector<YamlTree> items = {};    // of a sequence; of a mapping, the values
  std::vector<std::string> keys = {};  // of a mapping: keys[i] names items[i]. A key may occur more than once
};

struct YamlLimits {
  std::size_t bytes = 1024 * 1024;  // of the text; aliases expand to four times as much at most
  std::size_t nodes = 100'000;      // scalars, keys, sequences and mappings; an alias counts as what it stands for
  std::size_t depth = 8;
};

struct YamlRefusal {
  int line = 0;  // 0: no particular one
  std::string message;
};

// One document. Refused: what is not YAML, not UTF-8, holds control characters or a key that is no scalar, has a second
// document, or exceeds a limit. Tags are read over. An empty text is a null tree. Never throws.
std::variant<YamlTree, YamlRefusal> parse_yaml_tree(std::string_view text, const YamlLimits& limits = {});

// The first 60 bytes of a text of such a tree in quotes, as part of a message of one line.
std::string quoted(std::string_view text);

}  // namespace maintain::pydeps
