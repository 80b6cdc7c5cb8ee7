# Everything comes from Debian packages; ./dev setup installs them. What the static libraries need
# when they are linked is found again by LarderDependencies.cmake, which is installed.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
include(${CMAKE_CURRENT_LIST_DIR}/LarderDependencies.cmake)
set(LARDER_XXHASH PkgConfig::LARDER_XXHASH_LIBRARY)

# Whether libxxhash can choose its vector instructions at run time: on x86, if it was built so.
include(CheckLibraryExists)
check_library_exists(xxhash XXH3_64bits_dispatch "${LARDER_XXHASH_LIBRARY_LIBDIR}" LARDER_XXH_DISPATCH)
set(LARDER_ZSTD PkgConfig::LARDER_ZSTD_LIBRARY)
set(LARDER_LMDB PkgConfig::LARDER_LMDB_LIBRARY)

# Header-only, and nothing of them is in a header of larder.
find_package(Eigen3 3.4 QUIET NO_MODULE)
find_package(nanoflann QUIET)
set(LARDER_HAS_INTERPOLATION OFF)
if(TARGET Eigen3::Eigen AND TARGET nanoflann::nanoflann)
  set(LARDER_HAS_INTERPOLATION ON)
endif()
