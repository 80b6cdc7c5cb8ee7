// SPDX-License-Identifier: Apache-2.0
#include "sync/place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "larder/core/error.h"
#include "larder/core/random.h"
#include "larder/key/digest.h"
#include "sync/ledger.h"

namespace larder::detail {

namespace {

/// What the content of the area belongs to: one boot of the machine and one directory, which may
/// have been copied with all that is in it; or one process. And shapes as in area.h.
std::uint64_t epoch_of(const Engine& engine) {
  const EnginePlace place = engine.place();
  std::string text = place.boot + ' ' + std::to_string(area_magic);
  if (place.directory.empty()) {
    text += ' ' + std::to_string(::getpid());
  } else {
    struct stat status{};
    if (const int result = Io::system().stat(place.directory, status); result < 0) {
      throw system_error(-result, "look at " + place.directory.string());
    }
    text += ' ' + std::to_string(status.st_dev) + ' ' + std::to_string(status.st_ino);
  }
  return digest(as_bytes(text)).low | 1U;
}

Area* open_area(Engine& engine) {
  const std::span<std::byte> memory = engine.shared_memory("sync", sizeof(Area));
  auto* const area = reinterpret_cast<Area*>(memory.data());
  const std::uint64_t epoch = epoch_of(engine);
  if (area->epoch.load(std::memory_order_acquire) == epoch) return area;
  const ClaimPtr claim =
      engine.claim(as_bytes("sync"), Clock::system().steady_now() + std::chrono::seconds{60});
  const std::uint64_t there = area->epoch.load(std::memory_order_acquire);
  if (there == epoch) return area;
  // In the child of a fork the memory of a process is a copy of the parent's; it stays known by its
  // name, so that the child knows what it does not hold.
  const bool is_copy = there != 0 && engine.place().directory.empty();
  make_area(*area, epoch, is_copy ? area->id : random_seed());
  return area;
}

EnginePtr checked(EnginePtr engine) {
  if (engine->place().is_read_only) {
    throw Error(ErrorKind::denied, "sync: the engine is open for reading only; locks change it");
  }
  return engine;
}

}  // namespace

Place::Place(EnginePtr engine)
    : engine_(checked(std::move(engine))),
      mapped_([at = engine_.get()] {
        return std::make_shared<Mapped>(Mapped{.area = open_area(*at), .presence = at->presence()});
      }),
      id_(area().id) {}

}  // namespace larder::detail
