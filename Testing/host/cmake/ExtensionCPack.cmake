# The real one packages the component RuntimeLibraries; what is installed under another one is left out.
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};${PROJECT_NAME};RuntimeLibraries;/")
include(CPack)
