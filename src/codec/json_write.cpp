// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json_text.h"
#include "larder/codec/json.h"
#include "larder/core/error.h"

namespace larder {
namespace {

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorKind::invalid_argument, "json: " + problem);
}

// What the parser says, short enough for a message and without bytes that are no text.
std::string readable(std::string text) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
  if (const std::size_t end_of_id = text.find("] "); end_of_id != std::string::npos) {
    text.erase(0, end_of_id + 2);
  }
  constexpr std::size_t longest = 160;
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string_view key_of(BytesView member) { return WireReader(member).read_str(); }

// Takes the events of the parser and appends MessagePack as they come. How many elements an array
// or an object has is known only at its end, so its head is put in front of them then, and the
// members of an object are sorted. No tree is built: the memory needed is that of the result.
class WireBuilder {
 public:
  explicit WireBuilder(WireWriter& out) : out_(out) {}

  bool null() { return value(), out_.write_nil(), true; }
  bool boolean(bool v) { return value(), out_.write_bool(v), true; }
  bool number_integer(std::int64_t v) { return value(), out_.write_int(v), true; }
  bool number_unsigned(std::uint64_t v) { return value(), out_.write_uint(v), true; }
  bool string(const std::string& v) { return value(), out_.write_str(v), true; }

  // The parser makes a double of an integer that does not fit, silently.
  bool number_float(double v, const std::string& token) {
    if (token.find_first_of(".eE") == std::string::npos) {
      refuse("the integer " + readable(token) +
             " does not fit 64 bits; write it as text or with a decimal point");
    }
    return value(), out_.write_double(v), true;
  }

  bool binary(const std::vector<std::uint8_t>&) { refuse("binary data"); }

  bool start_array(std::size_t) { return open(); }
  bool start_object(std::size_t) { return open(); }

  bool key(const std::string& v) {
    open_.back().members.push_back(out_.bytes().size());
    out_.write_str(v);
    return true;
  }

  bool end_array() {
    const Open done = close();
    Bytes head;
    WireWriter(head).write_array(done.values);
    insert(head, done.begin);
    return true;
  }

  bool end_object() {
    const Open done = close();
    sort_members(done);
    Bytes head;
    WireWriter(head).write_map(done.members.size());
    insert(head, done.begin);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    refuse(readable(error.what()));
  }

 private:
  // An array or object whose end has not been seen.
  struct Open {
    std::size_t begin = 0;
    std::size_t values = 0;
    std::vector<std::size_t> members = {};  // where each begins, its key first
  };

  void value() {
    if (!open_.empty()) ++open_.back().values;
  }

  bool open() {
    value();
    nesting_.emplace_back(out_);
    open_.push_back({.begin = out_.bytes().size()});
    return true;
  }

  Open close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    nesting_.pop_back();
    return done;
  }

  void insert(const Bytes& head, std::size_t at) {
    Bytes& bytes = out_.bytes();
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), head.begin(), head.end());
  }

  void sort_members(const Open& object) {
    Bytes& bytes = out_.bytes();
    const Bytes unsorted(bytes.begin() + static_cast<std::ptrdiff_t>(object.begin), bytes.end());
    std::vector<BytesView> members;
    members.reserve(object.members.size());
    for (std::size_t i = 0; i < object.members.size(); ++i) {
      const std::size_t begin = object.members[i];
      const std::size_t end = i + 1 < object.members.size() ? object.members[i + 1] : bytes.size();
      members.push_back(BytesView(unsorted).subspan(begin - object.begin, end - begin));
    }
    const auto by_key = [](BytesView a, BytesView b) { return key_of(a) < key_of(b); };
    std::sort(members.begin(), members.end(), by_key);
    const auto twice =
        std::adjacent_find(members.begin(), members.end(),
                           [](BytesView a, BytesView b) { return key_of(a) == key_of(b); });
    if (twice != members.end())
      refuse("a key appears twice: " + readable(std::string(key_of(*twice))));
    bytes.resize(object.begin);
    for (const BytesView member : members) append(bytes, member);
  }

  WireWriter& out_;
  std::vector<Open> open_ = {};
  std::deque<WireNesting<WireWriter>> nesting_ = {};
};

}  // namespace

void write_json(std::string_view text, WireWriter& out) {
  if (text.size() > max_json_bytes) {
    refuse("a text of " + std::to_string(text.size()) + " bytes; the limit is 64 MiB");
  }
  WireBuilder builder(out);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
}

}  // namespace larder
