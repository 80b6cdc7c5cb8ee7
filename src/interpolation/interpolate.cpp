// SPDX-License-Identifier: Apache-2.0
#include "larder/interpolation/interpolate.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "larder/core/error.h"
#include "larder/interpolation/samples.h"
#include "larder/key/digest.h"

namespace larder::detail {

class InterpolatedCalls::State {
 public:
  State(Cache cache, const InterpolationOptions& options)
      : cache_(std::move(cache)), dimensions_(options.tolerance.size()), samples_(options) {
    static_cast<void>(cache_.engine());  // in shards, keys have no one order of insertion
    follow();
  }

  double call(std::span<const double> point, FunctionRef<double()> compute);
  double exact(std::span<const double> point, FunctionRef<double()> compute);
  [[nodiscard]] std::optional<Estimate> estimate(std::span<const double> point);
  [[nodiscard]] InterpolationStats stats() const {
    return {
        .computed = computed_, .known = known_, .estimated = estimated_, .points = samples_.size()};
  }
  void reload();

 private:
  [[nodiscard]] std::optional<double> look(std::span<const double> point);
  double find_or_compute(std::span<const double> point, FunctionRef<double()> compute);
  /// Reads the points that came to the cache since the last time. Returns whether there are any.
  bool follow();
  bool read(const Key& key);

  Cache cache_;
  std::size_t dimensions_;
  Samples samples_;
  std::atomic<std::uint64_t> computed_ = 0;
  std::atomic<std::uint64_t> known_ = 0;
  std::atomic<std::uint64_t> estimated_ = 0;
  std::mutex following_;
  std::optional<Key> newest_;
};

namespace {

bool is_finite(std::span<const double> point) {
  return std::ranges::all_of(point, [](double number) { return std::isfinite(number); });
}

Key key_of(std::span<const double> point) {
  return std::vector<double>(point.begin(), point.end());
}

/// The point that the key stands for, if it is one.
std::optional<std::vector<double>> point_of(const Key& key) {
  try {
    return key.as<std::vector<double>>();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

bool InterpolatedCalls::State::read(const Key& key) {
  const std::optional<std::vector<double>> point = point_of(key);
  if (!point || point->size() != dimensions_ || !is_finite(*point)) return false;
  const std::optional<double> value = cache_.get<double>(key);
  return value && std::isfinite(*value) && samples_.add(*point, *value);
}

bool InterpolatedCalls::State::follow() {
  const std::lock_guard lock(following_);
  std::vector<Key> found;
  for (const Key& key : cache_.keys(KeyOrder::insertion, Direction::backward)) {
    if (newest_ && key == *newest_) break;
    found.push_back(key);
  }
  bool is_more = false;
  for (const Key& key : found) is_more |= read(key);
  if (!found.empty()) newest_ = found.front();
  return is_more;
}

std::optional<double> InterpolatedCalls::State::look(std::span<const double> point) {
  if (const std::optional<double> value = samples_.at(point)) {
    ++known_;
    return value;
  }
  if (const std::optional<Estimate> made = samples_.estimate(point)) {
    ++estimated_;
    return made->value;
  }
  return std::nullopt;
}

double InterpolatedCalls::State::find_or_compute(std::span<const double> point,
                                                 FunctionRef<double()> compute) {
  bool is_computed = false;
  const double value = cache_.get_or_load(key_of(point), [&] {
    is_computed = true;
    return compute();
  });
  ++(is_computed ? computed_ : known_);
  if (std::isfinite(value)) samples_.add(point, value);
  return value;
}

double InterpolatedCalls::State::call(std::span<const double> point,
                                      FunctionRef<double()> compute) {
  if (!is_finite(point)) {
    ++computed_;
    return compute();
  }
  std::optional<double> value = look(point);
  if (!value && follow()) value = look(point);
  return value ? *value : find_or_compute(point, compute);
}

double InterpolatedCalls::State::exact(std::span<const double> point,
                                       FunctionRef<double()> compute) {
  if (!is_finite(point)) return call(point, compute);
  if (const std::optional<double> value = samples_.at(point)) {
    ++known_;
    return *value;
  }
  return find_or_compute(point, compute);
}

std::optional<Estimate> InterpolatedCalls::State::estimate(std::span<const double> point) {
  if (!is_finite(point)) return std::nullopt;
  std::optional<Estimate> made = samples_.estimate(point);
  return made || !follow() ? made : samples_.estimate(point);
}

void InterpolatedCalls::State::reload() {
  {
    const std::lock_guard lock(following_);
    newest_.reset();
    samples_.clear();
  }
  follow();
}

Cache cache_for(Cache cache, const InterpolatedFunction& who,
                const std::vector<FunctionCode>& functions) {
  std::string code = who.code.value_or("");
  if (!who.code) {
    const CodeFingerprint made = fingerprint_together(functions, who.fingerprint);
    report_fallback(made, CacheAccess::core(cache)->log_sink());
    code = made.digest.to_string();
  }
  if (who.name.empty() && who.version.empty() && code.empty()) return cache;
  const Key identity(std::tuple(who.name, who.version, code));
  return cache.sub("interpolated " + digest(identity.bytes()).to_string());
}

InterpolatedCalls::InterpolatedCalls(Cache cache, const InterpolationOptions& options)
    : state_(std::make_shared<State>(std::move(cache), options)) {}

double InterpolatedCalls::call(std::span<const double> point, FunctionRef<double()> compute) {
  return state_->call(point, compute);
}

double InterpolatedCalls::exact(std::span<const double> point, FunctionRef<double()> compute) {
  return state_->exact(point, compute);
}

std::optional<Estimate> InterpolatedCalls::estimate(std::span<const double> point) {
  return state_->estimate(point);
}

InterpolationStats InterpolatedCalls::stats() const { return state_->stats(); }

void InterpolatedCalls::reload() { state_->reload(); }

}  // namespace larder::detail
