# SPDX-License-Identifier: Apache-2.0
"""`larder run`: what is kept and replayed, and what makes a difference."""

import json
import os
import shutil
import stat
import subprocess
import unittest

import support


class Replay(support.RunCase):
    def test_second_run_replays_output_and_exit_code(self):
        script = self.count_script("echo out; echo err >&2; exit 3")
        for _ in range(3):
            done = self.run_command(script, code=3, out="out\n")
            self.assertEqual(done.stderr, b"err\n")
        self.assertEqual(self.runs(), 1)

    def test_output_is_binary_safe(self):
        data = self.write("data", bytes(range(256)) * 1000)
        for _ in range(2):
            self.expect("run", "--", "cat", str(data), out=data.read_bytes(), err="")

    def test_no_output_at_all_is_replayed_as_nothing(self):
        for _ in range(2):
            self.run_command(self.count_script(), out="", err="")
        self.assertEqual(self.runs(), 1)

    def test_order_between_stdout_and_stderr_is_kept(self):
        fifos = [self.fifo("first"), self.fifo("second")]
        script = f"echo 1; read x < '{fifos[0]}'; echo 2 >&2; read x < '{fifos[1]}'; echo 3"
        process = self.start("run", "--", "sh", "-c", script, stderr=subprocess.STDOUT)
        for fifo, line in zip(fifos, (b"1\n", b"2\n")):
            self.assertEqual(process.stdout.readline(), line)  # it has passed through
            support.feed(fifo, "go\n")
        self.assertEqual(process.communicate()[0], b"3\n")
        again = self.start("run", "--", "sh", "-c", script, stderr=subprocess.STDOUT)
        self.assertEqual(again.communicate(timeout=support.PATIENCE)[0], b"1\n2\n3\n")

    def test_output_streams_before_the_command_ends(self):
        fifo = self.fifo("go")
        process = self.start("run", "--", "sh", "-c", f"printf half; cat '{fifo}'")
        self.assertEqual(process.stdout.read(4), b"half")
        support.feed(fifo, "rest")
        self.assertEqual(process.communicate()[0], b"rest")

    def test_arguments_are_compared_exactly(self):
        for arguments in (["a b"], ["a", "b"], ["a", "b", ""], ["a\nb"], ["'a'"], [b"\xff\xfe"]):
            for _ in range(2):
                done = self.expect("run", "--", "printf", "[%s]", *arguments)
                shown = b"".join(b"[" + os.fsencode(a) + b"]" for a in arguments)
                self.assertEqual(done.stdout, shown)

    def test_mark_before_the_command_may_be_missing(self):
        self.expect("run", "echo", "-n", "x", out="x")
        self.expect("run", "-v", "--", "echo", "-n", "x", out="x", err="replaying")

    def test_command_may_have_its_own_mark(self):
        self.expect("run", "--", "echo", "--", "x", out="-- x\n")

    def test_a_changed_program_is_run_again(self):
        program = self.write("program", "#!/bin/sh\necho one\n")
        program.chmod(0o755)
        self.expect("run", "--", "./program", out="one\n")
        program.write_text("#!/bin/sh\necho two, longer\n")
        self.expect("run", "--", "./program", out="two, longer\n")

    def test_a_changed_program_that_hides_its_time_is_run_again(self):
        program = self.write("program", "#!/bin/sh\necho one\n")
        program.chmod(0o755)
        os.utime(program, (1000, 1000))
        self.expect("run", "--", "./program", out="one\n")
        program.write_text("#!/bin/sh\necho two\n")  # the same length
        os.utime(program, (1000, 1000))
        self.expect("run", "--", "./program", out="two\n")

    def test_a_script_without_a_first_line_runs_like_in_a_shell(self):
        program = self.write("program", "echo \"shell: $1\"\n")
        program.chmod(0o755)
        self.expect("run", "--", "./program", "x", out="shell: x\n")

    def test_missing_and_forbidden_programs_have_the_codes_of_a_shell(self):
        self.expect("run", "--", "no-such-program", code=127, out="", err="no such program")
        self.write("plain", "text")
        self.expect("run", "--", "./plain", code=126, out="", err="may not be executed")

    def test_argument_zero_is_as_typed(self):
        for _ in range(2):
            self.expect("run", "--", "sh", "-c", "echo $0", out="sh\n")

    def test_background_processes_do_not_cut_the_output(self):
        script = "(read x < /dev/null; echo late) & echo early"
        for _ in range(2):
            done = self.run_command(script)
            self.assertEqual(sorted(done.stdout.split()), [b"early", b"late"])


