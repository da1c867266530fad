// YAML text -> a tree that keeps what was written: each scalar's own text, whether it was quoted, and its place.
//
// A scalar is not turned into a number or a boolean here: 1.10, 20:20 and `no` mean what the reader's schema says
// (json_schema.hpp), or what YAML 1.2's core schema says (yaml_scalar.hpp) where nothing is known about them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace maintain {

// Where something stands in its text; both start at 1. Columns count characters, not bytes.
struct Place {
  int line = 0;
  int column = 0;

  bool operator==(const Place&) const = default;
};

// A key that a mapping holds more than once.
struct YamlRepeat {
  std::string key;
  Place before;
  Place again;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind {
    null,      // nothing, `~` or `null`, unquoted
    plain,     // an unquoted scalar
    quoted,    // '...', "...", a block scalar, or one tagged !!str: always text
    sequence,
    mapping,
  };
  Kind kind = Kind::null;
  std::string text = {};                   // of a scalar: valid UTF-8 without NUL
  Place place = {};
  std::vector<YamlNode> items;             // of a sequence
  std::vector<YamlEntry> entries;          // of a mapping, in written order, each key once: the last one written wins
  std::vector<YamlRepeat> repeats;         // keys of this mapping that were written again

  bool is_scalar() const { return kind == Kind::plain || kind == Kind::quoted; }
  const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Place key_place;
  YamlNode value;
};

struct YamlDocument {
  std::string file;
  YamlNode root;

  Position position(Place place) const { return {file, place.line, place.column}; }
};

// What a text may cost. Aliases count as what they expand to, so a text that doubles itself is refused before
// it grows.
struct YamlLimits {
  std::size_t bytes = 256 * 1024;
  std::size_t depth = 32;       // sequences and mappings inside each other
  std::size_t nodes = 10'000;   // scalars (keys too), sequences and mappings
  bool foreign_tags = false;    // true: tags beyond the core schema's (Ansible's !vault) are read over
};

// One document of YAML. Merge keys (`<<: *name`) are resolved. Every failure is a configuration error with its
// place: not YAML, not UTF-8, NUL, above a limit, a second document, tags beyond the core schema's, keys that
// are not scalars. Repeated keys are not a failure here, because readers differ in how much they lose by them:
// see repeated_keys(). Never throws. An empty text is a null root.
Result<YamlDocument> parse_yaml(std::string file, std::string_view text, const YamlLimits& limits = {});

// An error, naming both places, for each key that is repeated in this node; `deep` looks into all below it as well.
std::vector<Error> repeated_keys(const YamlDocument& document, const YamlNode& node, bool deep = true);

}  // namespace maintain
