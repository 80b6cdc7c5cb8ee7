// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/intake.h"

#include <utility>

#include "cli/json.h"
#include "cli/key_text.h"
#include "larder/core/clock.h"
#include "larder/core/error.h"

namespace larder::cli {
namespace {

constexpr std::size_t batch_entries = 256;
constexpr std::size_t batch_bytes = std::size_t{4} << 20U;
// So many of a kind are told; the rest only to who wants to hear everything.
constexpr std::uint64_t told_of_each = 10;

// Why this entry alone cannot be stored; what is wrong with the store is thrown on.
RefusedEntry refusal_of(const Error& error) {
  if (error.kind() == ErrorKind::full) return {Refusal::no_room, error.what()};
  if (error.kind() == ErrorKind::invalid_argument) return {Refusal::damaged, error.what()};
  throw error;
}

}  // namespace

std::string_view refusal_name(Refusal refusal) {
  switch (refusal) {
    case Refusal::python:
      return "python";
    case Refusal::damaged:
      return "damaged";
    case Refusal::unsupported:
      return "unsupported";
    case Refusal::no_room:
      break;
  }
  return "no_room";
}

Intake::Intake(std::function<Cache()> open, Existing existing, Telling telling,
               const Console& console)
    : open_(std::move(open)), existing_(existing), telling_(telling), console_(console) {}

Cache& Intake::target() {
  if (!store_) store_ = open_();
  return *store_;
}

void Intake::add(Incoming incoming) {
  ++seen_;
  const std::optional<WallTime> expiry = incoming.options.expires_at;
  if (expiry && *expiry <= Clock::system().now()) {
    ++report_.expired;
    return;
  }
  if (!open_) {
    ++report_.taken;
    return;
  }
  if (incoming.content) {
    flush();
    store(incoming);
    return;
  }
  waiting_bytes_ += incoming.value.size();
  waiting_.push_back(std::move(incoming));
  if (waiting_.size() >= batch_entries || waiting_bytes_ >= batch_bytes) flush();
}

void Intake::refuse(const std::string& key, const RefusedEntry& why) {
  ++seen_;
  std::uint64_t& count = report_.refused.at(static_cast<std::size_t>(why.refusal()));
  ++count;
  if (telling_ == Telling::json) {
    print(JsonObject()
              .text("not_taken", key)
              .text("reason", refusal_name(why.refusal()))
              .text("detail", why.what())
              .line());
    return;
  }
  console_.progress("");
  const std::string line = "not taken: " + key + ": " + why.what();
  if (count <= told_of_each) {
    console_.warn(line);
  } else {
    console_.note(line);
  }
}

void Intake::finish() {
  flush();
  if (open_) static_cast<void>(target());
}

void Intake::flush() {
  if (waiting_.empty()) return;
  const std::vector<Incoming> batch = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  const IntakeReport before = report_;
  try {
    target().transact([&] {
      for (const Incoming& incoming : batch) store(incoming);
    });
  } catch (...) {
    report_ = before;
    throw;
  }
}

void Intake::store(const Incoming& incoming) {
  const Key& key = incoming.key;
  const std::uint64_t schema = incoming.schema;
  const PutOptions& options = incoming.options;
  try {
    const bool stored =
        incoming.content
            ? import_content(target(), key, schema, incoming.content, options, existing_)
            : import_encoded(target(), key, schema, incoming.value, options, existing_);
    ++(stored ? report_.taken : report_.present);
  } catch (const Error& error) {
    const RefusedEntry refusal = refusal_of(error);
    --seen_;
    refuse(show_key(key), refusal);
  }
}

}  // namespace larder::cli
