# SPDX-License-Identifier: Apache-2.0
"""`larder run --input` with patterns: which files count."""

import support


class Patterns(support.RunCase):
    """Each file holds its name; the command shows which ones counted as inputs."""

    def setUp(self):
        super().setUp()
        for name in ("g/a.c", "g/h/b.c", "g/h/i/c.c", "g/h/i/c.h", "g/.hidden.c", "g/.git/d.c",
                     "g/x/h/e.c", "top.c"):
            self.write(name, name)

    def counts(self, name, *patterns):
        """Whether a change of file `name` makes the command run again."""
        options = [word for pattern in patterns for word in ("--input", pattern)]
        self.run_command(self.count_script(), *options)
        before = self.runs()
        path = self.work / name
        path.write_text(path.read_text() + "changed")
        self.run_command(self.count_script(), *options)
        return self.runs() > before

    def expect_counted(self, pattern, names):
        files = [str(path.relative_to(self.work)) for path in self.work.rglob("*") if path.is_file()]
        self.assertEqual({name for name in files if self.counts(name, pattern)}, set(names), pattern)

    def test_two_stars_are_any_number_of_folders(self):
        self.expect_counted("g/**/*.c", ["g/a.c", "g/h/b.c", "g/h/i/c.c", "g/x/h/e.c"])
        self.expect_counted("**/*.c", ["top.c", "g/a.c", "g/h/b.c", "g/h/i/c.c", "g/x/h/e.c"])
        self.expect_counted("g/**/h/*.c", ["g/h/b.c", "g/x/h/e.c"])
        self.expect_counted("./g/**/h/**/*.c", ["g/h/b.c", "g/h/i/c.c", "g/x/h/e.c"])
        self.expect_counted(f"{self.work}/g/h/**/c.?", ["g/h/i/c.c", "g/h/i/c.h"])

    def test_two_stars_at_the_end_are_all_files(self):
        self.expect_counted("g/**", ["g/a.c", "g/h/b.c", "g/h/i/c.c", "g/h/i/c.h", "g/x/h/e.c"])
        self.expect_counted("g/**/i/**", ["g/h/i/c.c", "g/h/i/c.h"])

    def test_hidden_files_need_a_dot(self):
        self.expect_counted("g/**/.*.c", ["g/.hidden.c"])
        self.expect_counted("g/.git/**/*.c", ["g/.git/d.c"])

    def test_two_stars_within_a_part_are_one(self):
        self.expect_counted("g/**.c", ["g/a.c"])

    def test_links_to_folders_are_not_followed(self):
        (self.work / "links").mkdir()
        (self.work / "links" / "to-g").symlink_to("../g")
        (self.work / "links" / "loop").symlink_to(".")
        self.write("links/f.c", "f")
        self.assertTrue(self.counts("links/f.c", "links/**/*.c"))
        self.assertFalse(self.counts("g/a.c", "links/**/*.c"))
        self.assertFalse(self.counts("g/a.c", "links/**"))
        self.assertTrue(self.counts("g/h/b.c", "links/to-g/**/*.c"))  # it was asked for

    def test_names_with_pattern_characters_are_taken_for_what_they_are(self):
        self.write("odd/[ab]*/x.c", "x")
        self.write("odd/a/y.c", "y")
        self.assertTrue(self.counts("odd/[ab]*/x.c", "odd/**/*.c"))
        self.assertTrue(self.counts("odd/a/y.c", "odd/**/*.c"))

    def test_a_new_file_counts(self):
        self.assertFalse(self.counts("top.c", "g/**/*.c"))
        before = self.runs()
        self.write("g/new/deep/file.c", "")
        self.run_command(self.count_script(), "--input", "g/**/*.c")
        self.assertEqual(self.runs(), before + 1)

    def test_no_match_is_a_usage_error(self):
        for pattern in ("g/**/*.none", "none/**", "top.c/**"):
            self.expect("run", "--input", pattern, "--", "true", code=2, err="matches no file")


if __name__ == "__main__":
    support.main()
