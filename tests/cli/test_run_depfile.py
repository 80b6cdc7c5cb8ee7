# SPDX-License-Identifier: Apache-2.0
"""`larder run --depfile`: what a command says it has read counts from then on."""

import shutil
import unittest

import support


class Depfile(support.RunCase):
    """The command reads `list`, and all files that are named in it, and writes their names to x.d."""

    OPTIONS = ("--input", "list", "--depfile", "x.d")

    def setUp(self):
        super().setUp()
        self.script = self.count_script("cat list $(cat list); echo x: $(cat list) > x.d")
        self.write("list", "a b\n")
        for name in "abc":
            self.write(name, name + "\n")

    def expect_run(self, out, runs, **checks):
        self.run_command(self.script, *self.OPTIONS, out=out, **checks)
        self.assertEqual(self.runs(), runs)

    def test_what_the_file_names_counts_from_then_on(self):
        for _ in range(2):
            self.expect_run("a b\na\nb\n", 1, err="")
        self.write("c", "changed\n")
        self.expect_run("a b\na\nb\n", 1)
        self.write("b", "changed\n")
        self.expect_run("a b\na\nchanged\n", 2)
        self.write("b", "b\n")  # as it was before
        self.expect_run("a b\na\nb\n", 2)

    def test_other_dependencies_are_learnt(self):
        self.expect_run("a b\na\nb\n", 1)
        self.write("list", "a c\n")
        self.expect_run("a c\na\nc\n", 2)
        self.write("b", "changed\n")
        self.expect_run("a c\na\nc\n", 2)
        self.write("c", "changed\n")
        self.expect_run("a c\na\nchanged\n", 3)

    def test_a_dependency_that_is_gone_makes_the_command_run(self):
        self.expect_run("a b\na\nb\n", 1)
        (self.work / "b").unlink()
        done = self.call("run", *self.OPTIONS, "--", "sh", "-c", self.script)
        self.assertEqual(self.runs(), 2)
        self.assertIn(b"not kept", done.stderr)
        self.write("b", "b\n")
        self.expect_run("a b\na\nb\n", 2)

    def test_the_file_comes_back(self):
        self.expect_run("a b\na\nb\n", 1)
        (self.work / "x.d").unlink()
        self.expect_run("a b\na\nb\n", 1)
        self.assertEqual((self.work / "x.d").read_text(), "x: a b\n")

    def test_a_dependency_that_changes_meanwhile_keeps_the_result_out(self):
        for runs in (1, 2):
            self.run_command(self.script + "; echo more >> b", *self.OPTIONS,
                             err="dependency 'b' changed while the command ran")
            self.assertEqual(self.runs(), runs)

    def test_without_the_file_nothing_is_kept(self):
        for runs in (1, 2):
            self.run_command(self.count_script("exit 1"), "--depfile", "x.d", code=1, err="")
            self.assertEqual(self.runs(), runs)
        self.run_command("true", "--depfile", "x.d", err="did not write output 'x.d'")
        self.run_command("echo nonsense > x.d", "--depfile", "x.d", err="not a list of dependencies")
        self.run_command("echo x: none > x.d", "--depfile", "x.d", err="'none' cannot be read")
        self.expect("list", out="")

    def test_failures_are_kept_with_what_they_depend_on(self):
        script = self.count_script("echo x: a > x.d; exit 3")
        for _ in range(2):
            self.run_command(script, "--depfile", "x.d", code=3, err="")
        self.assertEqual(self.runs(), 1)
        self.write("a", "changed")
        self.run_command(script, "--depfile", "x.d", code=3)
        self.assertEqual(self.runs(), 2)

    def test_the_language_of_make(self):
        names = ("two words", "has#mark", "back\\slash", "dollar$", "colon:inside", "deep/er",
                 "ends\\ blank", "last")
        for name in names:
            self.write(name, name)
        self.write("given.d", "x.o  y.o: two\\ words \\\n  has\\#mark back\\slash\\\n\tdollar$$\n"
                              "\n\ndeep/er:\nx.o:colon:inside deep/er ends\\\\\\ blank\nz : last\r\n")
        # "x.o:colon:inside" is one target, as no blank follows.
        script = self.count_script("cp given.d x.d")
        self.run_command(script, "--depfile", "x.d", err="not a list")
        self.write("given.d", (self.work / "given.d").read_text().replace("x.o:colon", "x.o: colon"))
        self.run_command(script, "--depfile", "x.d", err="")
        runs = self.runs()
        for name in names:
            self.run_command(script, "--depfile", "x.d", err="")
            self.assertEqual(self.runs(), runs, name)
            self.write(name, "changed")
            self.run_command(script, "--depfile", "x.d", err="")
            runs += 1
            self.assertEqual(self.runs(), runs, name)

    def test_runs_at_the_same_time_learn_once(self):
        fifo = self.fifo("go")
        script = self.count_script(f"cat '{fifo}'; cat a; echo x: a > x.d")
        many = [self.start("run", "--depfile", "x.d", "--", "sh", "-c", script) for _ in range(4)]
        support.wait_until(lambda: sum(support.waits_for_lock(p.pid) for p in many) == 3, "waiters")
        support.feed(fifo, "go\n")
        for process in many:
            self.assertEqual(process.communicate(timeout=support.PATIENCE), (b"go\na\n", b""))
        self.assertEqual(self.runs(), 1)

    @unittest.skipUnless(shutil.which("gcc"), "the program gcc is not installed")
    def test_a_compiler(self):
        self.write("x.c", '#include "one.h"\nint main(void) { return VALUE; }\n')
        self.write("one.h", '#include "dir/two.h"\n')
        self.write("dir/two.h", "#define VALUE 1\n")
        command = ("run", "-v", "--input", "x.c", "--output", "x.o", "--depfile", "x.d", "--",
                   "gcc", "-MD", "-MP", "-c", "x.c")
        self.expect(*command, err="kept a result")
        first = (self.work / "x.o").read_bytes()
        (self.work / "x.o").unlink()
        self.expect(*command, err="replaying")
        self.assertEqual((self.work / "x.o").read_bytes(), first)
        self.write("dir/two.h", "#define VALUE 2\n")
        self.expect(*command, err="kept a result")
        self.assertNotEqual((self.work / "x.o").read_bytes(), first)


if __name__ == "__main__":
    support.main()
