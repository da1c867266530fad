#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/ansible_formats.hpp"
#include "config/ansible_hosts.hpp"
#include "config/shell_words.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// What Python's ast.literal_eval leaves of a value as text: quotes around the whole go, a comment goes only behind a
// literal. `root # admin` is no literal, hence stays as it is, comment and all; that is Ansible's well-known trap.
std::string ini_value(std::string_view text) {
  const std::string_view all = trim(text);
  if (all.empty()) return "";
  if (all.front() == '"' || all.front() == '\'') {
    std::string inner;
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i] == '\\' && i + 1 < all.size() && (all[i + 1] == all.front() || all[i + 1] == '\\')) {
        inner += all[++i];
      } else if (all[i] == all.front()) {
        const std::string_view behind = trim(all.substr(i + 1));
        return behind.empty() || behind.front() == '#' ? inner : std::string(all);
      } else {
        inner += all[i];
      }
    }
    return std::string(all);
  }
  const std::string_view literal = trim(all.substr(0, all.find('#')));
  if (is_digits(literal) || literal == "True" || literal == "False" || literal == "None") return std::string(literal);
  return std::string(all);
}

class IniReader {
 public:
  IniReader(AnsibleInventory& inventory, const std::string& file) : inventory_(inventory), file_(file) {}

  Result<void> read(std::string_view text) {
    for (const std::string& raw : split_lines(text)) {
      ++line_;
      const std::string_view line = trim(raw);
      if (line.empty() || line.front() == '#' || line.front() == ';') continue;
      column_ = static_cast<int>(line.data() - raw.data()) + 1;
      Result<void> done = line.front() == '[' ? read_section_or_host(line) : read_entry(line);
      if (done) continue;
      Error error = done.error();
      if (!error.where) error.where = here();
      return fail(std::move(error));
    }
    return check_pending();
  }

 private:
  enum class Content { hosts, children, vars };

  Position here() const { return {file_, line_, column_}; }
  tl::unexpected<Error> wrong(std::string message, std::string hint = {}) const {
    return fail(Error{ErrorKind::configuration, std::move(message), std::move(hint), here()});
  }

  // A line that begins with a bracket may be a host as well: [2001:db8::1]:22.
  Result<void> read_section_or_host(std::string_view line) {
    const auto close = line.find(']');
    const std::string_view behind = close == line.npos ? "" : trim(line.substr(close + 1));
    const bool ends = close != line.npos && (behind.empty() || behind.front() == '#');
    const std::string_view title = line.substr(1, ends ? close - 1 : 0);
    const auto colon = title.find(':');
    const std::string_view name = title.substr(0, colon);
    const std::string_view kind = colon == title.npos ? "hosts" : title.substr(colon + 1);
    if (!ends || name.empty() || kind.empty() || title.find_first_of(" \t") != title.npos) {
      if (line.back() == ']')
        return wrong(fmt::format("{} is no section", shown(line)),
                     "sections are written like [web], [web:vars] or [web:children]");
      return read_entry(line);
    }
    if (kind == "hosts") content_ = Content::hosts;
    else if (kind == "children") content_ = Content::children;
    else if (kind == "vars") content_ = Content::vars;
    else return wrong(fmt::format("the section {} is of no known kind", shown(line)),
                      "known are [group], [group:children] and [group:vars]");

    const Result<std::size_t> group = inventory_.add_group(std::string(name), here());
    if (!group) return fail(group.error());
    group_ = *group;
    if (content_ == Content::vars) {
      if (!declared(group_)) pending_.try_emplace(group_, here(), "the variables of");
    } else {
      declare(group_);
    }
    return {};
  }

  Result<void> read_entry(std::string_view line) {
    switch (content_) {
      case Content::hosts: return read_host(line);
      case Content::children: return read_child(line);
      case Content::vars: break;
    }
    const auto equals = line.find('=');
    if (equals == line.npos) return wrong(fmt::format("expected name=value, found {}", shown(line)));
    inventory_.set_group_variable(group_, std::string(trim(line.substr(0, equals))),
                                  {ini_value(line.substr(equals + 1)), true, here()});
    return {};
  }

  Result<void> read_host(std::string_view line) {
    const Result<std::vector<std::string>> words = split_shell_words(line, true);
    if (!words) return wrong(words.error().message);
    if (words->empty()) return {};
    const Result<AnsibleHostPattern> pattern = expand_host_pattern(words->front());
    if (!pattern) return fail(pattern.error());
    if (words->front().ends_with(':') || words->front() == "---") {
      return wrong(fmt::format("{} is no host name", shown(words->front())),
                   "this looks like YAML: give the file a name that ends in .yml");
    }
    AnsibleVariables variables;
    for (std::size_t i = 1; i < words->size(); ++i) {
      const std::string& word = (*words)[i];
      const auto equals = word.find('=');
      if (equals == word.npos) return wrong(fmt::format("expected name=value behind the host, found {}", shown(word)));
      variables.insert_or_assign(word.substr(0, equals),
                                 AnsibleVariable{ini_value(word.substr(equals + 1)), true, here()});
    }
    for (const std::string& name : pattern->names) {
      const Result<std::size_t> host = inventory_.add_host(name, group_, pattern->port, here());
      if (!host) return fail(host.error());
      for (const auto& [key, value] : variables) inventory_.set_host_variable(*host, key, value);
    }
    return {};
  }

  Result<void> read_child(std::string_view line) {
    const std::string_view name = trim(line.substr(0, line.find('#')));
    if (name.empty() || name.find_first_of(":] \t") != name.npos) {
      return wrong(fmt::format("expected the name of a group, found {}", shown(line)));
    }
    const Result<std::size_t> child = inventory_.add_group(std::string(name), here());
    if (!child) return fail(child.error());
    if (!declared(*child)) pending_.try_emplace(*child, here(), "a child group");
    inventory_.add_child(group_, *child);
    return {};
  }

  bool declared(std::size_t group) const {
    return group < 2 || (group < declared_.size() && declared_[group]);
  }
  void declare(std::size_t group) {
    if (declared_.size() <= group) declared_.resize(group + 1, false);
    declared_[group] = true;
    pending_.erase(group);
  }

  // A group may be named before its section comes, but it has to come.
  Result<void> check_pending() const {
    for (const auto& [group, mention] : pending_) {
      const std::string& name = inventory_.groups()[group].name;
      return fail(Error{ErrorKind::configuration,
                        fmt::format("{} '{}' {} named, but there is no section [{}]", mention.second, name,
                                    mention.second.starts_with("the variables") ? "are" : "is", name),
                        {}, mention.first});
    }
    return {};
  }

  AnsibleInventory& inventory_;
  const std::string& file_;
  int line_ = 0, column_ = 0;
  std::size_t group_ = 1;  // ungrouped
  Content content_ = Content::hosts;
  std::vector<bool> declared_;
  std::map<std::size_t, std::pair<Position, std::string>> pending_;
};

}  // namespace

Result<void> read_ansible_ini(AnsibleInventory& inventory, const std::string& file, std::string_view text) {
  return IniReader(inventory, file).read(text);
}

}  // namespace maintain
