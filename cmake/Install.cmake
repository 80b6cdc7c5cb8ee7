# Installs the room libraries, their headers, the tool, and what finds them again:
# find_package(larder CONFIG COMPONENTS ...) and pkg-config larder.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/larder)
list(TRANSFORM LARDER_ROOMS PREPEND larder_ OUTPUT_VARIABLE room_targets)

add_library(larder_umbrella INTERFACE)
add_library(larder::larder ALIAS larder_umbrella)
set_target_properties(larder_umbrella PROPERTIES EXPORT_NAME larder)
target_link_libraries(larder_umbrella INTERFACE ${room_targets})

install(TARGETS ${room_targets} larder_umbrella EXPORT larderTargets)
install(EXPORT larderTargets NAMESPACE larder:: DESTINATION ${package_dir})
install(DIRECTORY include/larder DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

configure_package_config_file(cmake/larderConfig.cmake.in larderConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(larderConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/LarderDependencies.cmake ${PROJECT_BINARY_DIR}/larderConfig.cmake
  ${PROJECT_BINARY_DIR}/larderConfigVersion.cmake DESTINATION ${package_dir})

# A static library comes before those it uses on the linker's command line.
set(pc_libs ${LARDER_ROOMS})
list(REVERSE pc_libs)
list(TRANSFORM pc_libs PREPEND -llarder_)
list(JOIN pc_libs " " LARDER_PC_LIBS)
file(RELATIVE_PATH LARDER_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/larder.pc.in larder.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/larder.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET larder_tool)
  install(TARGETS larder_tool)
  file(GLOB manual_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.1)
  install(FILES ${manual_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${PROJECT_SOURCE_DIR}/src/cli/completion/larder.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME larder OPTIONAL)
endif()
