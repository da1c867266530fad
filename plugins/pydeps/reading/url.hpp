// URLs of what was installed from elsewhere than an index, as pip, PEP 508 and PEP 610 write them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "pydeps/reading/package.hpp"

namespace maintain::pydeps {

// The URL without what may be a secret: user and password, query and fragment; "git@" stays before an SSH host, where
// PEP 610 keeps it, too. Printable, at most 500 bytes. A path, or any other text, is returned with no more done than
// that. What has a password with a raw '/' in it has no host that can be told for sure, and keeps only what follows
// the next '@'.
std::string without_credentials(std::string_view url);

// What a URL, or a path, of a requirement says. "git+https://host/x.git@abc#egg=name" is a vcs at the commit (or tag or
// branch) abc; file: and paths are archives by their ending, else local directories; all else is an archive.
struct UrlReference {
  Origin origin = Origin::archive;
  std::string url;     // without credentials, "git+" and "@abc"
  std::string commit;
  std::string egg;     // the name in the fragment, without extras
};
UrlReference read_url(std::string_view text);

// The version in the name of a wheel or source archive at the URL, when it is one of the package with this key; else
// empty. PEP 427 and PEP 625: name and version stand between '-', in a wheel with further parts behind them.
std::string version_in_archive_name(std::string_view url, std::string_view key);

}  // namespace maintain::pydeps
