# One target per folder of core. A folder's headers are reachable only through its target:
# each target publishes a directory of its own that holds one link, NAME -> core/NAME, so
# `#include "store/state_store.hpp"` does not resolve in a target that does not use store.

# maintain_core_library(NAME SOURCES file... [USES core-folder...] [LIBRARIES external...])
function(maintain_core_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  set(view ${CMAKE_BINARY_DIR}/include-views/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)
  if(ARG_SOURCES)
    add_library(maintain_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(maintain_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(maintain_${name} ${scope} ${view})
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(maintain_${name} ${scope} maintain_${used})
  endforeach()
  target_link_libraries(maintain_${name} ${scope} ${ARG_LIBRARIES})
endfunction()

# maintain_unit_tests(NAME SOURCES file_test.cpp... LIBRARIES target...)
# One Catch2 program, unit_NAME, run by ctest with the label "unit"; testdata/ beside the
# sources is found through MAINTAIN_TESTDATA. The target unit_programs builds them all; `all` builds none of them, since
# the suites against servers need only the program.
function(maintain_unit_tests name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(unit_${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(unit_${name} PRIVATE maintain_catch_main ${ARG_LIBRARIES})
  target_compile_definitions(unit_${name} PRIVATE
    MAINTAIN_TESTDATA="${CMAKE_CURRENT_SOURCE_DIR}/testdata")
  # Seconds. Under the sanitizers and beside the suites on servers what takes five otherwise has taken more than sixty.
  set(limit 60)
  if(MAINTAIN_SANITIZE)
    set(limit 300)
  endif()
  catch_discover_tests(unit_${name} TEST_PREFIX "${name}: " PROPERTIES LABELS unit TIMEOUT ${limit})
  add_dependencies(unit_programs unit_${name})
endfunction()
