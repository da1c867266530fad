#include "config/json_schema.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "config/schema_convert.hpp"
#include "config/schema_format.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_one_of(const Json& value, const Json& list) { return std::find(list.begin(), list.end(), value) != list.end(); }

// An example says more to a person than an expression, and words say more than an example.
std::string pattern_in_words(const Json& schema) {
  if (schema.contains("x-says")) return schema["x-says"].get<std::string>();
  const auto examples = schema.find("examples");
  if (examples != schema.end() && examples->is_array() && !examples->empty() && examples->front().is_string())
    return "be like " + examples->front().get<std::string>();
  return "match " + schema["pattern"].get<std::string>();
}

// One value against one schema. A reader for a part of the value, or for one of several forms, is a copy with another
// list for errors.
class Reader {
 public:
  Reader(const SchemaRules& rules, Reading reading, bool closed, std::vector<Error>& errors)
      : rules_(rules), reading_(reading), closed_(closed), errors_(errors) {}

  Json read(const YamlNode& node, const Json& schema, const std::string& path) {
    if (!schema.is_object() || schema.empty()) return to_json(node);
    const bool has_forms = schema.contains("anyOf") || schema.contains("oneOf");
    if (has_forms && !says_more_than_forms(schema)) {
      Json value = to_json(node);
      for (const char* keyword : {"anyOf", "oneOf"})
        if (schema.contains(keyword)) value = read_form(node, schema, keyword, path);
      return value;
    }
    const std::size_t errors_before = errors_.size();
    auto value = read_by_type(node, schema, path);
    if (!value) return nullptr;
    check_choice(*value, node, schema, path);
    check_number(*value, node, schema, path);
    check_text(*value, node, schema, path);
    if (errors_.size() != errors_before) return *std::move(value);
    for (const char* keyword : {"anyOf", "oneOf"})
      if (schema.contains(keyword)) check_forms(*value, node, schema, keyword, path);
    check_rules(node, schema, path);
    fill_defaults(*value, schema);
    return *std::move(value);
  }

 private:
  std::string subject(const std::string& path) const { return path.empty() ? rules_.whole : "'" + path + "'"; }
  static std::string below(const std::string& path, const std::string& key) {
    const std::string name = shorten(printable(key), 60);
    return path.empty() ? name : path + "." + name;
  }

  void add(Place place, std::string message, std::string hint = {}) {
    errors_.push_back({ErrorKind::configuration, std::move(message), std::move(hint),
                       Position{rules_.file, place.line, place.column}});
  }

  static bool says_more_than_forms(const Json& schema) {
    static const std::set<std::string> silent = {"anyOf", "oneOf", "title", "description", "examples", "default",
                                                 "$schema", "$id", "$comment", "x-says"};
    for (const auto& [keyword, argument] : schema.items())
      if (!silent.contains(keyword)) return true;
    return false;
  }

  // The value as the schema's type wants it, its parts read by their own schemas; nullopt after an error.
  std::optional<Json> read_by_type(const YamlNode& node, const Json& schema, const std::string& path) {
    const std::vector<std::string> types = types_of(schema);
    const auto admits = [&](std::string_view type) {
      return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
    };
    if (node.kind == YamlNode::Kind::mapping && admits("object")) return read_object(node, schema, path);
    if (node.kind == YamlNode::Kind::sequence && admits("array")) return read_array(node, schema, path);
    if (node.kind != YamlNode::Kind::mapping && node.kind != YamlNode::Kind::sequence) {
      if (types.empty()) return read_untyped(node, schema);
      if (auto value = convert_scalar(node, types, reading_)) return value;
      if (reading_ == Reading::lenient && node.is_scalar() && admits("array"))
        return read_array(list_from_scalar(node), schema, path);
    }
    std::string hint;
    if (node.kind == YamlNode::Kind::quoted && reading_ == Reading::yaml &&
        convert_scalar(node, types, Reading::lenient))
      hint = "leave out the quotes";
    add(node.place, fmt::format("{} must be {}, not {}", subject(path), describe_types(types), describe_node(node)),
        hint);
    return std::nullopt;
  }

  // Without a type an unquoted scalar is what the core schema says, unless only its text is among the choices.
  Json read_untyped(const YamlNode& node, const Json& schema) {
    Json value = core_value(node);
    if (reading_ == Reading::json || node.kind != YamlNode::Kind::plain) return value;
    const auto choices = schema.find("enum");
    const auto constant = schema.find("const");
    if (choices != schema.end() && !is_one_of(value, *choices) && is_one_of(Json(node.text), *choices))
      return node.text;
    if (constant != schema.end() && value != *constant && Json(node.text) == *constant) return node.text;
    return value;
  }