class Failures(support.RunCase):
    def test_failures_are_kept(self):
        for _ in range(2):
            self.run_command(self.count_script("exit 9"), code=9)
        self.assertEqual(self.runs(), 1)

    def test_no_failures_runs_again_until_it_works(self):
        flag = self.folder / "flag"
        script = self.count_script(f"test -e '{flag}'")
        self.run_command(script, "--no-failures", code=1)
        self.run_command(script, "--no-failures", code=1)
        self.assertEqual(self.runs(), 2)
        flag.touch()
        self.run_command(script, "--no-failures")
        flag.unlink()
        self.run_command(script, "--no-failures")
        self.assertEqual(self.runs(), 3)

    def test_no_failures_ignores_a_kept_failure(self):
        self.run_command(self.count_script("exit 1"), code=1)
        self.run_command(self.count_script("exit 1"), "--no-failures", code=1)
        self.assertEqual(self.runs(), 2)

    def test_refresh_computes_again_and_replaces(self):
        script = f"cat '{self.log}'"
        self.log.write_text("one")
        self.run_command(script, out="one")
        self.log.write_text("two")
        self.run_command(script, out="one")
        self.run_command(script, "--refresh", out="two")
        self.run_command(script, out="two")


class Environment(support.RunCase):
    def expect_env(self, value, out, runs):
        env = {k: v for k, v in self.env.items() if k != "COLOUR"}
        if value is not None:
            env["COLOUR"] = value
        script = self.count_script("echo \"${COLOUR-unset}\"")
        self.run_command(script, "--env", "COLOUR", env=env, out=out)
        self.assertEqual(self.runs(), runs)

    def test_named_variables_count_and_unset_is_not_empty(self):
        for _ in range(2):
            self.expect_env("red", "red\n", 1)
        self.expect_env("", "\n", 2)
        self.expect_env(None, "unset\n", 3)
        self.expect_env("", "\n", 3)

    def test_other_variables_do_not_count(self):
        self.run_command("echo $OTHER", env=self.env | {"OTHER": "1"}, out="1\n")
        self.run_command("echo $OTHER", env=self.env | {"OTHER": "2"}, out="1\n")

    def test_order_of_names_does_not_matter(self):
        self.run_command(self.count_script(), "--env", "A", "--env", "B")
        self.run_command(self.count_script(), "--env", "B", "--env", "A", "--env", "A")
        self.assertEqual(self.runs(), 1)

    def test_folder_counts_only_with_cwd(self):
        for name in ("one", "two"):
            (self.work / name).mkdir()
        self.expect("run", "--", "pwd", cwd=self.work / "one", out=f"{self.work}/one\n")
        self.expect("run", "--", "pwd", cwd=self.work / "two", out=f"{self.work}/one\n")
        self.expect("run", "--cwd", "--", "pwd", cwd=self.work / "one", out=f"{self.work}/one\n")
        self.expect("run", "--cwd", "--", "pwd", cwd=self.work / "two", out=f"{self.work}/two\n")

    def test_scopes_are_apart_and_can_be_cleared(self):
        for scope in ("a", "b"):
            self.run_command(self.count_script(), "--scope", scope)
        self.assertEqual(self.runs(), 2)
        self.expect("clear", "--tag", "a", out="1 entry removed\n")
        self.run_command(self.count_script(), "--scope", "b")
        self.assertEqual(self.runs(), 2)
        self.run_command(self.count_script(), "--scope", "a")
        self.assertEqual(self.runs(), 3)

    def test_stdin_is_passed_through(self):
        self.expect("run", "--", "cat", stdin=b"one", out="one")
        self.expect("run", "--", "cat", stdin=b"two", out="one")  # it does not count

    def test_stdin_counts_if_asked(self):
        large = os.urandom(3_000_000)
        for data in (b"one", b"two", b"", large):
            for _ in range(2):
                self.expect("run", "--stdin", "--", "cat", stdin=data, out=data)
        self.expect("run", "-v", "--stdin", "--", "cat", stdin=large, err="replaying")

    def test_closed_descriptors_are_harmless(self):
        command = f"'{support.LARDER}' run -- sh -c 'echo x; echo y >&2' 0<&- 1>&- 2>&-"
        for _ in range(2):
            done = subprocess.run(["sh", "-c", command], env=self.env, cwd=self.work, check=False)
            self.assertIn(done.returncode, (0, 1, 2))
        self.run_command("echo fine", out="fine\n")


