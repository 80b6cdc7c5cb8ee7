// SPDX-License-Identifier: Apache-2.0
#include "crash/damage.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <vector>

#include "crash/file_pages.h"
#include "larder/core/error.h"
#include "larder/core/random.h"
#include "support/child.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

namespace fs = std::filesystem;

enum class Verdict { unharmed = 0, missing = 1, reported = 2, wrong = 3 };
enum class Damage { flip, truncate, zero, swap, stale };

constexpr int entry_count = 400;

std::string key_of(int number) {
  return "entry " + std::to_string(number) +
         (number % 10 == 0 ? std::string(490, 'l') : std::string());
}

std::string value_of(int number) {
  Random random(static_cast<std::uint64_t>(number));
  std::size_t size = random.below(300);
  if (number % 13 == 0) size = 9000;
  if (number % 97 == 0) size = 300'000;
  std::string value = std::to_string(number) + ":";
  while (value.size() < size) value += static_cast<char>(random() & 0xffU);
  return value;
}

/// What an entry has before it has its value, and what is erased in the end.
std::string earlier_value_of(int number) { return "earlier " + value_of(number + 1); }

const std::string gone_value(20000, 'g');

class DamageRig {
 public:
  explicit DamageRig(const DamagePlan& plan)
      : plan_(plan), dir_(memory_folder()), random_(plan.seed) {}

  DamageReport run() {
    fill();
    repeat(Damage::flip, plan_.flips);
    repeat(Damage::truncate, plan_.truncations);
    repeat(Damage::zero, plan_.zeroed);
    repeat(Damage::swap, plan_.swapped);
    repeat(Damage::stale, plan_.stale);
    return report_;
  }

 private:
  void fill();
  void fill_early();
  void fill_up();
  std::string harm_page(const fs::path& file, Damage damage);
  void repeat(Damage damage, std::uint64_t count);
  std::string harm(const fs::path& folder, Damage damage);
  [[nodiscard]] fs::path any_file(const fs::path& folder);
  void count(const ChildEnd& end, const std::string& what);
  [[nodiscard]] EngineSettings settings(const fs::path& directory, const char* boot) const {
    EngineSettings settings = plan_.settings;
    settings.directory = directory;
    settings.hooks.boot_id = boot;
    return settings;
  }

  const DamagePlan& plan_;
  TempDir dir_;
  Random random_;
  DamageReport report_;
};

void DamageRig::fill() {
  fill_early();
  fs::copy(dir_ / "whole", dir_ / "early", fs::copy_options::recursive);
  fill_up();
}

void DamageRig::fill_early() {
  const ChildEnd end = run_in_child([&] {
    const auto subject = plan_.open(settings(dir_ / "whole", "boot-0"));
    subject->put("gone", gone_value);
    for (int i = 0; i < entry_count; i += 5) subject->put(key_of(i), earlier_value_of(i));
    return 0;
  });
  if (!end.is_good()) throw std::runtime_error("the damage rig could not begin");
}

void DamageRig::fill_up() {
  const ChildEnd end = run_in_child([&] {
    {
      const auto subject = plan_.open(settings(dir_ / "whole", "boot-0"));
      for (int i = 0; i < entry_count; ++i) subject->put(key_of(i), value_of(i));
      // Some history: pages and records that are no longer in use.
      for (int i = 0; i < entry_count; i += 3) subject->put(key_of(i), value_of(i));
      subject->put("gone", gone_value);
      subject->erase("gone");
      subject->sync();
      if (plan_.is_unclean) ::kill(::getpid(), SIGKILL);
    }
    return 0;
  });
  if (!end.is_good() && !(plan_.is_unclean && end.signal == SIGKILL)) {
    throw std::runtime_error("the damage rig could not fill its subject");
  }
}

fs::path DamageRig::any_file(const fs::path& folder) {
  std::vector<fs::path> files;
  fs::path largest;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    files.push_back(entry.path());
    if (entry.path().filename() == "data.mdb") largest = entry.path();
  }
  std::sort(files.begin(), files.end());
  // Half of the damage where most of the data is.
  if (!largest.empty() && random_.below(2) == 0) return largest;
  return files.at(random_.below(files.size()));
}

std::string DamageRig::harm_page(const fs::path& path, Damage damage) {
  const PlainFile file(path, O_RDWR);
  const PlainFile early(dir_ / "early/data.mdb", O_RDONLY);
  const PlainFile& other = damage == Damage::swap ? file : early;
  const auto pages = static_cast<std::uint64_t>(std::min(file.size(), other.size())) / page_bytes;
  const std::uint64_t place = random_.below(pages);
  const std::uint64_t from = damage == Damage::swap ? random_.below(pages) : place;
  Bytes here(page_bytes);
  Bytes there(page_bytes);
  const auto offset = static_cast<off_t>(place * page_bytes);
  const auto other_offset = static_cast<off_t>(from * page_bytes);
  if (::pread(file.fd(), here.data(), page_bytes, offset) < 0) return "nothing";
  if (::pread(other.fd(), there.data(), page_bytes, other_offset) < 0) return "nothing";
  file.write(offset, there);
  if (damage == Damage::swap) file.write(other_offset, here);
  return "page " + std::to_string(place) + " became " +
         (damage == Damage::swap ? "page " + std::to_string(from) : std::string("an earlier one")) +
         " of " + std::to_string(pages);
}

