// SPDX-License-Identifier: Apache-2.0
// A codec for a class that larder cannot look into.
#include <iostream>
#include <string>
#include <vector>

#include "larder/codec/standard.h"

//! [codec]
class Fraction {
 public:
  Fraction(int numerator, int denominator) : numerator_(numerator), denominator_(denominator) {}
  int numerator() const { return numerator_; }
  int denominator() const { return denominator_; }

 private:
  int numerator_;
  int denominator_;
};

template <>
struct larder::Codec<Fraction> {
  static void encode(const Fraction& value, WireWriter& out) {
    out.write_array(2);
    out.write_int(value.numerator());
    out.write_int(value.denominator());
  }

  static Fraction decode(WireReader& in) {
    if (in.read_array() != 2) in.fail("not a fraction");
    const int numerator = Codec<int>::decode(in);
    const int denominator = Codec<int>::decode(in);
    if (denominator == 0) in.fail("a fraction without a value");
    return {numerator, denominator};
  }

  // Change the name when the encoding changes: values stored before then count as another type.
  static constexpr std::uint64_t schema() { return named_schema("example.fraction/1"); }
};
//! [codec]

//! [aggregate]
struct Recipe {  // needs no codec: larder sees the members
  std::string name;
  std::vector<Fraction> cups;
};
//! [aggregate]

int main() {
  const larder::Bytes bytes = larder::encode(Recipe{"pancakes", {{3, 2}, {1, 4}}});
  const auto recipe = larder::decode<Recipe>(bytes);
  std::cout << recipe.name << ':';
  for (const Fraction& cup : recipe.cups) {
    std::cout << ' ' << cup.numerator() << '/' << cup.denominator();
  }
  std::cout << " in " << bytes.size() << " bytes\n";
}
