# SPDX-License-Identifier: Apache-2.0
"""`larder run` where a store cannot be had, or only be read."""

import os
import shutil
import subprocess
import unittest

import support


def as_user(number):
    """Words before a command that run it as another user."""
    return ("setpriv", "--reuid", str(number), "--clear-groups", "env", "-i")


@unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "needs to be another user")
class NoHome(support.RunCase):
    UNKNOWN = 1_234_567_890

    def expect_run(self, number, err):
        if subprocess.run([*as_user(number), support.LARDER, "--version"], cwd="/", check=False,
                          capture_output=True).returncode != 0:
            self.skipTest("other users may not execute the tool")
        done = self.expect("run", "--", "/bin/echo", "x", before=as_user(number), cwd="/", out="x\n",
                           err=err)
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)

    def test_a_user_without_a_home_gets_a_warning(self):
        self.expect_run(self.UNKNOWN, "running without a store: there is no home directory")

    def test_the_home_that_the_system_knows_is_used_without_the_variable(self):
        with open("/etc/passwd", encoding="utf-8") as users:
            fields = [line.split(":") for line in users]
        homeless = [f for f in fields if f[5].startswith("/nonexistent")]
        if not homeless:
            self.skipTest("needs a user whose home does not exist")
        self.expect_run(homeless[0][2], f'running without a store: cannot create directory "{homeless[0][5]}"')

    def test_other_commands_say_what_is_missing(self):
        self.expect("list", before=as_user(self.UNKNOWN), cwd="/", code=2, err="no home directory")


class Descriptors(support.RunCase):
    def test_few_descriptors_cost_only_the_cache(self):
        self.run_command("true")  # the store is there
        warned = 0
        for limit in range(5, 24):
            command = f"ulimit -n {limit}; exec '{support.LARDER}' run -- echo {limit}"
            done = subprocess.run(["sh", "-c", command], env=self.env, cwd=self.work, check=False,
                                  capture_output=True, timeout=support.PATIENCE)
            self.assertEqual((done.returncode, done.stdout), (0, f"{limit}\n".encode()), done.stderr)
            warned += b"warning" in done.stderr
        self.assertGreater(warned, 5)
        self.run_command("true", "-v", err="replaying")

    def test_no_place_for_stdin_costs_only_the_cache(self):
        self.expect("run", "--stdin", "--", "cat", stdin=b"data", out="data", err="without a store",
                    env=self.env | {"TMPDIR": "/proc"})


class ReadOnly(support.RunCase):
    def setUp(self):
        super().setUp()
        self.options = ("--store", str(self.store))
        self.write("in", "one")
        self.run_command("cat in", *self.options, "--input", "in", out="one")
        self.run_command("echo old", *self.options)
        for words in (["--bind", str(self.store), str(self.store)],
                      ["-o", "remount,ro,bind", str(self.store)]):
            if subprocess.run(["mount", *words], capture_output=True, check=False).returncode != 0:
                self.skipTest("a store that may not be written needs the right to mount")
            self.addCleanup(subprocess.run, ["umount", "-l", str(self.store)], check=False,
                            capture_output=True)

    def test_what_is_there_is_replayed(self):
        self.run_command("cat in", "-v", *self.options, "--input", "in", out="one", err="replaying")
        self.run_command("echo old", *self.options, out="old\n", err="")

    def test_the_rest_runs_with_one_notice(self):
        for runs in (1, 2):
            done = self.run_command(self.count_script("echo new; exit 3"), *self.options, out="new\n",
                                    code=3, err="may only be read")
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
            self.assertEqual(self.runs(), runs)
        self.run_command("echo old", *self.options, "--refresh", out="old\n", err="may only be read")
        self.run_command("true", *self.options, "--warm", code=1, err="may only be read")


if __name__ == "__main__":
    support.main()
