// SPDX-License-Identifier: Apache-2.0

// A program whose functions are fingerprinted by matrix_test.cpp: built again and again, with other
// options and with changes. CHANGES has a bit for every one of them that is made; UNRELATED adds
// what must not matter. What changes in one function is of no concern to the others.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#ifndef CHANGES
#  define CHANGES 0ULL
#endif
#define CHANGED(number) ((CHANGES >> (number) & 1ULL) != 0)
#define NOINLINE __attribute__((noinline))

namespace {
int counted = 0;
int other_counted = 0;
thread_local int mine = 1;
thread_local int mine_too = 2;
}  // namespace

#ifdef UNRELATED
namespace unrelated {
int more = 5;
thread_local long kept = 9;
const double factors[] = {1.5, 2.5, 3.5};
const char* const words[] = {"unrelated", "words", "in front"};
NOINLINE double work(int x) {
  static int calls = 0;
  ++calls;
  kept += x;
  const auto twice = [](double y) { return y * 2.125; };
  switch (x) {
    case 0:
      more += 3;
      break;
    case 1:
      more *= 7;
      break;
    case 2:
      std::puts("unrelated two");
      break;
    case 3:
      more -= 9;
      break;
    case 4:
      std::puts(words[x % 3]);
      break;
    case 5:
      more ^= 21;
      break;
    default:
      throw std::range_error("unrelated");
  }
  return twice(factors[x % 3]) + 0.625 + calls;
}
NOINLINE int lookup(int x) {
  switch (x) {
    case 0:
      return 17;
    case 1:
      return 29;
    case 2:
      return 4;
    case 3:
      return 88;
    case 4:
      return 61;
    case 5:
      return 2;
    default:
      return 0;
  }
}
}  // namespace unrelated
#endif

int plain(int x) { return x * (CHANGED(1) ? 41 : 42) + 7; }

extern "C" int c_function(int x) { return x ^ (CHANGED(2) ? 0x5A : 0x5B); }

static inline int inlined_helper(int x) { return x * x + (CHANGED(3) ? 3 : 4); }
int uses_inline(int x) { return inlined_helper(x) + inlined_helper(x + 1); }

NOINLINE static int callee(int x) {
  if (CHANGED(4)) return x - std::abs(x - 12);
  return x + std::abs(x - 12);
}
int uses_callee(int x) { return callee(x) + callee(x * 2); }

double uses_math(double x) { return CHANGED(5) ? std::cos(x) : std::sin(x); }

std::string uses_string(int x) {
  return std::string(CHANGED(6) ? "a long text that somebody read over"
                                : "a long text that somebody read ever") +
         std::to_string(x);
}

double uses_float(double x) { return x * (CHANGED(7) ? 0.3333 : 0.3334) + 1e9; }

int uses_switch(int x) {
  switch (x) {
    case 0:
      counted += 5;
      break;
    case 1:
      counted *= 3;
      break;
    case 2:
      std::puts("two");
      break;
    case 3:
      counted -= 11;
      break;
    case 4:
      std::puts("four");
      break;
    case 5:
      counted ^= 77;
      break;
    case CHANGED(8) ? 7:
      6 : counted |= 64;
      break;
    case CHANGED(8) ? 6:
      7 : counted &= 63;
      break;
    default:
      break;
  }
  return counted;
}

int uses_lookup(int x) {
  switch (x) {
    case 0:
      return 1234;
    case 1:
      return 88;
    case 2:
      return 3;
    case 3:
      return 4096;
    case 4:
      return 0;
    case 5:
      return CHANGED(9) ? 72 : 73;
    default:
      return 7;
  }
}

static const int table[] = {0, 3, 5, 7, 11, 13, CHANGED(10) ? 19 : 17, 23};
int uses_table(unsigned x) { return table[x % 8] + table[(x + 3) % 8]; }

template <typename T>
NOINLINE T scaled(T x) {
  return x * (CHANGED(11) ? 6 : 5) + sizeof(T);
}
long uses_template(long x) { return scaled(x) + scaled(static_cast<int>(x)); }

int uses_lambda(int x) {
  const auto step = [x](int y) { return x * y - (CHANGED(12) ? 8 : 9); };
  int sum = 0;
  for (int i = 0; i < x; ++i) sum += step(i);
  return sum;
}

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square final : Shape {
  explicit Square(double s) : side(s) {}
  double area() const override { return side * side * (CHANGED(13) ? 1.0625 : 1.03125); }
  double side;
};
NOINLINE std::unique_ptr<Shape> make_shape(double x) { return std::make_unique<Square>(x); }
double uses_virtual(double x) { return make_shape(x)->area(); }

