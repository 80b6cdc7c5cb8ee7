// SPDX-License-Identifier: Apache-2.0
#include "larder/cache/prometheus.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "larder/cache/cache.h"
#include "larder/core/error.h"

namespace larder {

namespace {

// The bounds that are shown: powers of two from 128 ns to 17 s, each the end of a bucket.
constexpr unsigned first_bound = 7;
constexpr unsigned last_bound = 34;

std::string to_text(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end.ptr};
}

double to_seconds(std::chrono::nanoseconds length) {
  return std::chrono::duration<double>(length).count();
}

void check_label(std::string_view name) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const bool is_name = !name.empty() && (name.front() < '0' || name.front() > '9') &&
                       name.find_first_not_of(letters) == std::string_view::npos &&
                       !name.starts_with("__") && name != "le" && name != "operation";
  if (!is_name) {
    throw Error(ErrorKind::invalid_argument,
                "cache: '" + std::string(name) + "' cannot be the name of a label");
  }
}

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

/// Puts the text together, family by family.
class Exposition {
 public:
  explicit Exposition(const PrometheusLabels& labels) {
    for (const auto& [name, value] : labels) {
      check_label(name);
      add_label(labels_, name, value);
    }
  }

  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, help, "counter");
    sample(name, "", labels_, std::to_string(value));
  }

  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, help, "gauge");
    sample(name, "", labels_, std::to_string(value));
  }

  void family(std::string_view name, std::string_view help, std::string_view type) {
    line("# HELP larder_cache_", name, " ", help);
    line("# TYPE larder_cache_", name, " ", type);
  }

  void histogram(std::string_view name, std::string_view operation,
                 const LatencyHistogram& latencies) {
    std::string labels = labels_;
    add_label(labels, "operation", operation);
    std::uint64_t count = 0;
    std::size_t bucket = 0;
    for (unsigned bound = first_bound; bound <= last_bound; ++bound) {
      const std::chrono::nanoseconds upper{std::int64_t{1} << bound};
      for (; LatencyHistogram::upper_bound(bucket) <= upper; ++bucket) {
        count += latencies.count_in(bucket);
      }
      bucket_line(name, labels, to_text(to_seconds(upper)), count);
    }
    bucket_line(name, labels, "+Inf", latencies.count());
    sample(name, "_sum", labels, to_text(to_seconds(latencies.total())));
    sample(name, "_count", labels, std::to_string(latencies.count()));
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  static void add_label(std::string& labels, std::string_view name, std::string_view value) {
    if (!labels.empty()) labels += ",";
    labels.append(name).append("=\"").append(escaped(value)).append("\"");
  }

  void bucket_line(std::string_view name, const std::string& labels, std::string_view upper,
                   std::uint64_t count) {
    std::string all = labels;
    add_label(all, "le", upper);
    sample(name, "_bucket", all, std::to_string(count));
  }

  void sample(std::string_view name, std::string_view suffix, const std::string& labels,
              const std::string& value) {
    text_.append("larder_cache_").append(name).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }

  template <typename... Parts>
  void line(const Parts&... parts) {
    (text_.append(parts), ...);
    text_ += "\n";
  }

  std::string labels_;
  std::string text_;
};

void add_counters(Exposition& out, const CacheStats& stats) {
  out.counter("hits_total", "Reads that found a value.", stats.hits);
  out.counter("misses_total", "Reads that found none.", stats.misses);
  out.counter("schema_misses_total", "Misses because the value was of another type.",
              stats.schema_misses);
  out.counter("corrupt_misses_total", "Misses because the record was damaged.",
              stats.corrupt_misses);
  out.counter("puts_total", "Values stored.", stats.puts);
  out.counter("erased_total", "Entries removed because someone asked.", stats.erased);
  out.counter("expired_total", "Entries removed because their time was over.", stats.expired);
  out.counter("evicted_total", "Entries removed to make room.", stats.evicted);
  out.counter("loads_total", "Calls of loaders.", stats.loads);
  out.counter("load_failures_total", "Calls of loaders that failed.", stats.load_failures);
  out.counter("stale_hits_total", "Expired values that a load fell back to.", stats.stale_hits);
}

void add_sizes(Exposition& out, const CacheNumbers& numbers) {
  out.gauge("entries", "Entries, expired ones that are still stored included.", numbers.entries);
  out.gauge("size_bytes", "Bytes that count against the limit.", numbers.bytes);
  out.gauge("disk_bytes", "Space taken on the device.", numbers.engine.disk_bytes);
  const std::uint64_t bytes = numbers.settings.max_bytes.value_or(no_limit);
  const std::uint64_t entries = numbers.settings.max_entries.value_or(no_limit);
  if (bytes != no_limit) out.gauge("max_size_bytes", "Limit of size_bytes.", bytes);
  if (entries != no_limit) out.gauge("max_entries", "Limit of entries.", entries);
}

}  // namespace

CacheNumbers numbers_of(const Cache& cache) {
  return {.stats = cache.stats(),
          .settings = cache.settings(),
          .engine = cache.storage(),
          .entries = cache.size(),
          .bytes = cache.bytes()};
}

std::string to_prometheus(const CacheNumbers& numbers, const PrometheusLabels& labels) {
  Exposition out(labels);
  add_counters(out, numbers.stats);
  add_sizes(out, numbers);
  constexpr std::string_view name = "operation_duration_seconds";
  const CacheLatencies& latencies = numbers.stats.latencies;
  out.family(name, "How long operations took; sampled.", "histogram");
  out.histogram(name, "get_hit", latencies.hit);
  out.histogram(name, "get_miss", latencies.miss);
  out.histogram(name, "put", latencies.put);
  out.histogram(name, "erase", latencies.erase);
  out.histogram(name, "evict", latencies.evict);
  return out.take();
}

}  // namespace larder
