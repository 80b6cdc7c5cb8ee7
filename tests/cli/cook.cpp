// SPDX-License-Identifier: Apache-2.0
//
// A program whose function is memoized, built several times by CMake: FACTOR changes what the
// function calls, UNRELATED adds something that it does not.
#include <cstdlib>
#include <iostream>

#include "larder/memo/memoize.h"

// NOLINTBEGIN(misc-use-internal-linkage): their names are what is shown.
namespace kitchen {

#ifdef UNRELATED
[[gnu::noinline]] int wash(int x) { return x / 7; }
#endif

[[gnu::noinline]] int spice(int x) { return x * FACTOR; }

[[gnu::noinline]] int cook(int x) { return spice(x) + spice(x + 1); }

}  // namespace kitchen
// NOLINTEND(misc-use-internal-linkage)

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int x = std::atoi(argv[2]);
#ifdef UNRELATED
  if (kitchen::wash(x) > 1'000'000) return 3;
#endif
  auto cook =
      larder::memoize(larder::Cache::open({.path = argv[1]}), kitchen::cook, {.name = "cook"});
  const auto why = cook.why_computed(x);
  std::cout << cook(x) << (cook.stats().hits == 1 ? " kept" : " computed");
  if (why) {
    for (const std::string& name : why->code.changed) std::cout << " " << name;
  }
  std::cout << "\n";
}
