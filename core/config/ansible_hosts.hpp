// Host patterns of an Ansible inventory: web[01:20].example.org, db-[a:f]:2222, [2001:db8::1]:22.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace maintain {

struct AnsibleHostPattern {
  std::vector<std::string> names;
  std::optional<int> port = {};
};

// Ranges are [first:last] or [first:last:step] of numbers (a leading 0 sets the width) or letters; several multiply.
// configuration error for a malformed range, refused for more than AnsibleInventory::most_hosts names.
Result<AnsibleHostPattern> expand_host_pattern(const std::string& pattern);

}  // namespace maintain