  Json read_object(const YamlNode& node, const Json& schema, const std::string& path) {
    static const Json nothing = Json::object();
    const Json& properties = schema.contains("properties") ? schema["properties"] : nothing;
    const Json* additional = schema.contains("additionalProperties") ? &schema["additionalProperties"] : nullptr;
    const bool refuses_others = additional ? *additional == false : closed_ && schema.contains("properties");
    Json value = Json::object();
    for (const YamlEntry& entry : node.entries) {
      const auto known = properties.find(entry.key);
      if (reading_ == Reading::lenient && as_good_as_absent(entry.value, known == properties.end() ? nothing : *known))
        continue;
      if (known != properties.end()) value[entry.key] = read(entry.value, *known, below(path, entry.key));
      else if (refuses_others) refuse_key(entry, properties, path);
      else if (additional && additional->is_object())
        value[entry.key] = read(entry.value, *additional, below(path, entry.key));
      else value[entry.key] = to_json(entry.value);
    }
    for (const Json& name : schema.contains("required") ? schema["required"] : Json::array()) {
      const auto& key = name.get_ref<const std::string&>();
      if (value.contains(key)) continue;
      if (const YamlEntry* entry = node.find(key))
        add(entry->key_place, fmt::format("'{}' has no value", below(path, key)));
      else add(node.place, fmt::format("'{}' is missing", below(path, key)));
    }
    if (schema.contains("minProperties") && value.size() < schema["minProperties"].get<std::size_t>())
      add(node.place, fmt::format("{} needs at least {}", subject(path),
                                  count_of(schema["minProperties"].get<std::size_t>(), "key")));
    return value;
  }

  static bool as_good_as_absent(const YamlNode& node, const Json& schema) {
    if (node.kind == YamlNode::Kind::null) return true;
    const std::vector<std::string> types = types_of(schema);
    return node.is_scalar() && trim(node.text).empty() && !types.empty() &&
           std::none_of(types.begin(), types.end(),
                        [](const std::string& type) { return type == "string" || type == "array"; });
  }

  void refuse_key(const YamlEntry& entry, const Json& properties, const std::string& path) {
    std::vector<std::string> names;
    for (const auto& [name, property] : properties.items()) names.push_back(name);
    const std::vector<std::string> own = names;
    if (path.empty()) names.insert(names.end(), rules_.also_known.begin(), rules_.also_known.end());
    const std::string near = nearest(entry.key, names);
    std::string hint;
    if (!near.empty()) hint = fmt::format("did you mean '{}'?", near);
    else if (!own.empty() && own.size() <= 20) hint = fmt::format("known here: {}", join(own, ", "));
    add(entry.key_place, fmt::format("unknown key '{}'", below(path, entry.key)), hint);
  }