class Time(support.RunCase):
    def setUp(self):
        super().setUp()
        if shutil.which("faketime") is None:
            self.skipTest("the program faketime is not installed")
        # Only the clock may differ: the identity of a program has times in it, too.
        self.env["NO_FAKE_STAT"] = "1"

    def expect_at(self, offset, out, *options):
        self.run_command(f"cat '{self.log}'", *options, before=("faketime", "-f", offset), out=out)

    def test_ttl_ends_a_result(self):
        self.log.write_text("one")
        self.expect_at("+0s", "one", "--ttl", "1h")
        self.log.write_text("two")
        self.expect_at("+59m", "one", "--ttl", "1h")
        self.expect_at("+61m", "two", "--ttl", "1h")

    def test_ttl_of_the_reader_counts(self):
        self.log.write_text("one")
        self.expect_at("+0s", "one")
        self.log.write_text("two")
        self.expect_at("+30d", "one")
        self.expect_at("+30d", "two", "--ttl", "1d")

    def test_a_variable_is_the_ttl_where_none_is_given(self):
        self.env["LARDER_TTL"] = "1h"
        self.log.write_text("one")
        self.expect_at("+0s", "one", "--ttl", "1d")
        self.log.write_text("two")
        self.expect_at("+59m", "one")
        self.expect_at("+2h", "one", "--ttl", "1d")
        self.expect_at("+61m", "two")
        self.run_command("true", "--stale", "1h")
        self.env["LARDER_TTL"] = ""
        self.run_command("true", "--stale", "1h", code=2, err="give --ttl")

    def test_a_result_from_the_future_is_not_trusted_with_a_ttl(self):
        self.log.write_text("one")
        self.expect_at("+1d", "one", "--ttl", "2d")
        self.log.write_text("two")
        self.expect_at("+0s", "two", "--ttl", "2d")

    def test_stale_results_are_replayed_and_refreshed_in_the_background(self):
        options = ("--ttl", "1h", "--stale", "1h")
        self.log.write_text("one")
        self.expect_at("+0s", "one", *options)
        self.log.write_text("two")
        self.expect_at("+90m", "one", *options)
        support.wait_until(lambda: self._kept_at("+90m", *options) == b"two", "the refresh")
        self.log.write_text("three")
        self.expect_at("+91m", "two", *options)
        self.expect_at("+5h", "three", *options)

    def _kept_at(self, offset, *options):
        return self.call("run", *options, "--", "sh", "-c", f"cat '{self.log}'",
                         before=("faketime", "-f", offset)).stdout

    def test_one_refresher_only(self):
        fifo = self.fifo("go")
        script = f"echo run >> '{self.log}'; test $(grep -c run '{self.log}') = 1 || cat '{fifo}'"
        options = ("--ttl", "1h", "--stale", "9h")
        self.run_command(script, *options)
        for _ in range(5):
            self.run_command(script, *options, before=("faketime", "-f", "+2h"), out="")
        support.wait_until(lambda: self.runs() == 2, "the refresher")
        self.run_command(script, *options, before=("faketime", "-f", "+2h"), out="")
        support.feed(fifo, "new")
        support.wait_until(lambda: self._replays(script, options) == b"new", "the new result")
        self.assertEqual(self.runs(), 2)

    def _replays(self, script, options):
        return self.call("run", *options, "--", "sh", "-c", script,
                         before=("faketime", "-f", "+2h")).stdout


class Warm(support.RunCase):
    def test_warm_returns_at_once_and_keeps_a_result(self):
        fifo = self.fifo("go")
        script = self.count_script(f"cat '{fifo}'")
        self.run_command(script, "--warm", out="", err="")
        support.feed(fifo, "result")
        self.run_command(script, out="result", err="")  # waits for the one in the background
        self.assertEqual(self.runs(), 1)

    def test_warm_keeps_stdin(self):
        self.expect("run", "--warm", "--stdin", "--", "cat", stdin=b"data", out="")
        self.expect("run", "--stdin", "--", "cat", stdin=b"data", out="data")


