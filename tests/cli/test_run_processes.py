# SPDX-License-Identifier: Apache-2.0
"""`larder run`: signals, deaths, concurrent runs, terminals."""

import fcntl
import os
import pty
import signal
import subprocess
import unittest

import support


class Signals(support.RunCase):
    def start_ready(self, script, **options):
        process = self.start("run", "-v", "--", "sh", "-c", "echo ready; " + script, **options)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def kept(self):
        return len(self.expect("list").stdout.splitlines())

    def test_interruption_reaches_the_command_and_ends_both(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            fifo = self.fifo(f"go{number}")
            process = self.start_ready(f"echo $$ > '{self.log}'; exec cat '{fifo}'")
            support.wait_until(lambda: self.log.exists() and self.log.read_text(), "the number")
            process.send_signal(number)
            self.assertEqual(process.wait(support.PATIENCE), -number)
            self.assertFalse(os.path.exists(f"/proc/{self.log.read_text().strip()}"))
            self.log.unlink()
        self.assertEqual(self.kept(), 0)

    def test_a_shell_sees_128_and_the_signal(self):
        script = f"'{support.LARDER}' run -- sh -c 'kill -INT $PPID; exec sleep 100'; echo $?"
        done = subprocess.run(["sh", "-c", script], env=self.env, cwd=self.work, check=False,
                              capture_output=True, timeout=support.PATIENCE)
        self.assertEqual(done.stdout, b"130\n")

    def test_a_command_may_handle_the_signal(self):
        fifo = self.fifo("go")
        process = self.start("run", "-v", "--", "sh", "-c", "trap 'echo bye; exit 7' TERM; echo ready; "
                             f"cat '{fifo}' > /dev/null & wait")
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=support.PATIENCE)
        self.assertEqual((process.returncode, out), (7, b"bye\n"))
        self.assertIn(b"not kept", err)
        self.assertEqual(self.kept(), 0)

    def test_a_killed_command_is_128_plus_n_and_not_kept(self):
        for runs in (1, 2):
            self.run_command(self.count_script("kill -KILL $$"), code=137)
            self.assertEqual(self.runs(), runs)

    def test_ignored_signals_stay_ignored(self):
        fifo = self.fifo("go")
        script = f"trap '' INT; exec '{support.LARDER}' run -- sh -c 'echo ready; cat {fifo}'"
        process = subprocess.Popen(["sh", "-c", script], env=self.env, cwd=self.work,
                                   stdout=subprocess.PIPE)
        self.addCleanup(self._end, process)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGINT)
        support.feed(fifo, "done")
        self.assertEqual(process.communicate(timeout=support.PATIENCE)[0], b"done")
        self.assertEqual(process.returncode, 0)

    def test_the_command_gets_default_signals(self):
        self.run_command("exec grep SigIgn /proc/self/status", out="SigIgn:\t0000000000000000\n")

    def test_a_blocked_end_of_children_is_seen_and_stays_blocked_for_the_command(self):
        done = self.run_command("exec grep SigBlk /proc/self/status", err="",
                                before=("env", "--block-signal=CHLD"))
        self.assertEqual(int(done.stdout.split()[1], 16), 1 << (signal.SIGCHLD - 1))

    def test_a_killed_tool_takes_its_command_with_it_and_leaves_nothing_wrong(self):
        fifo = self.fifo("go")
        process = self.start_ready(f"echo $$ > '{self.log}'; exec cat '{fifo}'")
        support.wait_until(lambda: self.log.exists() and self.log.read_text(), "the number")
        command = self.log.read_text().strip()
        process.kill()
        process.wait()
        support.wait_until(lambda: not os.path.exists(f"/proc/{command}"), "the command's end")
        self.assertEqual(self.kept(), 0)
        self.run_command("echo fine", out="fine\n", err="")
        self.expect("verify", err="")
        self.expect("expire", out="0 entries expired\n")
        self.assertEqual(list((self.default_store() / "locks").iterdir()), [])

    def test_files_of_killed_runs_go_in_time_and_those_in_use_stay(self):
        self.run_command("true")
        locks = self.default_store() / "locks"
        for number in range(100):
            (locks / f"killed-{number}").touch()
            os.utime(locks / f"killed-{number}", (1, 1))
        (locks / "new").touch()  # perhaps its owner is about to lock it
        with open(locks / "held", "wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            os.utime(locks / "held", (1, 1))
            for number in range(8):
                self.run_command(f"echo {number}", err="")
            self.assertEqual(sorted(path.name for path in locks.iterdir()), ["held", "new"])

    def test_control_c_at_a_terminal_reaches_the_command_once(self):
        script = "trap 'echo caught' INT; echo ready; read x; read x; echo end"
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.work)
            os.execve(support.LARDER, [support.LARDER, "run", "--", "sh", "-c", script], self.env)
        self.addCleanup(os.close, terminal)
        self.read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        shown = self.read_until(terminal, b"caught")
        os.write(terminal, b"line\nline\n")
        shown += self.read_until(terminal, b"end")
        self.assertEqual(shown.count(b"caught"), 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertEqual(self.kept(), 0)

    @staticmethod
    def read_until(fd, words):
        shown = b""
        while words not in shown:
            shown += os.read(fd, 1024)
        return shown


class Concurrency(support.RunCase):
    def start_many(self, count, script):
        return [self.start("run", "--", "sh", "-c", script) for _ in range(count)]

    def test_eight_runs_compute_once(self):
        fifo = self.fifo("go")
        many = self.start_many(8, self.count_script(f"cat '{fifo}'; exit 5"))
        support.wait_until(lambda: sum(support.waits_for_lock(p.pid) for p in many) == 7,
                           "seven that wait")
        support.feed(fifo, "answer")
        for process in many:
            self.assertEqual(process.communicate(timeout=support.PATIENCE), (b"answer", b""))
            self.assertEqual(process.returncode, 5)
        self.assertEqual(self.runs(), 1)

    def test_different_commands_do_not_wait_for_each_other(self):
        fifo = self.fifo("go")
        slow = self.start("run", "--", "sh", "-c", f"echo ready; cat '{fifo}'")
        self.assertEqual(slow.stdout.readline(), b"ready\n")
        self.run_command("echo other", out="other\n")

    def test_a_waiter_goes_on_when_the_holder_is_killed(self):
        fifo = self.fifo("go")
        script = self.count_script(f"exec cat '{fifo}'")
        holder = self.start("run", "--", "sh", "-c", script)
        support.wait_until(lambda: self.runs() == 1, "the first computation")
        waiters = self.start_many(4, script)
        support.wait_until(lambda: all(support.waits_for_lock(p.pid) for p in waiters), "waiters")
        holder.kill()
        holder.wait()
        support.wait_until(lambda: self.runs() == 2, "the second computation")
        support.feed(fifo, "answer")
        for process in waiters:
            self.assertEqual(process.communicate(timeout=support.PATIENCE)[0], b"answer")
        self.assertEqual(self.runs(), 2)

    def test_a_waiter_can_be_interrupted(self):
        fifo = self.fifo("go")
        script = self.count_script(f"cat '{fifo}'")
        holder = self.start("run", "--", "sh", "-c", script)
        support.wait_until(lambda: self.runs() == 1, "the computation")
        waiter = self.start("run", "--", "sh", "-c", script)
        support.wait_until(lambda: support.waits_for_lock(waiter.pid), "a waiter")
        waiter.send_signal(signal.SIGINT)
        self.assertEqual(waiter.wait(support.PATIENCE), -signal.SIGINT)
        support.feed(fifo, "answer")
        self.assertEqual(holder.communicate(timeout=support.PATIENCE)[0], b"answer")

    def test_waiters_compute_together_if_the_result_is_not_kept(self):
        fifo = self.fifo("go")
        # The first holds the lock; each of the others waits for all of them: one after the other
        # they would wait for ever.
        script = self.count_script(f"test $(wc -l < '{self.log}') = 1 && cat '{fifo}'; "
                                   f"until test $(wc -l < '{self.log}') = 4; do :; done; exit 1")
        first = self.start("run", "--no-failures", "--", "sh", "-c", script)
        support.wait_until(lambda: self.runs() == 1, "the first")
        others = [self.start("run", "--no-failures", "--", "sh", "-c", script) for _ in range(3)]
        support.wait_until(lambda: all(support.waits_for_lock(p.pid) for p in others), "waiters")
        first.send_signal(signal.SIGTERM)
        for process in others:
            self.assertEqual(process.wait(support.PATIENCE), 1)
        self.assertEqual(self.runs(), 4)


class Sizes(support.RunCase):
    def test_huge_output_streams_through_in_little_memory(self):
        megabytes = 300
        script = self.count_script(f"head -c {megabytes}M /dev/zero")
        for runs in (1, 2):
            process = self.start("run", "--max-result-size", "4M", "--", "sh", "-c", script)
            size = 0
            while data := process.stdout.read(1 << 20):
                size += len(data)
            error = process.stderr.read()
            usage = os.wait4(process.pid, 0)[2]
            process.returncode = 0
            self.assertEqual(size, megabytes << 20)
            self.assertIn(b"not kept: the output is larger than 4.0 MiB", error)
            self.assertLess(usage.ru_maxrss, 100 << 10, "KiB")
            self.assertEqual(self.runs(), runs)

    def test_large_output_is_kept(self):
        for _ in range(2):
            done = self.run_command(self.count_script("head -c 20M /dev/zero"), err="")
            self.assertEqual(len(done.stdout), 20 << 20)
        self.assertEqual(self.runs(), 1)

    def test_a_reader_that_leaves_ends_endless_output(self):
        command = f"'{support.LARDER}' run -- yes | head -2"
        done = subprocess.run(["sh", "-c", command], env=self.env, cwd=self.work, check=True,
                              capture_output=True, timeout=support.PATIENCE)
        self.assertEqual((done.stdout, done.stderr), (b"y\ny\n", b""))
        self.expect("list", out="")

    def test_a_full_stdout_is_an_error(self):
        with open("/dev/full", "wb") as full:
            process = self.start("run", "--", "echo", "x", stdout=full)
            self.assertNotEqual(process.wait(support.PATIENCE), 0)


class BadStores(support.RunCase):
    def expect_plain_run(self, store):
        for runs in (1, 2):
            done = self.run_command(self.count_script("cat; echo err >&2; exit 6"), "--stdin",
                                    "--store", str(store), stdin=b"input", code=6, out="input")
            lines = done.stderr.decode().splitlines()
            self.assertEqual(lines[-1], "err")
            self.assertEqual(len(lines), 2, lines)  # one warning
            self.assertIn("larder: warning:", lines[0])
            self.assertEqual(self.runs(), runs)

    def test_the_command_runs_without_a_store(self):
        self.write("file", "")
        self.expect_plain_run(self.work / "file" / "store")

    def test_the_command_runs_if_the_store_may_not_be_written(self):
        self.expect_plain_run("/proc/larder")

    def test_quiet_says_nothing(self):
        self.run_command("echo x", "-q", "--store", "/proc/larder", out="x\n", err="")

    def test_garbage_in_place_of_a_store(self):
        self.store.mkdir()
        (self.store / "data.mdb").write_bytes(b"garbage" * 10_000)
        done = self.run_command("echo x", "--store", str(self.store), out="x\n")
        self.assertIn(b"warning", done.stderr)

    def run_with_small_files(self, script):
        """Runs `script` where no file may be longer than 50 KiB."""
        limit = f"ulimit -f 100; exec '{support.LARDER}' run -- sh -c '{script}'"
        return subprocess.run(["sh", "-c", limit], env=self.env, cwd=self.work, check=False,
                              capture_output=True, timeout=support.PATIENCE)

    def test_a_limit_on_files_costs_only_the_cache(self):
        for _ in range(2):
            done = self.run_with_small_files("echo x")
            self.assertEqual((done.returncode, done.stdout), (0, b"x\n"))
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
            self.assertIn(b"warning", done.stderr)
        self.run_command("true", err="")  # what was begun is no obstacle
        self.run_command("true", "-v", err="replaying")
        done = self.run_with_small_files("head -c 200000 /dev/zero")
        self.assertEqual((done.returncode, len(done.stdout)), (0, 200_000))
        self.expect("verify", str(self.default_store()), code=0)

    def test_the_limit_on_files_kills_the_command_as_ever(self):
        for before in ((), ("--warm",)):
            script = "head -c 4000000 /dev/zero > large; echo $? > code"
            limit = f"ulimit -f 4000; exec '{support.LARDER}' run \"$@\" -- sh -c '{script}'"
            self.run_command("true")
            subprocess.run(["sh", "-c", limit, "sh", *before], env=self.env, cwd=self.work,
                           check=True, capture_output=True, timeout=support.PATIENCE)
            code = self.work / "code"
            support.wait_until(lambda: code.exists() and code.read_text(), "the end")
            self.assertEqual(code.read_text(), f"{128 + signal.SIGXFSZ}\n")
            code.unlink()

    def test_a_full_device_costs_only_the_cache(self):
        device = self.folder / "device"
        device.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(device)],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("a small device needs the right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", str(device)], check=False)
        for number in range(4):
            done = self.run_command(f"head -c 6M /dev/urandom; exit {number}", "--store",
                                    str(device / "store"), code=number)
            self.assertEqual(len(done.stdout), 6 << 20)
            self.assertLessEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"not kept", done.stderr)
        self.expect("verify", str(device / "store"), code=0)

if __name__ == "__main__":
    unittest.main()
