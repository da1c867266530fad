// What may name a server, be its address or its user. These texts become directory names and words of ssh's and rsync's
// command lines, so what means something else there is refused.
#pragma once

#include <string>
#include <string_view>

namespace maintain {

// Why the text is of no use, as the end of a sentence ("holds a slash"); empty when it is good.
std::string name_problem(std::string_view name);
std::string address_problem(std::string_view address);
std::string user_problem(std::string_view user);

}  // namespace maintain