int throwing(int x) {
  if (x < 0) throw std::invalid_argument(CHANGED(14) ? "x is negative!" : "x is negative?");
  return x + 1;
}

struct BadValue {
  int value;
};
struct BadOther {
  int value;
};
#if CHANGED(15)
using Bad = BadOther;
#else
using Bad = BadValue;
#endif
NOINLINE void risky(int x) {
  if (x > 5) throw BadValue{x};
  if (x > 3) throw BadOther{x};
}
int catching(int x) {
  try {
    risky(x);
  } catch (const Bad& bad) {
    return bad.value;
  }
  return 0;
}

int local_array(unsigned x) {
  const int values[] = {0, 0, 9, 12, 800, CHANGED(16) ? 12 : 13, 900, 1000, 77, 6, 9999, 12345};
  return values[x % 12] - values[(x + 5) % 12];
}

NOINLINE static int first_choice(int x) { return x + 1; }
NOINLINE static int second_choice(int x) { return x * (CHANGED(17) ? 15 : 14); }
static int (*const choices[])(int) = {first_choice, second_choice};
int uses_pointers(int x) { return choices[x & 1](x); }

static const char* const names[] = {"red", "green", CHANGED(18) ? "blur" : "blue", "black"};
const char* uses_names(unsigned x) { return names[x % 4]; }

const std::vector<int>& uses_static(int x) {
  static const std::vector<int> kept(static_cast<unsigned>(x), CHANGED(19) ? 5 : 6);
  return kept;
}

int uses_global() { return CHANGED(20) ? other_counted++ : counted++; }

int uses_thread_local() { return CHANGED(21) ? ++mine_too : ++mine; }

const char16_t* uses_wide() { return CHANGED(22) ? u"wode" : u"wide"; }

// The linker lets the shorter literal be the end of the longer one.
const char* uses_suffix(bool whole) {
  if (whole) return "a suffix of something";
  return CHANGED(23) ? "something else" : "something";
}

float uses_vector(const float* x) {
  float sum = 0;
  for (int i = 0; i < 16; ++i) sum += x[i] * (CHANGED(24) ? 2.75F : 2.5F);
  return sum;
}

int uses_recursion(int x) {
  return x < 2 ? 1 : uses_recursion(x - 1) + uses_recursion(x - (CHANGED(25) ? 3 : 2));
}

const char* uses_mask(unsigned x) {
  return &(CHANGED(26) ? "zyxwvutsrqponmlkjihgfedcba987654"
                       : "abcdefghijklmnopqrstuvwxyz234567")[x & 31U];
}

int (*hook)(int) = CHANGED(27) ? second_choice : first_choice;
int uses_variable(int x) { return hook(x); }

const char* uses_switch_text(unsigned x) {
  switch (x) {
    case 0:
      return "none";
    case 1:
      return "single";
    case 2:
      return "double";
    case 3:
      return CHANGED(28) ? "treble" : "triple";
    case 4:
      return "many";
    default:
      return "";
  }
}

extern "C" {
static int resolved_one(int x) { return x + 100; }
static int resolved_two(int x) { return x * (CHANGED(29) ? 100 : 101); }
int (*resolve(void))(int) { return __builtin_cpu_supports("sse2") ? resolved_two : resolved_one; }
int resolved(int x) __attribute__((ifunc("resolve")));
}
int uses_resolver(int x) { return resolved(x) + 1; }

NOINLINE int sum_of(const std::vector<int>& numbers) {
  int sum = 0;
  for (const int number : numbers) sum = sum * 3 + number;
  return sum;
}
int uses_list() { return sum_of({4, 0, 0, 7, 1, 2, CHANGED(30) ? 31 : 30, 5, 77, 6, 3, 2, 1}); }

int uses_order(const std::vector<int>& numbers) {
  return *std::max_element(numbers.begin(), numbers.end(),
                           [](int a, int b) { return CHANGED(31) ? a > b : a < b; });
}

struct Node {
  virtual ~Node() = default;
};
struct Leaf final : Node {};
struct Branch final : Node {};
bool uses_cast(const Node& node) {
#if CHANGED(32)
  return dynamic_cast<const Branch*>(&node) != nullptr;
#else
  return dynamic_cast<const Leaf*>(&node) != nullptr;
#endif
}

struct Guard {
  ~Guard() { counted += CHANGED(33) ? 2 : 1; }
};
int uses_guard(int x) {
  const Guard guard;
  risky(x);
  return x;
}

