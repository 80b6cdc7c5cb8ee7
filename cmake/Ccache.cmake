# ccache makes every build but the first quick. Whoever set a launcher keeps it.
find_program(LARDER_CCACHE ccache)
mark_as_advanced(LARDER_CCACHE)
if(PROJECT_IS_TOP_LEVEL AND LARDER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LARDER_CCACHE})
endif()
