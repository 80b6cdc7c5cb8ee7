// SPDX-License-Identifier: Apache-2.0
#include "compare/workload.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <numeric>
#include <stdexcept>

#include "larder/core/random.h"

namespace larder::bench {
namespace {

constexpr std::size_t head_bytes = 16;
constexpr std::uint64_t noise_seed = 7;

std::string numbered(const char* pattern, std::uint32_t number) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), pattern, number);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

Plan random_order(std::uint32_t keys, std::uint32_t rounds, std::uint64_t seed) {
  Random random(seed);
  Plan plan;
  plan.reserve(std::size_t{keys} * rounds);
  Plan round(keys);
  std::iota(round.begin(), round.end(), 0U);
  for (std::uint32_t i = 0; i < rounds; ++i) {
    std::shuffle(round.begin(), round.end(), random);
    plan.insert(plan.end(), round.begin(), round.end());
  }
  return plan;
}

Plan mixed_load(std::uint32_t keys, std::uint32_t steps, std::uint64_t seed) {
  Random random(seed);
  Plan plan(steps);
  for (std::uint32_t& step : plan) {
    const std::uint64_t chance = random.below(100);
    const Action action = chance < 90 ? Action::get : chance < 99 ? Action::put : Action::erase;
    step = static_cast<std::uint32_t>(action) << action_shift |
           static_cast<std::uint32_t>(random.below(keys));
  }
  return plan;
}

void write_plan(const std::filesystem::path& file, const Plan& plan) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(plan.data()),
            static_cast<std::streamsize>(plan.size() * sizeof(Plan::value_type)));
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

Plan read_plan(const std::filesystem::path& file) {
  Plan plan(std::filesystem::file_size(file) / sizeof(Plan::value_type));
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(plan.data()),
          static_cast<std::streamsize>(plan.size() * sizeof(Plan::value_type)));
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return plan;
}

std::string present_key(std::uint32_t number) { return numbered("key-%012u", number); }

std::string absent_key(std::uint32_t number) { return numbered("key-%011u-", number); }

Values::Values(std::size_t bytes) : bytes_(std::max(bytes, head_bytes)) {
  Random random(noise_seed);
  for (std::size_t at = head_bytes; at < bytes_.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t noise = random();
    std::memcpy(&bytes_[at], &noise, std::min(sizeof noise, bytes_.size() - at));
  }
}

const Bytes& Values::make(std::uint64_t number, std::uint64_t version) {
  std::memcpy(bytes_.data(), &number, sizeof number);
  std::memcpy(bytes_.data() + sizeof number, &version, sizeof version);
  return bytes_;
}

bool Values::fits(BytesView value, std::uint64_t number, std::uint64_t version) const {
  if (value.size() != bytes_.size()) return false;
  std::array<std::uint64_t, 2> head{};
  std::memcpy(head.data(), value.data(), head_bytes);
  if (head[0] != number || (version != 0 && head[1] != version)) return false;
  return equal(value.subspan(head_bytes), BytesView(bytes_).subspan(head_bytes));
}

}  // namespace larder::bench
