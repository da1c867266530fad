// pyvenv.cfg, the file that makes a directory a virtual environment (PEP 405). Pure.
#pragma once

#include <string>
#include <string_view>

namespace maintain::pydeps {

struct PyvenvConfig {
  std::string python_version = {};    // "3.11.2"; empty: it says none
  // Python's own default (site.py) for a file that does not say: true.
  bool system_site_packages = true;
};

// Any text; what is no "key = value" is passed over. Of repeated keys the last counts, as in site.py.
// venv writes the version as `version`, virtualenv and uv as `version_info` ("3.8.6.final.0" from virtualenv).
PyvenvConfig parse_pyvenv_cfg(std::string_view text);

}  // namespace maintain::pydeps