class Usage(support.RunCase):
    def test_errors_name_what_is_wrong(self):
        for arguments, words in (
                ([], "no command"),
                (["--ttl", "0", "--", "true"], "not a length of time"),
                (["--ttl", "5 parsecs", "--", "true"], "not a length of time"),
                (["--ttl"], "--ttl needs a value"),
                (["--stale", "1h", "--", "true"], "give --ttl"),
                (["--env", "A=B", "--", "true"], "name of a variable"),
                (["--inptu", "x", "--", "true"], "did you mean --input"),
                (["--max-result-size", "many", "--", "true"], "not a size"),
                (["--store", "s3:bucket", "--", "true"], "no kind of store 's3'")):
            self.expect("run", *arguments, code=2, out="", err=words)
        self.expect("run", "--", "true", code=2, out="", err="LARDER_TTL: 'soon' is not a length",
                    env=self.env | {"LARDER_TTL": "soon"})


class Places(support.RunCase):
    def test_the_default_store_is_private(self):
        self.run_command("true")
        store = self.default_store()
        self.assertEqual(stat.S_IMODE(store.stat().st_mode), 0o700)
        for file in store.rglob("*"):
            self.assertEqual(stat.S_IMODE(file.stat().st_mode) & 0o077, 0, file)

    def test_umask_does_not_open_the_store(self):
        subprocess.run(["sh", "-c", f"umask 0; '{support.LARDER}' run -- true"], env=self.env,
                       cwd=self.work, check=True)
        for file in [self.default_store(), *self.default_store().rglob("*")]:
            self.assertEqual(stat.S_IMODE(file.stat().st_mode) & 0o077, 0, file)

    def test_variables_name_the_store(self):
        cache = self.folder / "cache"
        self.run_command("true", env=self.env | {"XDG_CACHE_HOME": str(cache)})
        self.assertTrue((cache / "larder" / "run" / "data.mdb").exists())
        self.run_command("true", env=self.env | {"LARDER_STORE": str(self.store)})
        self.assertTrue((self.store / "data.mdb").exists())
        self.run_command("true", "--store", str(self.folder / "third"))
        self.assertTrue((self.folder / "third" / "data.mdb").exists())

    def test_a_new_store_is_limited(self):
        self.run_command("true")
        settings = json.loads(self.expect("limit", "--json").stdout)
        self.assertEqual(settings["max_bytes"], 5 << 30)
        self.assertEqual(settings["eviction"], "lru")

    def test_large_results_are_compressed(self):
        for _ in range(2):
            done = self.run_command("seq 100000; seq 50000 > out", "--output", "out", err="")
            self.assertEqual(len(done.stdout), 588_895)
            self.assertEqual(len((self.work / "out").read_bytes()), 288_894)
            (self.work / "out").unlink()
        self.assertLess(json.loads(self.expect("stats", "--json").stdout)["bytes"], 400_000)

    def test_a_store_that_could_not_be_made_at_first_is_limited(self):
        command = f"ulimit -n 12; exec '{support.LARDER}' run -- true"
        subprocess.run(["sh", "-c", command], env=self.env, cwd=self.work, check=True,
                       capture_output=True)
        self.run_command("true")
        self.assertEqual(json.loads(self.expect("limit", "--json").stdout)["max_bytes"], 5 << 30)

    def test_a_store_of_values_is_not_limited(self):
        self.expect("put", str(self.store), "key", "value")
        self.run_command("true", "--store", str(self.store))
        self.assertIsNone(json.loads(self.expect("limit", "--json", str(self.store)).stdout)["max_bytes"])

    def test_a_changed_limit_stays(self):
        self.run_command("true")
        for limit, shown in (("1M", 1 << 20), ("none", None)):
            self.expect("clear", "--yes")
            self.expect("limit", "--max-bytes", limit)
            self.run_command("echo more")
            self.assertEqual(json.loads(self.expect("limit", "--json").stdout)["max_bytes"], shown)

    def test_hits_and_misses_are_counted_once(self):
        for _ in range(3):
            self.run_command("true")
        stats = json.loads(self.expect("stats", "--json").stdout)
        self.assertEqual((stats["hits"], stats["misses"], stats["puts"]), (2, 1, 1))

    def test_no_locks_are_left(self):
        self.run_command("true")
        self.assertEqual(list((self.default_store() / "locks").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
