# The functions of Slicer's UseSlicer that a scripted extension calls.

include(CTest)

# Copies scripts and resources to the build tree and installs them into INSTALL_DIR, below the name of
# DESTINATION_DIR unless NO_INSTALL_SUBDIR is given. A file that does not exist is an error, as in Slicer.
# The real one installs the whole DESTINATION_DIR; this one only what was listed, so nothing passes by chance.
function(ctkMacroCompilePythonScript)
  cmake_parse_arguments(MY "NO_INSTALL_SUBDIR;GLOBAL_TARGET"
    "TARGET_NAME;DESTINATION_DIR;INSTALL_DIR" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ctkMacroCompilePythonScript: unknown arguments '${MY_UNPARSED_ARGUMENTS}'")
  endif()
  foreach(name TARGET_NAME SCRIPTS DESTINATION_DIR INSTALL_DIR)
    if("${MY_${name}}" STREQUAL "")
      message(FATAL_ERROR "ctkMacroCompilePythonScript: ${name} is mandatory")
    endif()
  endforeach()

  set(install_folder "${MY_INSTALL_DIR}")
  if(NOT MY_NO_INSTALL_SUBDIR)
    get_filename_component(subfolder "${MY_DESTINATION_DIR}" NAME)
    string(APPEND install_folder "/${subfolder}")
  endif()
  set(copied)
  foreach(file IN LISTS MY_SCRIPTS MY_RESOURCES)
    set(source "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    set(copy "${MY_DESTINATION_DIR}/${file}")
    if(NOT EXISTS "${source}")
      message(FATAL_ERROR "ctkMacroCompilePythonScript: nonexistent file '${file}'")
    endif()
    add_custom_command(OUTPUT "${copy}" DEPENDS "${source}"
      COMMAND ${CMAKE_COMMAND} -E copy "${source}" "${copy}")
    list(APPEND copied "${copy}")
    get_filename_component(folder "${file}" DIRECTORY)
    install(FILES "${copy}" DESTINATION "${install_folder}/${folder}" COMPONENT RuntimeLibraries)
  endforeach()
  add_custom_target(Copy${MY_TARGET_NAME}PythonFiles ALL DEPENDS ${copied})
endfunction()

function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule: unknown arguments '${MY_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT MY_NAME)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule: NAME is mandatory")
  endif()
  ctkMacroCompilePythonScript(
    TARGET_NAME ${MY_NAME}
    SCRIPTS "${MY_SCRIPTS}"
    RESOURCES "${MY_RESOURCES}"
    DESTINATION_DIR ${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}
    INSTALL_DIR ${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}
    NO_INSTALL_SUBDIR
    )
endfunction()

# The real one starts Slicer with the script as a test; without the application the script must at least be there.
function(slicer_add_python_unittest)
  cmake_parse_arguments(MY "" "SCRIPT;TESTNAME_PREFIX" "SLICER_ARGS" ${ARGN})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${MY_SCRIPT}")
    message(FATAL_ERROR "slicer_add_python_unittest: nonexistent script '${MY_SCRIPT}'")
  endif()
  get_filename_component(name "${MY_SCRIPT}" NAME_WE)
  add_test(NAME py_${MY_TESTNAME_PREFIX}${name}
    COMMAND ${CMAKE_COMMAND} -E cat "${CMAKE_CURRENT_SOURCE_DIR}/${MY_SCRIPT}")
endfunction()
