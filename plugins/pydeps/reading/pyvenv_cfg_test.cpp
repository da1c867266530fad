#include "pydeps/reading/pyvenv_cfg.hpp"

#include <catch2/catch.hpp>

using namespace maintain::pydeps;

TEST_CASE("pyvenv.cfg as venv writes it") {
  const PyvenvConfig config = parse_pyvenv_cfg(
      "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n"
      "executable = /usr/bin/python3.11\ncommand = /usr/bin/python3 -m venv /srv/shop/env\n");
  CHECK(config.python_version == "3.11.2");
  CHECK_FALSE(config.system_site_packages);
}

TEST_CASE("pyvenv.cfg as virtualenv and uv write it") {
  const PyvenvConfig virtualenv = parse_pyvenv_cfg(
      "home = /usr/bin\r\nimplementation = CPython\r\nversion_info = 3.8.6.final.0\r\nvirtualenv = 20.4.0\r\n"
      "include-system-site-packages = True\r\nbase-prefix = /usr\r\n");
  CHECK(virtualenv.python_version == "3.8.6");
  CHECK(virtualenv.system_site_packages);
  const PyvenvConfig uv = parse_pyvenv_cfg(
      "home = /usr/bin\nimplementation = CPython\nuv = 0.4.0\nversion_info = 3.12.3\n"
      "include-system-site-packages = false\nprompt = shop\n");
  CHECK(uv.python_version == "3.12.3");
  CHECK(parse_pyvenv_cfg("version_info = 3.13.0.candidate.2").python_version == "3.13.0rc2");
  CHECK(parse_pyvenv_cfg("version_info = 3.14.0.alpha.1").python_version == "3.14.0a1");
}

TEST_CASE("pyvenv.cfg that says little or nonsense") {
  CHECK(parse_pyvenv_cfg("").system_site_packages);
  CHECK(parse_pyvenv_cfg("").python_version.empty());
  CHECK_FALSE(parse_pyvenv_cfg("\xEF\xBB\xBFInclude-System-Site-Packages=no").system_site_packages);
  CHECK(parse_pyvenv_cfg("version = three\nversion = \n=\nversion").python_version.empty());
  CHECK(parse_pyvenv_cfg("version = 3.9.1\nversion_info = 3.8.6.final.0").python_version == "3.9.1");
}
