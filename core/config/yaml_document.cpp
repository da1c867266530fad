#include "config/yaml_document.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.hpp"
#include "config/yaml_builder.hpp"

namespace maintain {
namespace {

Error refuse(const std::string& file, Place place, std::string message, std::string hint = {}) {
  return Error{ErrorKind::configuration, std::move(message), std::move(hint),
               Position{file, place.line, place.column}};
}

// The first byte that YAML forbids in a text: a control character, or a carriage return that ends no line.
std::size_t find_forbidden(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') continue;
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F) return at;
  }
  return std::string_view::npos;
}

// What people trip over most, told at the place where yaml-cpp gives up.
std::string hint_for(std::string_view text, std::size_t offset, const std::string& problem) {
  if (problem == YAML::ErrorMsg::DOC_IN_SCALAR || problem == YAML::ErrorMsg::EOF_IN_SCALAR)
    return "a quote that is opened before this is not closed";
  offset = std::min(offset, text.size());
  const char at = offset < text.size() ? text[offset] : '\0';
  const std::size_t line_break = offset > 0 ? text.rfind('\n', offset - 1) : std::string_view::npos;
  const std::size_t line_start = line_break == std::string_view::npos ? 0 : line_break + 1;
  const std::string_view line = text.substr(line_start, text.find('\n', offset) - line_start);
  if (at == '*' || problem.find("alias") != std::string::npos || problem.find("anchor") != std::string::npos)
    return "text that begins with * or & needs quotes, as in when: \"*/5 * * * *\"";
  if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
    return "YAML indents with spaces, not with tabs";
  if (at == '@' || at == '`' || at == '%')
    return fmt::format("text that begins with {} needs quotes", at);
  if (problem == YAML::ErrorMsg::MAP_VALUE)
    return "text that holds a colon followed by a space needs quotes; else look at the indentation";
  if (line.find("{{") != std::string_view::npos || line.find("{%") != std::string_view::npos)
    return "this looks like a template that was not filled in";
  return {};
}

}  // namespace

const YamlEntry* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

Result<YamlDocument> parse_yaml(std::string file, std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes)
    return fail(refuse(file, {},
                       fmt::format("the file has {} bytes, more than the {} allowed", text.size(), limits.bytes)));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const LineTable lines(text);
  if (const std::size_t valid = valid_utf8_length(text); valid != text.size())
    return fail(refuse(file, lines.place(valid), "the file is not valid UTF-8 here"));
  if (const std::size_t at = find_forbidden(text); at != std::string_view::npos)
    return fail(refuse(file, lines.place(at),
                       fmt::format("the file holds the control character 0x{:02X} here",
                                   static_cast<unsigned char>(text[at]))));
  // yaml-cpp reads ahead to the end of a flow collection before it reports its beginning. Each bracket of one is a
  // node, so a text with more brackets than nodes is refused before it costs memory.
  const auto brackets = std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
  if (static_cast<std::size_t>(brackets) > limits.nodes)
    return fail(refuse(file, {}, fmt::format("the file holds more than {} brackets", limits.nodes)));

  YamlBuilder builder(lines, limits);
  try {
    // yaml-cpp 0.7 takes the end of the text for the end of a quoted scalar when a line end goes before it, so a file
    // that was cut off, or that lacks one quote, would be accepted. It does refuse a document end inside quotes.
    std::string closed(text);
    closed += text.ends_with('\n') ? "...\n" : "\n...\n";
    std::istringstream stream(std::move(closed));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YamlRefused& refused) {
    return fail(refuse(file, refused.place, refused.message, refused.hint));
  } catch (const YAML::Exception& problem) {
    const Place place = lines.place(problem.mark);
    return fail(refuse(file, place, fmt::format("not valid YAML: {}", printable(problem.msg)),
                       hint_for(text, lines.offset(problem.mark), problem.msg)));
  } catch (const std::exception& problem) {
    return fail(refuse(file, {}, fmt::format("the file cannot be read as YAML: {}", printable(problem.what()))));
  }
  return YamlDocument{std::move(file), builder.take()};
}

std::vector<Error> repeated_keys(const YamlDocument& document, const YamlNode& node, bool deep) {
  std::vector<Error> errors;
  for (const YamlRepeat& repeat : node.repeats)
    errors.push_back(refuse(document.file, repeat.again,
                            fmt::format("the key '{}' is repeated; it is already on line {}, column {}",
                                        shorten(printable(repeat.key), 60), repeat.before.line, repeat.before.column),
                            "keep one of them"));
  if (!deep) return errors;
  const auto look_into = [&](const YamlNode& child) {
    for (Error& error : repeated_keys(document, child)) errors.push_back(std::move(error));
  };
  for (const YamlNode& item : node.items) look_into(item);
  for (const YamlEntry& entry : node.entries) look_into(entry.value);
  return errors;
}

}  // namespace maintain
