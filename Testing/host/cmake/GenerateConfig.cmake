# The real one writes the extension's description from these variables and refuses to go on without them.
foreach(name HOMEPAGE CATEGORY CONTRIBUTORS DESCRIPTION ICONURL DEPENDS)
  if("${EXTENSION_${name}}" STREQUAL "")
    message(FATAL_ERROR "EXTENSION_${name} is not set")
  endif()
endforeach()
file(WRITE "${CMAKE_BINARY_DIR}/${PROJECT_NAME}.description"
  "homepage ${EXTENSION_HOMEPAGE}\ncategory ${EXTENSION_CATEGORY}\ndepends ${EXTENSION_DEPENDS}\n")
