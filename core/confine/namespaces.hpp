// Namespaces of a program's own: no network but a loopback of its own, no process, no shared memory of others.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace maintain {

// The next child that is forked is the first process of its namespace: what it leaves ends with it. Root stays root;
// another user gets a user namespace, in which it has every capability until it runs a program. refused: it may not.
Result<void> enter_namespaces();

// Brings the own loopback up. After enter_namespaces().
Result<void> start_loopback();

}  // namespace maintain
