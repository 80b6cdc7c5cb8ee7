// SPDX-License-Identifier: Apache-2.0
//
// The same functions memoized as Python's functools, joblib, klepto, diskcache and tarn do it.
#include <chrono>
#include <cmath>
#include <iostream>
#include <string>

#include "larder/memo/memoize.h"

using namespace std::chrono_literals;

namespace {

double slow(double x) { return std::sqrt(x); }

double fit(double x, bool /*verbose*/) { return 2.0 * x; }

std::string page(const std::string& address) { return "page of " + address; }

}  // namespace

int main() {
  larder::Cache cache = larder::Cache::temporary();

  //! [functools]
  auto root = larder::memoize(
      larder::MemoryOptions{.max_entries = 128, .eviction = larder::Eviction::lru}, slow);
  root(2.0);
  const larder::MemoizeStats stats = root.stats();
  root.clear();
  root.uncached(2.0);
  //! [functools]
  std::cout << stats.misses << " computed\n";

  //! [joblib]
  auto fitted = larder::memoize(cache, fit,
                                {.name = "fit",
                                 .keys = {.names = {"x", "verbose"}, .ignore = {"verbose"}},
                                 .defaults = {{}, false}});
  fitted(1.5);
  fitted(1.5, larder::arg("verbose", true));
  const bool is_there = fitted.lookup(1.5) != nullptr;
  //! [joblib]
  std::cout << std::boolalpha << is_there << ", " << fitted.stats().misses << " computed\n";

  //! [klepto]
  larder::MemoryHooks hooks{.archive = larder::archive_in(cache.sub("archive"))};
  auto rounded = larder::memoize(
      larder::Memory{.options = {.max_entries = 100, .eviction = larder::Eviction::lru},
                     .hooks = hooks},
      slow, {.name = "slow", .keys = {.rounding = larder::Rounding{.decimals = 2}}});
  rounded(2.001);
  rounded(2.004);
  rounded.dump();
  //! [klepto]
  std::cout << rounded.stats().misses << " computed\n";

  //! [diskcache]
  auto fetched = larder::memoize(
      cache, page,
      {.name = "page", .load = {.put = {.ttl = 60s, .tags = {"web"}}, .early_refresh = 1.0}});
  fetched("example.org");
  const larder::Key key = fetched.key("example.org");
  cache.erase_tag("web");
  //! [diskcache]
  std::cout << (cache.contains(key) || fetched.lookup("example.org") != nullptr) << "\n";

  //! [tarn]
  auto smart = larder::memoize(cache, page,
                               {.fingerprint = {.stable = {"logging::"}}, .depends_on = {slow}});
  smart("example.org");
  const auto why = smart.why_computed("example.org");
  //! [tarn]
  std::cout << why.has_value() << "\n";
}
