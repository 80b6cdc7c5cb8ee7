# Included by larder's own build and by larderConfig.cmake. The prefixes are larder's own, so that
# a project which looks for the same libraries itself is not disturbed.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(PkgConfig)
pkg_check_modules(LARDER_XXHASH_LIBRARY REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(LARDER_ZSTD_LIBRARY REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LARDER_LMDB_LIBRARY REQUIRED IMPORTED_TARGET lmdb)
