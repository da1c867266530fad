// Which URLs may be asked, by how they begin: "https://index.example.org/simple/". Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain {

// http or https, a host (no user, no blank), and a path that ends in a slash: so that what begins like it is beneath
// it, and "https://index.example.org.evil/" is not.
bool is_url_beginning(std::string_view url);

// Whether the URL is beneath one of them, and stays there: no "..", no fragment, nothing that is not printable ASCII.
bool is_beneath(std::string_view url, const std::vector<std::string>& beginnings);

}  // namespace maintain
