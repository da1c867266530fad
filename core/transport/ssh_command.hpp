// Command lines of the system's ssh, and what its words on standard error mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/server.hpp"
#include "transport/transport.hpp"

namespace maintain {

// Refuses addresses and user names that a command line would take for something else.
Result<void> check_destination(const Server& server);

// A path as the value of an option of ssh, where blanks separate values and % begins a token.
std::string ssh_file_value(const std::string& path);

// ssh and its options for this server, without the destination: its keys, our host key policy, deadlines, the server's
// own ssh_options last. ssh takes the first value it sees, so no option of the inventory weakens the policy. User,
// port and keys are left to ssh_config where the inventory says nothing. With settings.bulk the fastest ciphers come
// first.
std::vector<std::string> ssh_words(const Server& server, const TransportSettings& settings);

// ssh_words for bulk transfers: a connection of its own, with the ciphers that this machine is fastest with. The last
// word is the destination when with_destination is set.
Result<std::vector<std::string>> bulk_shell(const Server& server, const TransportSettings& settings,
                                            bool with_destination);

// "web1 (10.0.0.5:22)"
std::string name_of(const Server& server);

// What ssh meant when it failed by itself (exit status 255), from its standard error.
Error explain_ssh_failure(const Server& server, std::string_view error_output);

}  // namespace maintain
