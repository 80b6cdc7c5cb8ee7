// SPDX-License-Identifier: Apache-2.0
#include "larder/code/function_code.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "core/per_process.h"
#include "larder/core/bytes.h"
#include "larder/core/mutex.h"

namespace larder {
namespace {

CodeFingerprint fingerprint_of_source(Digest128 source, const FingerprintOptions& options) {
  CodeFingerprint made;
  made.digest = source;
  made.mode = CodeMode::tag;
  if (options.tag.empty()) return made;
  Bytes all = to_bytes(as_bytes(options.tag));
  append(all, source.bytes());
  made.digest = digest(all);
  return made;
}

/// Makes `all` stand for `other`, too.
void add(CodeFingerprint& all, const CodeFingerprint& other) {
  Bytes digests = to_bytes(all.digest.bytes());
  append(digests, other.digest.bytes());
  all.digest = digest(digests);
  all.followed += other.followed;
  all.by_name += other.by_name;
  all.indirect_calls += other.indirect_calls;
  if (other.mode == CodeMode::build_id) all.mode = other.mode;
  if (all.fallback_reason.empty()) all.fallback_reason = other.fallback_reason;
}

/// Adds what is not there yet.
void add(CodeExplanation& all, CodeExplanation other) {
  add(all.fingerprint, other.fingerprint);
  for (FollowedCode& code : other.followed) {
    const bool is_known = std::ranges::any_of(all.followed, [&](const FollowedCode& known) {
      return known.name == code.name && known.digest == code.digest;
    });
    if (!is_known) all.followed.push_back(std::move(code));
  }
  std::ranges::move(other.by_name, std::back_inserter(all.by_name));
  std::ranges::sort(all.by_name);
  all.by_name.erase(std::ranges::unique(all.by_name).begin(), all.by_name.end());
}

struct Reported {
  Mutex mutex;
  std::set<std::pair<std::string, std::string>> functions LARDER_GUARDED_BY(mutex);
};

bool is_news(const CodeFingerprint& fingerprint) {
  static PerProcess<Reported> all;
  Reported& reported = all.ref();
  const MutexLock lock(reported.mutex);
  return reported.functions.emplace(fingerprint.function, fingerprint.fallback_reason).second;
}

}  // namespace

CodeFingerprint FunctionCode::fingerprint(const FingerprintOptions& options) const {
  if (source_) return fingerprint_of_source(*source_, options);
  return detail::fingerprint_at(place_, options);
}

CodeExplanation FunctionCode::explain(const FingerprintOptions& options) const {
  if (!source_) return detail::explain_at(place_, options);
  CodeExplanation explanation;
  explanation.fingerprint = fingerprint_of_source(*source_, options);
  return explanation;
}

CodeFingerprint fingerprint_together(const std::vector<FunctionCode>& functions,
                                     const FingerprintOptions& options) {
  CodeFingerprint all = functions.at(0).fingerprint(options);
  for (std::size_t i = 1; i < functions.size(); ++i) add(all, functions[i].fingerprint(options));
  return all;
}

CodeExplanation explain_together(const std::vector<FunctionCode>& functions,
                                 const FingerprintOptions& options) {
  CodeExplanation all = functions.at(0).explain(options);
  for (std::size_t i = 1; i < functions.size(); ++i) add(all, functions[i].explain(options));
  return all;
}

void report_fallback(const CodeFingerprint& fingerprint, const LogSink& log) {
  if (fingerprint.fallback_reason.empty() || !log || !is_news(fingerprint)) return;
  const std::string name = fingerprint.function.empty() ? "a function" : fingerprint.function;
  log(LogLevel::warning,
      "code: the whole binary stands for " + name +
          ", so that every build is another one: " + fingerprint.fallback_reason);
}

}  // namespace larder
