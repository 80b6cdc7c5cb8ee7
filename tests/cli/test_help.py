# SPDX-License-Identifier: Apache-2.0
"""Help, manual page and completion say the same as the tool does."""

import re
import shutil
import subprocess
import unittest

import support

COMMANDS = ("run", "put", "get", "erase", "push", "pull", "peek", "queues", "list", "stats", "limit",
            "expire", "clear", "verify", "repair", "backup", "export", "import", "evict", "doctor", "top", "locks", "compact",
            "bench", "fingerprint", "why", "create")
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

    @staticmethod
    def manual_section(command):
        """What the manual says below COMMANDS of `command` alone, and options of all commands."""
        manual = MANUAL.read_text().replace("\\-", "-")
        common = re.search(r"All commands know these options:\n(.*?)\n\.Sh ", manual, re.DOTALL)[1]
        own = re.search(rf"\n\.Ss {command}\n(.*?)\n\.S[sh] ", manual, re.DOTALL)
        return common, own[1] if own else ""

    def completed_options(self, command):
        script = f"source '{COMPLETION}'; _larder_options {command}"
        done = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True)
        return set(done.stdout.split())

    def test_manual_has_the_options_of_every_command_in_its_section(self):
        item = re.compile(r"^\.It (?:Fl \w , )?Fl (-[a-z-]+)", re.MULTILINE)
        for command in COMMANDS:
            common, own = self.manual_section(command)
            self.assertTrue(own, command)
            described = [f"-{option}" for option in item.findall(own)]
            self.assertEqual(len(described), len(set(described)), command)
            everywhere = {f"-{option}" for option in item.findall(common)}
            self.assertEqual(self.options_of(command), set(described) | everywhere, command)

    def test_completion_has_the_options_of_every_command(self):
        for command in COMMANDS:
            self.assertEqual(self.completed_options(command), self.options_of(command), command)

    def test_manual_says_which_commands_make_a_store(self):
        manual = MANUAL.read_text()
        said = re.search(r"\.Cm ([a-z ,]+)\nand\n\.Cm pull Fl -wait\nmake it", manual)[1]
        makers = set()
        for command, arguments in (("put", ["k", "v"]), ("push", ["q", "v"]), ("import", None), ("create", []),
                                   ("get", ["k"]), ("erase", ["k"]), ("pull", ["q"]),
                                   ("peek", ["q"]), ("queues", []), ("list", []), ("stats", []),
                                   ("limit", []), ("expire", []), ("evict", []), ("clear", ["-y"]),
                                   ("verify", []), ("repair", []), ("compact", []),
                                   ("backup", [str(self.folder / "copy")]), ("export", [])):
            store = self.folder / command
            words = ["-", str(store)] if command == "import" else [str(store), *arguments]
            self.call(command, *words, stdin=b'{"format":"larder","version":1}\n')
            makers |= {command} if store.exists() else set()
        store = self.folder / "run"
        self.expect("run", "--store", str(store), "--", "true")
        self.assertTrue(store.exists())
        self.assertEqual(makers | {"run"}, set(said.split(" , ")))
        self.call("pull", "--wait", "1ms", str(self.folder / "pulled"), "q")
        self.assertTrue((self.folder / "pulled").exists())

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
