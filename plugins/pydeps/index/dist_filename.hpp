// What the name of a distribution's file says. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maintain::pydeps {

enum class DistributionKind { wheel, sdist, egg };

struct DistributionName {
  DistributionKind kind = DistributionKind::sdist;
  std::string version = {};
};

// The version in the name of a file of this project (any spelling); nothing when it is of another project or another
// kind: a Windows installer, a package of a distribution, a binary archive of distutils, a signature.
//   wheel: PEP 427, NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl
//   sdist: PEP 625, NAME-VERSION.tar.gz; also the older archives, and names that hold '-' (so that only the project's
//          name tells where the version begins)
//   egg:   NAME-VERSION[-pyX.Y[-PLATFORM]].egg
std::optional<DistributionName> parse_distribution_name(std::string_view filename, std::string_view project);

}  // namespace maintain::pydeps
