# ccache makes every build but the first quick. Whoever set a launcher keeps it.
find_program(LARDER_CCACHE ccache)
mark_as_advanced(LARDER_CCACHE)
if(PROJECT_IS_TOP_LEVEL AND LARDER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths count from the source folder, so that another clone finds what this one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
    ${LARDER_CCACHE})
endif()
