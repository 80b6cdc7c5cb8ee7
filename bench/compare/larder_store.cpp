// SPDX-License-Identifier: Apache-2.0
#include "compare/store.h"
#include "larder/cache/cache.h"

namespace larder::bench {
namespace {

class LarderStore final : public Store {
 public:
  explicit LarderStore(const CacheOptions& options) : cache_(Cache::open(options)) {}

  void put(const std::string& key, const Bytes& value) override { cache_.put(key, value); }
  std::optional<Bytes> get(const std::string& key) override { return cache_.get<Bytes>(key); }
  bool erase(const std::string& key) override { return cache_.erase(key); }
  void flush() override { cache_.engine().sync(); }

 private:
  Cache cache_;
};

}  // namespace

std::unique_ptr<Store> open_larder(const std::filesystem::path& folder, Larder level) {
  CacheOptions options{.path = folder};
  if (level == Larder::durable) options.durability = Durability::durable;
  if (level == Larder::disposable) options.durability = Durability::disposable;
  return std::make_unique<LarderStore>(options);
}

}  // namespace larder::bench
