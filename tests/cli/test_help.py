# SPDX-License-Identifier: Apache-2.0
"""Help, manual page and completion say the same as the tool does."""

import re
import shutil
import subprocess
import unittest

import support

COMMANDS = ("run", "put", "get", "erase", "push", "pull", "peek", "queues", "list", "stats", "limit",
            "expire", "clear", "verify", "repair", "backup", "export", "import", "evict", "doctor", "top", "locks", "compact",
            "bench", "fingerprint", "why")
MANUAL = support.ROOT / "docs" / "man" / "larder.1"
COMPLETION = support.ROOT / "src" / "cli" / "completion" / "larder.bash"


class Help(support.Case):
    def help_of(self, command):
        return self.expect(command, "--help", err="").stdout.decode()

    def options_of(self, command):
        return set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", self.help_of(command), re.MULTILINE))

    def test_every_way_to_ask(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            self.expect(*arguments, out=self.expect("--help").stdout, err="")
        for command in COMMANDS:
            shown = self.help_of(command)
            self.expect("help", command, out=shown)
            self.expect(command, "-h", out=shown)
            for heading in ("Usage:", "Examples:", "Exit codes:"):
                self.assertIn(heading, shown)

    def test_lines_fit_a_terminal(self):
        for command in COMMANDS:
            self.assertLessEqual(max(map(len, self.help_of(command).splitlines())), 80, command)

    def test_every_command_is_in_the_overview(self):
        shown = self.expect("--help").stdout.decode()
        for command in COMMANDS:
            self.assertRegex(shown, rf"(?m)^  {command} +[A-Z]")

    def test_every_option_that_help_names_exists(self):
        for command in COMMANDS:
            for option in self.options_of(command) - {"--help"}:
                done = self.call(command, option)
                self.assertNotIn(b"there is no option", done.stderr, (command, option))

    def test_manual_and_completion_know_every_option(self):
        manual = MANUAL.read_text().replace("\\-", "-")
        completion = COMPLETION.read_text()
        for command in COMMANDS:
            self.assertIn(f".Ss {command}", manual)
            for option in self.options_of(command):
                self.assertIn(f"Fl {option[1:]}", manual, (command, option))
                self.assertIn(option, completion, (command, option))

    @unittest.skipUnless(shutil.which("mandoc"), "the program mandoc is not installed")
    def test_manual_is_well_formed(self):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(MANUAL)],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_no_arguments_is_a_usage_error(self):
        done = self.expect(code=2, out="")
        self.assertIn(b"Usage:", done.stderr)

    def test_mistyped_commands(self):
        self.expect("lst", code=2, out="", err="did you mean list?")
        self.expect("xyzzy", code=2, out="", err="there is no command 'xyzzy'")
        self.expect("help", "gte", code=2, out="", err="did you mean get?")
        self.expect("--frobnicate", code=2, out="", err="--frobnicate")
        self.expect("stats", "a", "b", code=2, out="", err="unexpected argument 'b'")

    def test_version(self):
        for option in ("--version", "-V"):
            done = self.expect(option, err="")
            self.assertRegex(done.stdout.decode(), r"^larder \d+\.\d+\.\d+\n$")

    def test_no_colours_without_a_terminal(self):
        self.assertNotIn("\x1b", self.help_of("run"))


class Completion(support.StoreCase):
    def complete(self, *words):
        script = (f"source '{COMPLETION}'; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _larder; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "-c", script, "bash", *words], cwd=self.work, check=True,
                              capture_output=True, text=True, env=self.env)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.complete("larder", "st"), ["stats"])
        self.assertEqual(set(self.complete("larder", "")), {*COMMANDS, "help"})
        self.assertEqual(self.complete("larder", "help", "exp"), ["expire", "export"])

    def test_options(self):
        self.assertEqual(self.complete("larder", "run", "--ou"), ["--output"])
        self.assertIn("--json", self.complete("larder", "list", "--"))
        self.assertEqual(self.complete("larder", "limit", "--eviction", "l"),
                         ["lru", "lfu"])

    def test_folders(self):
        (self.work / "stores").mkdir()
        self.write("story", "")
        self.assertEqual(self.complete("larder", "get", "sto"), ["stores"])

    def test_command_of_run(self):
        self.assertIn("sort", self.complete("larder", "run", "--", "sor"))
        self.assertNotIn("--json", self.complete("larder", "run", "--", "ls", "--js"))

if __name__ == "__main__":
    unittest.main()