NOINLINE std::size_t length_of(std::string_view text) { return text.size() * 3; }
std::size_t uses_view() { return length_of(CHANGED(34) ? "prefixes" : "prefix"); }

struct Named {
  const char* name;
  int (*work)(int);
};
NOINLINE static int first_work(int x) { return x - 3; }
NOINLINE static int second_work(int x) { return x * 23; }
static const Named works[] = {{"first", first_work},
                              {"second", CHANGED(35) ? first_work : second_work}};
int uses_structs(unsigned x) { return works[x % 2].work(works[(x + 1) % 2].name[0]); }

static constexpr double factors[] = {0, 0.5, 0.125, CHANGED(36) ? 0.25 : 0.375, 1, 2};
double uses_factors(unsigned x) { return factors[x % 6] * factors[(x * 5) % 6]; }

NOINLINE int call(const std::function<int(int)>& f) { return f(3); }
int uses_function(int x) {
  return call([x](int y) { return x * y + (CHANGED(37) ? 21 : 20); });
}

struct Methods {
  int one(int x) const { return x + 1; }
  int two(int x) const { return x + 2; }
};
int (Methods::* uses_method())(int) const { return CHANGED(38) ? &Methods::two : &Methods::one; }

// Longer than what compilers load piece by piece, and no multiple of eight bytes.
long uses_long_list(int x) {
  long sum = 0;
  for (const int one :
       {0,   7,   14,  21,  28,  35,  42,  49,  56,  63,  70,  77,  84,  91,  98,
        105, 112, 119, 126, 133, 140, 147, 154, 161, 168, 175, 182, 189, 196, 203,
        210, 217, 224, 231, 238, 245, 252, 259, 266, 273, 280, 287, 294, 301, 308,
        315, 322, 329, 336, 343, 350, 357, 364, 371, 378, 385, 392, 399, 406, 413,
        420, 427, 434, 441, 448, 455, 462, 469, 476, 483, 490, 497, 504, 511, CHANGED(39) ? 6 : 5})
    sum += one * x;
  return sum;
}

const char* uses_long_texts(int x) {
  const char* texts[] = {"t0",
                         "t1",
                         "t2",
                         "t3",
                         "t4",
                         "t5",
                         "t6",
                         "t7",
                         "t8",
                         "t9",
                         "t10",
                         "t11",
                         "t12",
                         "t13",
                         "t14",
                         "t15",
                         "t16",
                         "t17",
                         "t18",
                         "t19",
                         "t20",
                         "t21",
                         "t22",
                         "t23",
                         "t24",
                         "t25",
                         "t26",
                         "t27",
                         "t28",
                         "t29",
                         "t30",
                         "t31",
                         "t32",
                         "t33",
                         "t34",
                         "t35",
                         "t36",
                         "t37",
                         "t38",
                         "t39",
                         CHANGED(40) ? "new" : "old"};
  return texts[x];
}

#ifdef UNRELATED
NOINLINE int last_unrelated(int x) {
  return x * 3 + unrelated::lookup(x) + static_cast<int>(unrelated::work(x));
}
#endif

int main(int argc, char**) {
  float numbers[16] = {1, 2, 3};
  double sum = plain(argc) + c_function(argc) + uses_inline(argc) + uses_callee(argc);
  sum += uses_math(argc) + uses_float(argc) + uses_switch(argc) + uses_lookup(argc);
  sum += uses_table(2) + static_cast<double>(uses_template(argc)) + uses_lambda(argc);
  sum += uses_virtual(argc) + throwing(argc) + catching(argc) + local_array(3);
  sum += uses_pointers(argc) + uses_global() + uses_thread_local() + uses_vector(numbers);
  std::puts((uses_string(argc) + uses_names(1) + uses_suffix(argc > 1) + uses_mask(3)).c_str());
  sum += static_cast<double>(uses_static(argc).size()) + uses_wide()[0] + uses_recursion(argc) +
         uses_variable(argc);
  sum += uses_order({3, 1, 2});
  std::puts(uses_switch_text(static_cast<unsigned>(argc)));
  sum += uses_resolver(argc) + uses_list() + uses_cast(Leaf()) + uses_guard(argc);
  sum += static_cast<double>(uses_view()) + uses_structs(1) + uses_factors(2) + uses_function(argc);
  sum += (Methods().*uses_method())(argc);
  sum += static_cast<double>(uses_long_list(argc));
  std::puts(uses_long_texts(argc));
#ifdef UNRELATED
  sum += last_unrelated(argc);
#endif
  return sum > 1e10 ? 1 : 0;
}
