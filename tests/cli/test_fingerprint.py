# SPDX-License-Identifier: Apache-2.0
"""`larder fingerprint`: programs are built, changed, and built again."""

import json
import shutil
import subprocess
import unittest

import support

COMPILER = shutil.which("g++") or shutil.which("clang++-19")
SOURCE = """
extern "C" int puts(const char*);
namespace kitchen {
__attribute__((noinline)) int spice(int x) { return x * FACTOR; }
int cook(int x) { puts("cooking"); return spice(x) + spice(x + 1); }
int serve(int x) { return x; }
int serve(double x) { return x > 0; }
}
int main(int argc, char**) { return kitchen::cook(argc) + kitchen::serve(argc) + kitchen::serve(1.5); }
"""


@unittest.skipUnless(COMPILER, "there is no compiler")
class Fingerprint(support.Case):
    def build(self, name, *options, factor=3):
        self.write("main.cpp", SOURCE)
        subprocess.run([COMPILER, "-O1", "-fPIE", "-pie", f"-DFACTOR={factor}", *options,
                        "main.cpp", "-o", name], cwd=self.work, check=True)
        return name

    def record(self, *arguments):
        return json.loads(self.expect("fingerprint", "--json", *arguments).stdout.splitlines()[0])

    def test_what_stands_for_a_function(self):
        binary = self.build("prog")
        done = self.expect("fingerprint", "kitchen::cook", binary, err="")
        self.assertRegex(done.stdout.decode(), r"^[0-9a-f]{32}  kitchen::cook\(int\)\n$")
        self.expect("fingerprint", "cook", self.build("again", "-g"), out=done.stdout)
        made = self.record("cook", binary)
        self.assertEqual((made["mode"], made["fallback_reason"]), ("closure", ""))
        self.assertEqual(made["digest"], done.stdout.decode()[:32])
        others = [self.record(*options, "cook", binary)["digest"] for options in
                  (["--mode", "self"], ["--mode", "build_id"], ["--tag", "v2"],
                   ["--stable", "kitchen::spice"], ["--library", binary])]
        self.assertEqual(len({made["digest"], *others}), 6)

    def test_what_was_followed(self):
        binary = self.build("prog")
        text = self.expect("fingerprint", "--explain", "cook", binary, err="").stdout.decode()
        self.assertRegex(text, r"(?m)^  function  [0-9a-f]{12}  kitchen::spice\(int\)  \(")
        self.assertIn("by name:\n  puts\n", text)
        done = self.expect("fingerprint", "--explain", "--json", "--mode", "self", "cook", binary)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line["follows"] for line in lines if "follows" in line],
                         ["kitchen::cook(int)"])
        self.assertEqual([line["by_name"] for line in lines[1:] if "by_name" in line],
                         ["kitchen::spice(int)", "puts"])

    def test_what_changed(self):
        old, new = self.build("old"), self.build("new", factor=5)
        self.expect("fingerprint", "--compare", old, "cook", old, out="the same\n", err="")
        self.expect("fingerprint", "--compare", old, "cook", new, code=1, err="",
                    out="different\nchanged:\n  kitchen::spice(int)\n")
        done = self.expect("fingerprint", "--json", "--compare", old, "cook", new, code=1)
        changes = json.loads(done.stdout)
        self.assertEqual((changes["is_same"], changes["changed"], changes["added"]),
                         (False, ["kitchen::spice(int)"], []))

    def test_names_that_mean_nothing_or_too_much(self):
        binary = self.build("prog")
        done = self.expect("fingerprint", "serve", binary, code=2, out="")
        self.assertIn(b"kitchen::serve(double)\n", done.stderr)
        self.assertIn(b"kitchen::serve(int)\n", done.stderr)
        self.expect("fingerprint", "kitchen::serve(int)", binary)
        self.expect("fingerprint", "spices", binary, code=2, out="", err="no function 'spices'")
        self.expect("fingerprint", "spi", binary, code=2, out="", err="kitchen::spice(int)")

    def test_binaries_that_tell_too_little(self):
        binary = self.build("prog", "-s")
        self.expect("fingerprint", "cook", binary, code=2, out="", err="no function 'cook'")
        fixed = self.build("fixed", "-no-pie", "-fno-pie")
        self.expect("fingerprint", "cook", fixed, err="not position-independent")
        self.assertEqual(self.record("cook", fixed)["mode"], "build_id")

    def test_files_that_are_none(self):
        self.expect("fingerprint", "cook", "missing", code=2, out="", err="missing")
        self.write("text", "no binary")
        self.expect("fingerprint", "cook", "text", code=4, out="", err="no ELF file")
        self.assertNotIn(b"repair", self.call("fingerprint", "cook", "text").stderr)
        self.expect("fingerprint", "cook", ".", code=2, out="")


if __name__ == "__main__":
    unittest.main()
