# SPDX-License-Identifier: Apache-2.0
"""`larder run`: the files that a command reads and writes."""

import os
import shutil
import stat
import subprocess
import time
import unittest

import support


class Inputs(support.RunCase):
    def expect_runs(self, runs, *options):
        self.run_command(self.count_script(), *options)
        self.assertEqual(self.runs(), runs)

    def test_content_counts_and_time_does_not(self):
        path = self.write("in", "one")
        self.expect_runs(1, "--input", "in")
        os.utime(path, (1, 1))
        self.expect_runs(1, "--input", "in")
        path.write_text("two")  # the same length
        self.expect_runs(2, "--input", "in")
        path.write_text("one")
        self.expect_runs(2, "--input", "in")

    def test_a_change_that_hides_its_time_is_seen(self):
        path = self.write("in", "one")
        os.utime(path, (1000, 1000))
        self.expect_runs(1, "--input", "in")
        path.write_text("two")
        os.utime(path, (1000, 1000))
        self.expect_runs(2, "--input", "in")

    def test_names_count(self):
        self.write("a", "same")
        self.write("b", "same")
        self.expect_runs(1, "--input", "a")
        self.expect_runs(2, "--input", "b")
        self.expect_runs(3, "--input", "a", "--input", "b")
        self.expect_runs(3, "--input", "b", "--input", "a", "--input", "a")

    def test_patterns_are_expanded(self):
        for name in ("a.txt", "b.txt", "c.dat"):
            self.write(name, name)
        self.expect_runs(1, "--input", "*.txt")
        self.expect_runs(1, "--input", "a.txt", "--input", "b.txt")
        self.write("c.dat", "changed")
        self.expect_runs(1, "--input", "*.txt")
        self.write("d.txt", "new")
        self.expect_runs(2, "--input", "*.txt")

    def test_a_file_with_pattern_characters_is_a_file(self):
        self.write("[a]*.txt", "one")
        self.expect_runs(1, "--input", "[a]*.txt")
        self.write("[a]*.txt", "two")
        self.expect_runs(2, "--input", "[a]*.txt")

    def test_folders_count_with_all_below(self):
        self.write("tree/sub/file", "one")
        (self.work / "tree" / "link").symlink_to("sub/file")
        (self.work / "tree" / "loop").symlink_to(".")
        self.expect_runs(1, "--input", "tree")
        self.expect_runs(1, "--input", "tree")
        self.write("tree/sub/file", "two")
        self.expect_runs(2, "--input", "tree")
        (self.work / "tree" / "link").unlink()
        (self.work / "tree" / "link").symlink_to("elsewhere")
        self.expect_runs(3, "--input", "tree")
        self.write("tree/sub/more", "")
        self.expect_runs(4, "--input", "tree")

    def test_strange_names_work(self):
        for name in ("with space", "with\nline", "with'quote", b"\xff\xfe"):
            path = os.fsencode(self.work) + b"/" + os.fsencode(name)
            with open(path, "wb") as file:
                file.write(b"content")
            for _ in range(2):
                self.expect("run", "--input", name, "--", "cat", name, out="content")

    def test_missing_inputs_are_usage_errors(self):
        self.expect("run", "--input", "nothing", "--", "true", code=2, out="", err="'nothing'")
        self.expect("run", "--input", "*.none", "--", "true", code=2, err="matches no file")
        self.expect("run", "--input", "/dev/null", "--", "true", code=2, err="neither")

    def test_a_result_whose_input_changed_meanwhile_is_not_kept(self):
        self.write("in", "one")
        script = self.count_script("echo more >> in")
        self.run_command(script, "--input", "in", err="changed while the command ran")
        self.run_command(script, "--input", "in", err="changed while the command ran")
        self.assertEqual(self.runs(), 2)

    @unittest.skipUnless(shutil.which("strace"), "the program strace is not installed")
    def test_a_known_file_is_not_read_again(self):
        path = self.write("in", "content")
        script = self.count_script()
        # Its change time cannot be set: the store trusts it only when it is old enough.
        support.wait_until(lambda: time.time() - path.stat().st_ctime > 2.1, "a settled file")
        for _ in range(2):
            done = subprocess.run(
                ["strace", "-f", "-e", "trace=openat", support.LARDER, "run", "--input", "in", "--",
                 "sh", "-c", script], env=self.env, cwd=self.work, capture_output=True, check=True)
        self.assertEqual(self.runs(), 1)
        self.assertNotIn(b'"in"', done.stderr)


