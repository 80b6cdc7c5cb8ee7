# SPDX-License-Identifier: Apache-2.0
"""Each check accepts a good tree and fails on a bad one: a check that cannot fail checks nothing."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import check_format  # noqa: E402
import check_layers  # noqa: E402
import check_links  # noqa: E402
import check_readme  # noqa: E402
import check_rules  # noqa: E402
import check_sizes  # noqa: E402
import check_snippets  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


class CheckTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def assert_clean(self, check):
        self.assertEqual(check.problems(self.root), [])

    def assert_finds(self, check, *words):
        found = "\n".join(check.problems(self.root))
        for word in words:
            self.assertIn(word, found)


class Layers(CheckTest):
    def test_accepts_what_follows_the_arrows(self):
        self.write("src/cache/a.cpp", '#include "cache/b.h"\n#include "larder/key/key.h"\n')
        self.write("src/engine/a.cpp", "#include <lmdb.h>\n")
        self.write("include/larder/core/a.h", "#include <vector>\n")
        self.assert_clean(check_layers)

    def test_finds_an_include_upwards(self):
        self.write("include/larder/core/a.h", '\n#include "larder/cache/cache.h"\n')
        self.assert_finds(check_layers, "core/a.h:2", "core may use nothing")

    def test_finds_an_include_sideways(self):
        self.write("src/key/a.cpp", '#  include "larder/codec/codec.h"\n')
        self.assert_finds(check_layers, "key may use core")

    def test_finds_what_another_room_keeps_to_itself(self):
        self.write("src/cache/a.cpp", '#include "larder/engine/detail/x.h"\n')
        self.assert_finds(check_layers, "a.cpp:1", "private to engine")
        self.write("include/larder/cache/b.h", '#include "engine/map.h"\n')
        self.assert_finds(check_layers, "b.h:1", "a public header includes")

    def test_finds_a_third_party_header_in_a_public_header(self):
        self.write("include/larder/engine/a.h", "#include <lmdb.h>\n")
        self.assert_finds(check_layers, "lmdb.h")

    def test_finds_a_surface_that_uses_private_headers(self):
        self.write("src/cli/a.cpp", '#include "cache/records.h"\n')
        self.assert_finds(check_layers, "private to cache")

    def test_finds_an_unknown_room(self):
        self.write("src/attic/a.cpp", "")
        self.assert_finds(check_layers, "'attic' is no room")

    def test_finds_a_link_against_the_arrows(self):
        self.write("src/CMakeLists.txt", "larder_room(key DEPENDS core engine LINK x)\n")
        self.assert_finds(check_layers, "key links engine")


class Sizes(CheckTest):
    def test_accepts_files_at_their_limit(self):
        self.write("include/larder/core/a.h", "\n" * 300)
        self.write("src/core/a.cpp", "void f() {\n" + "  g();\n" * 58 + "}\n")
        self.assert_clean(check_sizes)

    def test_finds_a_long_header(self):
        self.write("include/larder/core/a.h", "\n" * 301)
        self.assert_finds(check_sizes, "a.h: 301 lines")

    def test_finds_a_long_source(self):
        self.write("src/core/a.cpp", "\n" * 501)
        self.assert_finds(check_sizes, "a.cpp: 501 lines")

    def test_finds_a_long_function(self):
        self.write("src/core/a.cpp", "namespace n {\nint S::f(int a) const {\n"
                   + "  if (a) { g(); }\n" * 59 + "}\n}\n")
        self.assert_finds(check_sizes, "a.cpp:2: f: 61 lines")

    def test_finds_a_long_function_in_a_class_template(self):
        self.write("include/larder/core/a.h", "template <typename T>\nclass C {\n public:\n"
                   "  template <std::integral N>\n  [[nodiscard]] auto f(N n) const\n"
                   "    requires(sizeof(N) > 1)\n  {\n" + "    g();\n" * 61 + "  }\n};\n")
        self.assert_finds(check_sizes, "f: ")

    def test_prints_a_table(self):
        self.write("src/core/a.cpp", "void f() {}\n")
        self.assertIn("source", check_sizes.table(self.root))


class Rules(CheckTest):
    def test_accepts_a_plain_source(self):
        self.write("src/core/a.cpp", SPDX + 'int f() { return g("std::cout"); }  // never abort()\n')
        self.write("src/core/b.cpp", SPDX + 'void f() { txn.abort(); snprintf(buffer, n, "x"); }\n')
        self.write("src/core/clock.cpp", SPDX + "auto f() { return system_clock::now(); }\n")
        self.write("src/cli/main.cpp", SPDX + "int main() { std::cout << 1'000; std::exit(1); }\n")
        self.assert_clean(check_rules)

    def test_finds_each_forbidden_call(self):
        for call in ("std::cout << 1", "printf(x)", "std::exit(1)", "abort()", "::umask(0)",
                     "std::chrono::system_clock::now()", "steady_clock::now()",
                     "std::random_device r", "std::ofstream f"):
            with self.subTest(call):
                self.write("src/cache/a.cpp", SPDX + f"void f() {{ {call}; }}\n")
                self.assert_finds(check_rules, "src/cache/a.cpp:2")

    def test_finds_a_sleep_that_is_not_marked(self):
        self.write("tests/unit/core/a_test.cpp", SPDX + "void f() { sleep_for(1s); }\n")
        self.assert_finds(check_rules, "a_test.cpp:2", "sleep_for")
        self.write("tests/unit/core/a_test.cpp",
                   SPDX + "// sleeps: the kernel must notice\nvoid f() { sleep_for(1s); }\n")
        self.assert_clean(check_rules)

    def test_finds_a_property_whose_failure_nobody_sees(self):
        self.write("tests/unit/core/a_test.cpp", SPDX + "TEST(A, b) {\n  rc::check([] {});\n}\n")
        self.assert_finds(check_rules, "a_test.cpp:3", "rc::check")
        self.write("tests/unit/core/a_test.cpp", SPDX + "  EXPECT_TRUE(rc::check([] {}));\n")
        self.assert_clean(check_rules)

    def test_finds_a_missing_licence_line(self):
        self.write("src/core/a.cpp", "int x;\n")
        self.write("tools/a.py", "#!/usr/bin/env python3\n")
        self.assert_finds(check_rules, "src/core/a.cpp:1", "tools/a.py:1")

    def test_finds_marks_paths_and_strange_letters_in_comments_too(self):
        for text in ("TO" + "DO", "/ro" + "ot/x", "/wo" + "rk/x", "\u00e9", "\t"):
            with self.subTest(text):
                self.write("src/core/a.cpp", SPDX + f"// {text}\n")
                self.assert_finds(check_rules, "src/core/a.cpp:2")


class Format(CheckTest):
    def test_finds_what_is_not_formatted(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("src/a.cpp", "int f() { return 1; }\n")
        self.assert_clean(check_format)
        self.write("src/a.cpp", "int f( ) {return 1;}\n")
        self.assert_finds(check_format, "src/a.cpp:1")


class Links(CheckTest):
    def test_accepts_links_that_lead_somewhere(self):
        self.write("docs/b.md", "# A `b` c\n")
        self.write("a.md", "[x](docs/b.md#a-b-c) [y](https://example.org) `[z](no.md)`\n"
                   "```\n[z](no.md)\n```\n## Here\n[h](#here)\n")
        self.assert_clean(check_links)

    def test_finds_a_missing_file_and_a_missing_heading(self):
        self.write("docs/b.md", "# B\n")
        self.write("a.md", "[x](docs/c.md)\n\n[y](docs/b.md#c)\n\n[z]: d.md\n")
        self.assert_finds(check_links, "a.md:1", "a.md:3", "a.md:5")


class Readme(CheckTest):
    def test_finds_an_example_that_differs(self):
        self.write("examples/readme.cpp", SPDX + "int main() {}\n")
        self.write("README.md", "# x\n```cpp\nint main() {}\n```\n")
        self.assert_clean(check_readme)
        self.write("README.md", "# x\n```cpp\nint main() { }\n```\n")
        self.assert_finds(check_readme, "is not examples/readme.cpp")
        check_readme.fix(self.root)
        self.assert_clean(check_readme)

    def test_finds_an_example_that_is_too_long(self):
        self.write("examples/readme.cpp", SPDX + "int x;\n" * 21)
        self.write("README.md", "```cpp\n" + "int x;\n" * 21 + "```\n")
        self.assert_finds(check_readme, "more than 20 lines")


class Snippets(CheckTest):
    CLAIM = "Every piece of code\nhere is in [`examples/x.cpp`](../examples/x.cpp).\n"

    def test_finds_code_that_is_not_in_the_example(self):
        self.write("examples/x.cpp", SPDX + "void f() {\n  one();\n  two();\n}\n")
        self.write("docs/x.md", self.CLAIM + "```cpp\none();\ntwo();\n```\n")
        self.assert_clean(check_snippets)
        self.write("docs/x.md", self.CLAIM + "```cpp\none();\nthree();\n```\n")
        self.assert_finds(check_snippets, "docs/x.md:3: this code is not in examples/x.cpp")

    def test_finds_an_example_that_is_not_there(self):
        self.write("docs/x.md", self.CLAIM)
        self.assert_finds(check_snippets, "there is no examples/x.cpp")

    def test_lets_pages_be_that_name_none(self):
        self.write("docs/x.md", "```cpp\none();\n```\n")
        self.assert_clean(check_snippets)


if __name__ == "__main__":
    unittest.main()