  Json read_array(const YamlNode& node, const Json& schema, const std::string& path) {
    Json value = Json::array();
    std::set<Json> seen;
    const bool unique = schema.contains("uniqueItems") && schema["uniqueItems"] == true;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      Json read_item = schema.contains("items") ? read(item, schema["items"], fmt::format("{}[{}]", path, i))
                                                : to_json(item);
      if (unique && !seen.insert(read_item).second)
        add(item.place, fmt::format("{} holds {} twice", subject(path), describe_node(item)));
      value.push_back(std::move(read_item));
    }
    if (schema.contains("minItems") && value.size() < schema["minItems"].get<std::size_t>())
      add(node.place, fmt::format("{} needs at least {}", subject(path),
                                  count_of(schema["minItems"].get<std::size_t>(), "item")));
    if (schema.contains("maxItems") && value.size() > schema["maxItems"].get<std::size_t>())
      add(node.place, fmt::format("{} can hold {} at most", subject(path),
                                  count_of(schema["maxItems"].get<std::size_t>(), "item")));
    return value;
  }

  void check_choice(const Json& value, const YamlNode& node, const Json& schema, const std::string& path) {
    if (schema.contains("enum") && !is_one_of(value, schema["enum"])) {
      std::vector<std::string> words;
      for (const Json& choice : schema["enum"])
        words.push_back(choice.is_string() ? choice.get<std::string>() : choice.dump());
      const std::string near = node.is_scalar() ? nearest(node.text, words) : std::string();
      add(node.place, fmt::format("{} must be one of {}, not {}", subject(path), join(words, ", "),
                                  describe_node(node)),
          near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    }
    if (schema.contains("const") && value != schema["const"])
      add(node.place, fmt::format("{} must be {}, not {}", subject(path), schema["const"].dump(), describe_node(node)));
  }

  void check_number(const Json& value, const YamlNode& node, const Json& schema, const std::string& path) {
    if (!value.is_number()) return;
    const auto limit = [&](const char* keyword, auto broken, const char* words) {
      if (schema.contains(keyword) && broken(value, schema[keyword]))
        add(node.place, fmt::format("{} must be {} {}, not {}", subject(path), words, schema[keyword].dump(),
                                    describe_node(node)));
    };
    limit("minimum", [](const Json& a, const Json& b) { return a < b; }, "at least");
    limit("maximum", [](const Json& a, const Json& b) { return a > b; }, "at most");
    limit("exclusiveMinimum", [](const Json& a, const Json& b) { return a <= b; }, "more than");
    limit("exclusiveMaximum", [](const Json& a, const Json& b) { return a >= b; }, "less than");
  }

  void check_text(const Json& value, const YamlNode& node, const Json& schema, const std::string& path) {
    if (!value.is_string()) return;
    const auto& text = value.get_ref<const std::string&>();
    const std::size_t length = characters(text);
    if (schema.contains("minLength") && length < schema["minLength"].get<std::size_t>())
      add(node.place, length == 0 ? fmt::format("{} is empty", subject(path))
                                  : fmt::format("{} must have at least {} characters", subject(path),
                                                schema["minLength"].dump()));
    if (schema.contains("maxLength") && length > schema["maxLength"].get<std::size_t>())
      add(node.place, fmt::format("{} must have at most {} characters", subject(path), schema["maxLength"].dump()));
    if (schema.contains("pattern") && !matches_pattern(schema["pattern"].get<std::string>(), text))
      add(node.place, fmt::format("{} must {}, not {}", subject(path), pattern_in_words(schema), shown(text)));
    if (schema.contains("format")) {
      if (const auto problem = check_format(schema["format"].get<std::string>(), text, rules_))
        add(node.place, fmt::format("{} {}", subject(path), problem->message), problem->hint);
      else check_span(text, node, schema, path);
    }
  }

  void check_span(const std::string& text, const YamlNode& node, const Json& schema, const std::string& path) {
    const auto limit = [&](const char* keyword, const char* words, bool (*broken)(Seconds, Seconds)) {
      if (schema.contains(keyword) &&
          broken(*parse_duration(text), *parse_duration(schema[keyword].get<std::string>())))
        add(node.place, fmt::format("{} must be {} {}, not {}", subject(path), words,
                                    schema[keyword].get<std::string>(), shown(text)));
    };
    limit("formatMinimum", "at least", [](Seconds span, Seconds least) { return span < least; });
    limit("formatMaximum", "at most", [](Seconds span, Seconds most) { return span > most; });
  }

  // A schema that is nothing but a choice of forms: the form decides how the value is read. Forms that fit without
  // converting anything go first, else an unquoted 5 would fit both "a whole number" and "text".
  Json read_form(const YamlNode& node, const Json& schema, const char* keyword, const std::string& path) {
    const Json& forms = schema[keyword];
    std::vector<std::vector<Error>> problems;
    for (const Reading reading : {Reading::json, reading_}) {
      std::vector<Json> fitting;
      problems.clear();
      for (const Json& form : forms) {
        problems.emplace_back();
        Json value = Reader(rules_, reading, closed_, problems.back()).read(node, form, path);
        if (problems.back().empty()) fitting.push_back(std::move(value));
      }
      if (fitting.size() > 1 && std::string_view(keyword) == "oneOf" && reading == Reading::json) {
        if (!say(node.place, schema, path))
          add(node.place, fmt::format("{} fits more than one of its forms", subject(path)));
        return nullptr;
      }
      if (!fitting.empty()) return std::move(fitting.front());
      if (reading_ == Reading::json) break;
    }
    if (!say(node.place, schema, path)) tell_misfit(node, forms, problems, path);
    return nullptr;
  }

  // Which form was meant? The one that has the node's shape, when there is just one such.
  void tell_misfit(const YamlNode& node, const Json& forms, const std::vector<std::vector<Error>>& problems,
                   const std::string& path) {
    const char* shape = node.kind == YamlNode::Kind::mapping    ? "object"
                        : node.kind == YamlNode::Kind::sequence ? "array"
                                                                : "";
    std::size_t meant = forms.size();
    int of_this_shape = 0;
    std::vector<std::string> words;
    for (std::size_t i = 0; i < forms.size(); ++i) {
      const std::vector<std::string> types = types_of(forms[i]);
      for (const std::string& type : types) {
        const bool same = *shape ? type == shape : type != "object" && type != "array";
        if (!same) continue;
        ++of_this_shape;
        meant = i;
      }
      words.push_back(forms[i].contains("title") ? forms[i]["title"].get<std::string>()
                      : types.empty()            ? "another form"
                                                 : describe_types(types));
    }
    if (of_this_shape == 1) {
      errors_.insert(errors_.end(), problems[meant].begin(), problems[meant].end());
      return;
    }
    add(node.place, fmt::format("{} must be {}, not {}", subject(path), join(words, ", or "), describe_node(node)));
  }

  // A choice of forms beside other keywords is a verdict on the value that they gave, as in
  // anyOf: [{required: [a]}, {required: [b]}].
  void check_forms(const Json& value, const YamlNode& node, const Json& schema, const char* keyword,
                   const std::string& path) {
    std::size_t fitting = 0;
    std::vector<std::string> wanted;
    for (const Json& form : schema[keyword]) {
      std::vector<Error> problems;
      Reader(rules_, Reading::json, false, problems).read(from_json(value), form, path);
      if (problems.empty()) ++fitting;
      else wanted.push_back(problems.front().message);
    }
    const bool several = fitting > 1 && std::string_view(keyword) == "oneOf";
    if (fitting != 0 && !several) return;
    if (say(node.place, schema, path)) return;
    if (fitting == 0)
      add(node.place, fmt::format("{} fits none of its forms: {}", subject(path), join(wanted, "; or ")));
    else
      add(node.place, fmt::format("{} fits more than one of its forms, which exclude each other", subject(path)));
  }

  // allOf, if and then: further schemas for the value as it is written, without defaults.
  void check_rules(const YamlNode& node, const Json& schema, const std::string& path) {
    if (schema.contains("allOf"))
      for (const Json& rule : schema["allOf"]) append(problems_of(node, rule, path));
    if (!schema.contains("if") || !schema.contains("then") || !problems_of(node, schema["if"], path).empty()) return;
    const bool forbidden = schema["then"] == false;
    std::vector<Error> problems;
    if (!forbidden) problems = problems_of(node, schema["then"], path);
    if (!forbidden && problems.empty()) return;
    const Place place = place_of_condition(node, schema["if"]);
    if (say(place, schema, path)) return;
    if (forbidden) add(place, fmt::format("{} cannot be like this", subject(path)));
    append(std::move(problems));
  }

  // The schema's own words for what it wants. False: it has none.
  bool say(Place place, const Json& schema, const std::string& path) {
    if (!schema.contains("x-says")) return false;
    add(place, fmt::format("{} must {}", subject(path), schema["x-says"].get<std::string>()));
    return true;
  }

  std::vector<Error> problems_of(const YamlNode& node, const Json& schema, const std::string& path) const {
    std::vector<Error> problems;
    Reader(rules_, reading_, false, problems).read(node, schema, path);
    return problems;
  }
  void append(std::vector<Error> problems) {
    for (Error& problem : problems) errors_.push_back(std::move(problem));
  }

  // The last key that the condition asks for: what made it hold stands there.
  static Place place_of_condition(const YamlNode& node, const Json& condition) {
    if (!condition.is_object() || !condition.contains("required") || condition["required"].empty()) return node.place;
    const YamlEntry* entry = node.find(condition["required"].back().get<std::string>());
    return entry ? entry->key_place : node.place;
  }

  void fill_defaults(Json& value, const Json& schema) {
    if (!value.is_object() || !schema.contains("properties")) return;
    for (const auto& [name, property] : schema["properties"].items()) {
      if (value.contains(name) || !property.is_object() || !property.contains("default")) continue;
      value[name] = Reader(rules_, Reading::json, closed_, errors_)
          .read(from_json(property["default"]), property, name);
    }
  }

  const SchemaRules& rules_;
  const Reading reading_;
  const bool closed_;
  std::vector<Error>& errors_;
};

}  // namespace

Json read_by_schema(const YamlNode& node, const Json& schema, const SchemaRules& rules, std::vector<Error>& errors) {
  return Reader(rules, rules.reading, rules.closed, errors).read(node, schema, "");
}

Result<std::string> apply_schema(std::string_view json, std::string_view schema) {
  const Json value = parse_json(json);
  const Json parsed_schema = parse_json(schema);
  if (value.is_discarded()) return fail(ErrorKind::configuration, "not JSON: " + shown(json));
  if (parsed_schema.is_discarded()) return fail(ErrorKind::internal, "the schema is not JSON");
  SchemaRules rules;
  rules.reading = Reading::json;
  std::vector<Error> errors;
  const Json read = read_by_schema(from_json(value), parsed_schema, rules, errors);
  if (!errors.empty()) return fail(errors.front());
  return canonical_text(read);
}

}  // namespace maintain
