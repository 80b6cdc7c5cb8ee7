// SPDX-License-Identifier: Apache-2.0
#include "code/explain.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "code/code_graph.h"
#include "code/instruction.h"
#include "larder/core/error.h"

namespace larder {
namespace {

/// Raised when the same code is to have another fingerprint.
constexpr std::uint64_t format_version = 2;

void append_text(Bytes& out, std::string_view text) {
  const std::uint64_t size = text.size();
  append(out, std::as_bytes(std::span(&size, 1)));
  append(out, as_bytes(text));
}

/// What every fingerprint has in it besides code.
Digest128 salted(CodeMode mode, const Digest128& code, const FingerprintOptions& options, Io& io) {
  Bytes out;
  append(out, std::as_bytes(std::span(&format_version, 1)));
  append_text(out, to_string(mode));
  append_text(out, options.tag);
  if (mode != CodeMode::tag) {
    append(out, code.bytes());
    for (const auto& library : options.libraries) {
      append(out, Binary(io, library).identity().bytes());
    }
  }
  return digest(out);
}

bool matches(std::string_view pattern, std::string_view mangled, std::string_view bare) {
  if (pattern.ends_with("::")) return bare.starts_with(pattern);
  return bare == pattern || mangled == pattern;
}

bool is_in(const std::vector<std::string>& patterns, std::string_view mangled) {
  if (patterns.empty() || mangled.empty()) return false;
  const std::string whole = demangled(mangled);
  const std::string_view bare = bare_function_name(whole);
  return std::ranges::any_of(patterns,
                             [&](const std::string& p) { return matches(p, mangled, bare); });
}

FollowRule rule_of(const FingerprintOptions& options) {
  return [&options](std::string_view name, bool is_same) {
    if (is_same || is_in(options.unstable, name)) return true;
    return options.mode == CodeMode::closure && !is_in(options.stable, name);
  };
}

void add_parts(const CodeGraph& graph, CodeExplanation& explanation) {
  for (const CodePart& part : graph.parts) {
    explanation.fingerprint.indirect_calls += part.indirect_calls;
    explanation.followed.push_back(
        {.kind = part.is_code ? CodeKind::function : CodeKind::data,
         .name = demangled(part.is_code ? part.symbol : plain_name(part.symbol)),
         .digest = graph.own_digest(part),
         .size_bytes = part.size,
         .indirect_calls = part.indirect_calls});
  }
  for (const std::string& name : graph.by_name) explanation.by_name.push_back(demangled(name));
  std::ranges::sort(explanation.by_name);
  explanation.fingerprint.followed = graph.parts.size();
  explanation.fingerprint.by_name = graph.by_name.size();
}

std::string why_no_code(const Binary& binary) {
  std::string_view reason = binary.why_not_comparable();
  if (reason.empty()) reason = why_no_disassembler();
  return std::string(reason);
}

}  // namespace

CodeExplanation explain_whole(const Digest128& identity, std::string function,
                              const FingerprintOptions& options, std::string reason, Io& io) {
  CodeExplanation explanation;
  CodeFingerprint& fingerprint = explanation.fingerprint;
  fingerprint.mode = options.mode == CodeMode::tag ? CodeMode::tag : CodeMode::build_id;
  fingerprint.function = std::move(function);
  fingerprint.fallback_reason = std::move(reason);
  fingerprint.digest = salted(fingerprint.mode, identity, options, io);
  return explanation;
}

CodeExplanation explain_function(const Binary& binary, std::uint64_t address,
                                 const FingerprintOptions& options, Io& io) {
  const std::string name = demangled(binary.function_name(binary.extent_at(address).start));
  if (options.mode == CodeMode::tag || options.mode == CodeMode::build_id) {
    return explain_whole(binary.identity(), name, options, "", io);
  }
  std::string reason = why_no_code(binary);
  if (!reason.empty())
    return explain_whole(binary.identity(), name, options, std::move(reason), io);
  try {
    const CodeGraph graph = build_graph(binary, address, rule_of(options));
    CodeExplanation explanation;
    add_parts(graph, explanation);
    explanation.fingerprint.mode = options.mode;
    explanation.fingerprint.function = name;
    explanation.fingerprint.digest = salted(options.mode, graph.whole_digest(), options, io);
    return explanation;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_supported) throw;
    return explain_whole(binary.identity(), name, options, error.what(), io);
  }
}

}  // namespace larder
