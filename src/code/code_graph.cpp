// SPDX-License-Identifier: Apache-2.0
#include "code/code_graph.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "code/listing.h"

namespace larder {
namespace {

void append_number(Bytes& out, std::uint64_t value) {
  append(out, std::as_bytes(std::span(&value, 1)));
}

/// Appends the text of `part`, with what `write` says in place of every reference.
template <typename Write>
void render(const CodePart& part, Bytes& out, Write&& write) {
  const BytesView text = part.text;
  append_number(out, text.size());
  std::size_t done = 0;
  for (const CodeReference& reference : part.references) {
    append(out, text.subspan(done, reference.position - done));
    write(reference);
    done = reference.position;
  }
  append(out, text.subspan(done));
}

}  // namespace

std::uint64_t CodePart::place_of(std::uint64_t address) const {
  if (!is_code) return address - start;
  const auto found = std::ranges::lower_bound(places, address);
  return static_cast<std::uint64_t>(found - places.begin());
}

Digest128 CodeGraph::whole_digest() const {
  Bytes out;
  for (const CodePart& part : parts) {
    render(part, out, [&](const CodeReference& reference) {
      append_number(out, reference.part);
      append_number(out, parts[reference.part].place_of(reference.address));
    });
  }
  return digest(out);
}

Digest128 CodeGraph::own_digest(const CodePart& part) const {
  Bytes out;
  std::vector<std::uint32_t> pieces;  // without a name, each once
  const auto refer = [&](const CodeReference& reference) {
    const CodePart& other = parts[reference.part];
    if (other.is_nameless_data()) {
      const auto known = std::ranges::find(pieces, reference.part);
      append_number(out, static_cast<std::uint64_t>(known - pieces.begin()));
      if (known == pieces.end()) pieces.push_back(reference.part);
      return;
    }
    const std::string_view name = plain_name(other.symbol);
    append_number(out, name.size());
    append(out, as_bytes(name));
    append_number(out, other.place_of(reference.address));
  };
  render(part, out, refer);
  std::size_t written = 0;
  while (written < pieces.size()) render(parts[pieces[written++]], out, refer);
  return digest(out);
}

void Listing::number(std::uint64_t value) { append_number(text_, value); }

void Listing::bytes(BytesView value) {
  number(value.size());
  larder::append(text_, value);
}

void Listing::name(std::string_view value, std::uint64_t offset) {
  item(ListingItem::name);
  bytes(as_bytes(value));
  number(offset);
}

void Listing::reference(std::uint32_t part, std::uint64_t address) {
  item(ListingItem::reference);
  references_.push_back({.position = text_.size(), .part = part, .address = address});
}

void Listing::append(const Listing& other) {
  for (CodeReference reference : other.references_) {
    reference.position += text_.size();
    references_.push_back(reference);
  }
  larder::append(text_, other.text_);
}

void Listing::number(ListingItem what, std::uint64_t value) {
  item(what);
  number(value);
}

}  // namespace larder
