# Installs the SDK into a directory of its own, builds and tests one example there, and looks at what came out.

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " words)
    message(FATAL_ERROR "${words}\nfailed (${result}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${MAINTAIN_BUILD} --prefix ${WORK}/prefix --component sdk)
# The linker flags are those that would lose a careless note: unused sections and all symbols are thrown away.
run(${CMAKE_COMMAND} -S ${EXAMPLE} -B ${WORK}/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${WORK}/prefix
    "-DCMAKE_C_COMPILER_LAUNCHER=${LAUNCHER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
    -DCMAKE_MODULE_LINKER_FLAGS=-Wl,--gc-sections,--strip-all)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure)

file(GLOB plugins ${WORK}/build/*.so)
list(LENGTH plugins count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "one plugin was to be built, not: ${plugins}")
endif()
run(${READELF} --notes --wide ${plugins})
if(NOT output MATCHES "maintain[ \t]+0x")
  message(FATAL_ERROR "the manifest's note is lost:\n${output}")
endif()
run(${READELF} --dyn-syms --wide ${plugins})
string(REGEX MATCHALL "(GLOBAL|WEAK|UNIQUE)[ ]+[A-Z]+[ ]+[0-9]+ [^\n]+" exported "${output}")
if(NOT exported MATCHES "^GLOBAL +DEFAULT +[0-9]+ maintain_plugin_v1$")
  message(FATAL_ERROR "exported are: ${exported}")
endif()
run(${READELF} --dynamic --wide ${plugins})
if(NOT output MATCHES "NODELETE" OR output MATCHES "TEXTREL|RPATH|RUNPATH")
  message(FATAL_ERROR "NODELETE is missing, or TEXTREL, RPATH or RUNPATH is there:\n${output}")
endif()