class Outputs(support.RunCase):
    def test_outputs_come_back_with_content_and_mode(self):
        script = self.count_script("printf 'a\\0b' > out; chmod 751 out; echo x > 'two words'")
        options = ("--output", "out", "--output", "two words")
        self.run_command(script, *options, err="")
        for _ in range(2):
            (self.work / "out").unlink()
            (self.work / "two words").write_text("other")
            self.run_command(script, *options, err="")
            self.assertEqual((self.work / "out").read_bytes(), b"a\0b")
            self.assertEqual(stat.S_IMODE((self.work / "out").stat().st_mode), 0o751)
            self.assertEqual((self.work / "two words").read_text(), "x\n")
        self.assertEqual(self.runs(), 1)
        self.assertEqual(sorted(p.name for p in self.work.iterdir()), ["out", "two words"])

    def test_a_missing_output_is_told_and_not_kept(self):
        for runs in (1, 2):
            self.run_command(self.count_script(), "--output", "out", err="did not write output 'out'")
            self.assertEqual(self.runs(), runs)

    def test_an_output_that_the_command_left_alone_is_not_its_own(self):
        self.write("out", "old")
        for content, runs in (("old", 1), ("new", 2)):
            self.write("out", content)
            self.run_command(self.count_script(), "--output", "out",
                             err="did not write output 'out'")
            self.assertEqual((self.runs(), (self.work / "out").read_text()), (runs, content))

    def test_a_failure_keeps_no_output_that_it_left_alone(self):
        self.write("out", "old")
        self.run_command(self.count_script("exit 4"), "--output", "out", code=4, err="")
        self.write("out", "new")
        self.run_command(self.count_script("exit 4"), "--output", "out", code=4, err="")
        self.assertEqual((self.runs(), (self.work / "out").read_text()), (1, "new"))

    def test_an_output_that_is_written_with_the_same_content_is_kept(self):
        for _ in range(20):  # within one tick of the clock of files, if the machine is fast
            self.write("out", "x\n")
            self.run_command("echo x > out", "--refresh", "--output", "out", err="")

    def test_a_failure_needs_no_outputs(self):
        for _ in range(2):
            self.run_command(self.count_script("exit 4"), "--output", "out", code=4, err="")
        self.assertEqual(self.runs(), 1)

    def test_a_folder_is_no_output(self):
        self.run_command("mkdir out", "--output", "out", err="not a regular file")

    def test_outputs_that_cannot_be_restored_make_the_command_run(self):
        script = self.count_script("mkdir -p dir && echo x > dir/out")
        self.run_command(script, "--output", "dir/out", err="")
        shutil.rmtree(self.work / "dir")
        done = self.run_command(script, "--output", "dir/out", err="running the command instead")
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        self.assertEqual(self.runs(), 2)
        self.assertEqual((self.work / "dir" / "out").read_text(), "x\n")

    def test_links_are_followed(self):
        (self.work / "real").mkdir()
        (self.work / "out").symlink_to("real/file")
        self.run_command("echo x > out", "--output", "out")
        (self.work / "real" / "file").write_text("other")
        self.run_command("echo x > out", "--output", "out")
        self.assertTrue((self.work / "out").is_symlink())
        self.assertEqual((self.work / "real" / "file").read_text(), "x\n")

    def test_links_that_lead_to_nothing_yet_are_followed(self):
        (self.work / "real").mkdir()
        (self.work / "out").symlink_to("real/second")
        (self.work / "real" / "second").symlink_to("third")
        self.run_command("echo x > out", "--output", "out", err="")
        (self.work / "real" / "third").unlink()
        self.run_command("echo x > out", "-v", "--output", "out", err="replaying")
        self.assertTrue((self.work / "out").is_symlink())
        self.assertTrue((self.work / "real" / "second").is_symlink())
        self.assertEqual((self.work / "real" / "third").read_text(), "x\n")

    def test_links_in_a_circle_make_the_command_run(self):
        self.run_command("rm -f out; echo x > out", "--output", "out", err="")
        (self.work / "out").unlink()
        (self.work / "out").symlink_to("out")
        self.run_command("rm -f out; echo x > out", "--output", "out", err="running the command")
        self.assertEqual((self.work / "out").read_text(), "x\n")

    def test_too_large_outputs_are_not_kept(self):
        script = self.count_script("head -c 2000 /dev/zero > out")
        options = ("--output", "out", "--max-result-size", "1K")
        self.run_command(script, *options, err="too large")
        self.run_command(script, *options, err="too large")
        self.assertEqual(self.runs(), 2)


if __name__ == "__main__":
    unittest.main()
