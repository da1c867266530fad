#include "pydeps/index/dist_filename.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace maintain::pydeps;

namespace {

// "wheel 1.0", or "-".
std::string read(std::string_view filename, std::string_view project) {
  const auto name = parse_distribution_name(filename, project);
  if (!name) return "-";
  const std::string kind = name->kind == DistributionKind::wheel ? "wheel "
                           : name->kind == DistributionKind::sdist ? "sdist " : "egg ";
  return kind + name->version;
}

}  // namespace

TEST_CASE("wheels") {
  CHECK(read("Django-4.2.7-py3-none-any.whl", "django") == "wheel 4.2.7");
  CHECK(read("numpy-1.26.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "numpy") == "wheel 1.26.0");
  CHECK(read("zope.interface-5.4.0-cp39-cp39-win_amd64.whl", "zope-interface") == "wheel 5.4.0");
  CHECK(read("zope_interface-5.4.0-1-cp39-cp39-win_amd64.whl", "zope-interface") == "wheel 5.4.0");
  CHECK(read("torch-2.0.1+cu118-cp310-cp310-linux_x86_64.whl", "torch") == "wheel 2.0.1+cu118");
  CHECK(read("torch-1.10.0_cu113-cp39-cp39-linux_x86_64.whl", "torch") == "wheel 1.10.0+cu113");
  CHECK(read("pkg-1.0_1-py3-none-any.whl", "pkg") == "wheel 1.0-1");
  CHECK(read("a-1.0-py3-none.whl", "a") == "-");
  CHECK(read("b-1.0-py3-none-any.whl", "a") == "-");
  CHECK(read(".whl", "a") == "-");
}

TEST_CASE("source archives, also of names with dashes") {
  CHECK(read("Jinja2-3.1.2.tar.gz", "jinja2") == "sdist 3.1.2");
  CHECK(read("python-dateutil-2.8.2.tar.gz", "python-dateutil") == "sdist 2.8.2");
  CHECK(read("python_dateutil-2.9.0.post0.tar.gz", "python-dateutil") == "sdist 2.9.0.post0");
  CHECK(read("ruamel.yaml-0.17.tar.bz2", "ruamel-yaml") == "sdist 0.17");
  CHECK(read("foo-1.0-1.zip", "foo") == "sdist 1.0-1");
  CHECK(read("foo-1-1.0.tgz", "foo-1") == "sdist 1.0");
  CHECK(read("foo--bar-2.tar.xz", "foo-bar") == "sdist 2");
  CHECK(read("pytz-2004d.tar.gz", "pytz") == "sdist 2004d");
  for (const auto* name : {"foo-.tar.gz", "foo.tar.gz", "foo--1.tar.gz", "fo-1.tar.gz", "foob-1.tar.gz",
                           "foo-1 0.tar.gz", "foo-1/2.tar.gz", ".tar.gz",
                           "foo-1.0.linux-x86_64.tar.gz", "foo-1.0.win32.zip"}) {
    CAPTURE(name);
    CHECK(read(name, "foo") == "-");
  }
}

TEST_CASE("eggs") {
  CHECK(read("setuptools-0.6c11-py2.7.egg", "setuptools") == "egg 0.6c11");
  CHECK(read("zope.interface-3.3-py2.4-linux-i686.egg", "zope-interface") == "egg 3.3");
  CHECK(read("a-1.0.egg", "a") == "egg 1.0");
}

TEST_CASE("files of other kinds") {
  for (const auto* name : {"a-1.0.win32-py2.7.exe", "a-1.0-1.noarch.rpm", "a-1.0.tar.gz.asc", "a-1.0.msi",
                           "a-1.0.dmg", ""}) {
    CHECK(read(name, "a") == "-");
  }
  CHECK(read(std::string(2000, 'a') + "-1.whl", std::string(2000, 'a')) == "-");
}