std::string DamageRig::harm(const fs::path& folder, Damage damage) {
  if (damage == Damage::swap || damage == Damage::stale) {
    return harm_page(folder / "data.mdb", damage);
  }
  const fs::path path = any_file(folder);
  const PlainFile file(path, O_RDWR);
  const auto size = static_cast<std::uint64_t>(file.size());
  const std::uint64_t place = random_.below(size);
  const auto offset = static_cast<off_t>(place);
  std::ostringstream what;
  switch (damage) {
    case Damage::flip: {
      std::byte byte{};
      if (::pread(file.fd(), &byte, 1, offset) != 1) return "nothing";
      byte ^= std::byte{1} << random_.below(8);
      file.write(offset, {&byte, 1});
      what << "bit flipped at byte " << place;
      break;
    }
    case Damage::truncate:
      file.resize(offset);
      what << "cut to " << place << " bytes";
      break;
    case Damage::zero: {
      const Bytes zeros(page_bytes);
      const std::uint64_t page = place / page_bytes * page_bytes;
      const std::uint64_t length = std::min<std::uint64_t>(page_bytes, size - page);
      file.write(static_cast<off_t>(page), BytesView(zeros).first(length));
      what << "page " << place / page_bytes << " zeroed";
      break;
    }
    default:
      break;
  }
  what << " of " << path.filename().string() << " (" << size << " bytes)";
  return what.str();
}

/// Reads and writes in every way; returns the worst that happened.
class Reader {
 public:
  /// With `may_be_earlier`, entries may be as they were earlier.
  explicit Reader(bool may_be_earlier) : may_be_earlier_(may_be_earlier) {}

  Verdict read(const OpenSubject& open, const EngineSettings& settings) {
    std::unique_ptr<Subject> subject;
    attempt([&] { subject = open(settings); });
    if (subject == nullptr) return worst_;
    for (int i = 0; i < entry_count; ++i) {
      attempt([&] { compare(value_of(i), subject->get(key_of(i)), earlier_value_of(i)); });
    }
    attempt([&] { scan(*subject); });
    attempt([&] {
      subject->put("new", "value");
      compare("value", subject->get("new"));
      subject->erase(key_of(1));
      subject->sync();
    });
    attempt([&] { subject.reset(); });
    return worst_;
  }

 private:
  template <typename Call>
  void attempt(Call call) {
    try {
      call();
    } catch (const Error&) {
      note(Verdict::reported);
    }
  }
  void note(Verdict verdict) { worst_ = std::max(worst_, verdict); }
  void compare(const std::string& expected, const std::optional<std::string>& found,
               const std::string& earlier = {}) {
    if (found == expected) return;
    const bool is_earlier = may_be_earlier_ && found == earlier;
    note(!found || is_earlier ? Verdict::missing : Verdict::wrong);
  }
  void scan(Subject& subject) {
    std::map<std::string, std::string> expected;
    for (int i = 0; i < entry_count; ++i) expected[key_of(i)] = value_of(i);
    const Entries found = subject.all();
    for (const auto& [key, value] : found) {
      const auto known = expected.find(key);
      if (known != expected.end() && known->second == value) continue;
      note(may_be_earlier_ && is_earlier(key, value) ? Verdict::missing : Verdict::wrong);
    }
    if (found.size() < expected.size()) note(Verdict::missing);
  }

  static bool is_earlier(const std::string& key, const std::string& value) {
    if (key == "gone") return value == gone_value;
    for (int i = 0; i < entry_count; ++i) {
      if (key == key_of(i)) return value == earlier_value_of(i);
    }
    return false;
  }

  bool may_be_earlier_;
  Verdict worst_ = Verdict::unharmed;
};

void DamageRig::repeat(Damage damage, std::uint64_t count_of_cases) {
  const fs::path copy = dir_ / "copy";
  for (std::uint64_t i = 0; i < count_of_cases; ++i) {
    fs::remove_all(copy);
    fs::copy(dir_ / "whole", copy, fs::copy_options::recursive);
    const std::string what = harm(copy, damage);
    const ChildEnd end = run_in_child(
        [&] {
          // A damaged log ends where the damage is, and there are two heads.
          const bool may_be_earlier =
              damage == Damage::stale || damage == Damage::swap || plan_.is_unclean;
          const char* boot = plan_.is_unclean ? "boot-1" : "boot-0";
          return static_cast<int>(Reader(may_be_earlier).read(plan_.open, settings(copy, boot)));
        },
        std::chrono::seconds{60});
    count(end, what);
  }
}

void DamageRig::count(const ChildEnd& end, const std::string& what) {
  ++report_.cases;
  const auto bad = [&](std::uint64_t& counter, const char* how) {
    if (report_.wrong + report_.crashed + report_.hung == 0) {
      std::ostringstream text;
      text << how << " (" << end << ") after: " << what;
      report_.first_bad = text.str();
    }
    ++counter;
  };
  if (end.is_timed_out) return bad(report_.hung, "hung");
  switch (end.exit_code) {
    case static_cast<int>(Verdict::unharmed):
      ++report_.unharmed;
      break;
    case static_cast<int>(Verdict::missing):
      ++report_.missing;
      break;
    case static_cast<int>(Verdict::reported):
      ++report_.reported;
      break;
    case static_cast<int>(Verdict::wrong):
      bad(report_.wrong, "wrong value");
      break;
    default:
      bad(report_.crashed, "crashed");
  }
}

}  // namespace

std::string DamageReport::line(const std::string& name) const {
  std::ostringstream text;
  text << "damage rig: " << name << ": " << cases << " damages, " << unharmed << " harmless, "
       << missing << " with entries missing, " << reported << " reported, " << wrong
       << " with wrong values, " << crashed << " crashes, " << hung << " hangs";
  return text.str();
}

DamageReport run_damage(const DamagePlan& plan) { return DamageRig(plan).run(); }

}  // namespace larder::test
