// SPDX-License-Identifier: Apache-2.0
// Counts the words of every file below a folder, and keeps the counts of each file for the next
// run. Usage: larder_demo STORE FOLDER
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "larder/cache/cache.h"
#include "larder/codec/standard.h"

namespace {

namespace fs = std::filesystem;
using Counts = std::map<std::string, std::uint64_t>;
using WordCount = std::pair<std::string, std::uint64_t>;

// A plain struct needs nothing to be stored.
struct FileWords {
  std::uint64_t total = 0;
  Counts counts;
};

FileWords count_words(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  FileWords words;
  std::string word;
  for (auto at = std::istreambuf_iterator<char>(file); at != std::istreambuf_iterator<char>();
       ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (std::isalpha(c) != 0) {
      word.push_back(static_cast<char>(std::tolower(c)));
    } else if (!word.empty()) {
      ++words.counts[word];
      ++words.total;
      word.clear();
    }
  }
  return words;
}

// The most frequent words are enough: what is kept is small.
FileWords most_frequent(FileWords words) {
  constexpr std::size_t kept = 50;
  std::vector<WordCount> order(words.counts.begin(), words.counts.end());
  std::ranges::sort(order, std::ranges::greater{}, &WordCount::second);
  order.resize(std::min(order.size(), kept));
  words.counts = {order.begin(), order.end()};
  return words;
}

// The key says what the result depends on: which file, and which state of it.
larder::Key key_of(const fs::directory_entry& entry) {
  const std::int64_t changed = entry.last_write_time().time_since_epoch().count();
  return std::tuple(entry.path().string(), static_cast<std::uint64_t>(entry.file_size()), changed);
}

FileWords words_of(larder::Cache& cache, const fs::directory_entry& entry,
                   std::uint64_t& computed) {
  const larder::Key key = key_of(entry);
  if (auto kept = cache.get<FileWords>(key)) return *std::move(kept);
  FileWords words = most_frequent(count_words(entry.path()));
  cache.put(key, words, {.tags = {"words"}});
  ++computed;
  return words;
}

void report(const Counts& counts, std::uint64_t files, std::uint64_t total) {
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [word, count] : counts) order.emplace_back(count, word);
  std::ranges::sort(order, std::ranges::greater{});
  std::cout << "  " << total << " words in " << files << " files; most frequent:";
  for (std::size_t i = 0; i < std::min<std::size_t>(5, order.size()); ++i) {
    std::cout << ' ' << order[i].second;
  }
  std::cout << '\n';
}

void run(const fs::path& store, const fs::path& folder) {
  larder::Cache cache = larder::Cache::open({.path = store});
  const auto begin = std::chrono::steady_clock::now();
  Counts counts;
  std::uint64_t files = 0;
  std::uint64_t total = 0;
  std::uint64_t computed = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    const FileWords words = words_of(cache, entry, computed);
    for (const auto& [word, count] : words.counts) counts[word] += count;
    total += words.total;
    ++files;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  report(counts, files, total);
  std::cout << "  " << computed << " counted now, " << files - computed << " from the cache, "
            << std::fixed << std::setprecision(3) << took.count() << " s\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: larder_demo STORE FOLDER\n";
    return 2;
  }
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "larder_demo: " << error.what() << '\n';
    return 1;
  }
}
