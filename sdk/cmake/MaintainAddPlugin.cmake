# maintain_add_plugin(NAME name SOURCES file... MANIFEST manifest.json [LIBRARIES target...])
#
# Builds the plugin NAME.so: a module that exports maintain_plugin_v1 and nothing else, is never unmapped (threads
# and thread-local destructors of its libraries outlive dlclose), and carries the manifest as an ELF note. The
# manifest's id, version, ABI and task types reach the sources as MAINTAIN_PLUGIN_ID, _VERSION, _ABI_MINOR and
# _TASK_TYPES.
#
# Targets: plugin_NAME, the module; plugin_NAME_objects, its objects, for unit tests to link.
# MAINTAIN_PLUGIN_OUTPUT_DIRECTORY says where NAME.so goes (default: the current binary directory).

function(maintain_add_plugin)
  cmake_parse_arguments(ARG "" "NAME;MANIFEST" "SOURCES;LIBRARIES" ${ARGN})
  foreach(required NAME MANIFEST SOURCES)
    if(NOT ARG_${required})
      message(FATAL_ERROR "maintain_add_plugin: ${required} is missing")
    endif()
  endforeach()
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "maintain_add_plugin(${ARG_NAME}): not understood: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(manifest ${ARG_MANIFEST} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  _maintain_read_manifest(${ARG_NAME} ${manifest})
  _maintain_write_note(${ARG_NAME} ${manifest} note)

  set(objects plugin_${ARG_NAME}_objects)
  add_library(${objects} OBJECT ${ARG_SOURCES})
  target_link_libraries(${objects} PUBLIC MaintainSDK::plugin ${ARG_LIBRARIES})
  target_compile_definitions(${objects} PRIVATE
    MAINTAIN_PLUGIN_ID="${MAINTAIN_PLUGIN_ID}"
    MAINTAIN_PLUGIN_VERSION="${MAINTAIN_PLUGIN_VERSION}"
    MAINTAIN_PLUGIN_ABI_MINOR=${MAINTAIN_PLUGIN_ABI_MINOR}u
    MAINTAIN_PLUGIN_TASK_TYPES="${MAINTAIN_PLUGIN_TASK_TYPES}")
  # The test kit hands out only the extensions that the manifest lists, as the host does.
  target_compile_definitions(${objects} INTERFACE MAINTAIN_PLUGIN_MANIFEST="${manifest}")
  set(module plugin_${ARG_NAME})
  add_library(${module} MODULE ${note})
  target_link_libraries(${module} PRIVATE ${objects})
  set_target_properties(${objects} ${module} PROPERTIES
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    C_STANDARD 99 C_STANDARD_REQUIRED ON
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  set(symbols ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin-symbols.map)
  target_link_options(${module} PRIVATE -Wl,-z,nodelete -Wl,--version-script=${symbols})
  # A missing symbol is the author's to see, not the server's; Clang leaves its sanitizers' symbols to the program.
  if(NOT "${CMAKE_C_COMPILER_ID} ${CMAKE_CXX_COMPILER_ID}" MATCHES "Clang")
    target_link_options(${module} PRIVATE -Wl,-z,defs)
  endif()
  if(MAINTAIN_PLUGIN_OUTPUT_DIRECTORY)
    set(output ${MAINTAIN_PLUGIN_OUTPUT_DIRECTORY})
  else()
    set(output ${CMAKE_CURRENT_BINARY_DIR})
  endif()
  set_target_properties(${module} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME ${ARG_NAME}
    LIBRARY_OUTPUT_DIRECTORY ${output} LINK_DEPENDS ${symbols})
endfunction()

# What the build needs of the manifest; the host checks the rest when it reads the note.
function(_maintain_read_manifest name manifest)
  file(READ ${manifest} json)
  foreach(key id version abi)
    string(JSON ${key} ERROR_VARIABLE error GET "${json}" ${key})
    if(error)
      message(FATAL_ERROR "${manifest}: not JSON, or \"${key}\" is missing: ${error}")
    endif()
  endforeach()
  if(NOT id MATCHES "^[a-z0-9][a-z0-9._-]*$")
    message(FATAL_ERROR "${manifest}: \"id\" must be [a-z0-9][a-z0-9._-]*, not '${id}'")
  endif()
  if(NOT version MATCHES "^[0-9A-Za-z.+~-]+$")
    message(FATAL_ERROR "${manifest}: \"version\" must be like 1.0.2, not '${version}'")
  endif()
  if(NOT abi MATCHES "^1\\.([0-9]+)$")
    message(FATAL_ERROR "${manifest}: \"abi\" is '${abi}'; this SDK builds plugins for ABI 1")
  endif()
  set(MAINTAIN_PLUGIN_ABI_MINOR ${CMAKE_MATCH_1} PARENT_SCOPE)
  string(JSON count ERROR_VARIABLE error LENGTH "${json}" tasks)
  if(error OR count EQUAL 0)
    message(FATAL_ERROR "${manifest}: \"tasks\" must be a list with at least one task type")
  endif()
  set(types "")
  math(EXPR last "${count} - 1")
  foreach(index RANGE ${last})
    string(JSON type ERROR_VARIABLE error GET "${json}" tasks ${index} type)
    if(error OR NOT type MATCHES "^[a-z0-9][a-z0-9._-]*$")
      message(FATAL_ERROR "${manifest}: \"tasks\"[${index}].type must be [a-z0-9][a-z0-9._-]*")
    endif()
    list(APPEND types ${type})
  endforeach()
  list(JOIN types " " types)
  set(MAINTAIN_PLUGIN_TASK_TYPES ${types} PARENT_SCOPE)
  set(MAINTAIN_PLUGIN_ID ${id} PARENT_SCOPE)
  set(MAINTAIN_PLUGIN_VERSION ${version} PARENT_SCOPE)
endfunction()

# A source file that holds nothing but the note; C where the project has C, else C++.
function(_maintain_write_note name manifest result)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(extension cpp)
  if("C" IN_LIST languages)
    set(extension c)
  endif()
  file(READ ${manifest} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," MAINTAIN_NOTE_BYTES "${hex}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n"
         MAINTAIN_NOTE_BYTES "${MAINTAIN_NOTE_BYTES}")
  file(SIZE ${manifest} MAINTAIN_NOTE_SIZE)
  set(note ${CMAKE_CURRENT_BINARY_DIR}/${name}_manifest_note.${extension})
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/manifest_note.c.in ${note} @ONLY)
  set(${result} ${note} PARENT_SCOPE)
endfunction()
