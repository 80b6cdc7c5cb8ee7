# SPDX-License-Identifier: Apache-2.0
"""`larder locks`: who holds and who waits, and taking locks away."""

import json
import os
import pty
import signal
import subprocess
import unittest

import support

HOLDER = os.environ.get("LARDER_LOCK_HOLDER", str(
    support.ROOT / "build" / "release" / "tests" / "cli" / "larder_lock_holder"))


class Locks(support.StoreCase):
    def hold(self, kind="lock", name="nightly", says=b"held\n"):
        """A process that holds it, once it does."""
        holder = subprocess.Popen([HOLDER, str(self.store), kind, name], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(self._end, holder)
        if says:
            self.assertEqual(holder.stdout.readline(), says)
        return holder

    def let_go(self, holder, says):
        out, _ = holder.communicate(timeout=support.PATIENCE)
        self.assertEqual((out, holder.returncode), (says, 0))

    def locks(self, *options):
        done = self.expect("locks", "--json", *options, str(self.store), err="")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_holders_and_waiters(self):
        self.expect("locks", str(self.store), code=1, out="", err="there is no store")
        self.assertFalse(self.store.exists())
        holder = self.hold()
        waiter = self.hold(says=None)
        support.wait_until(lambda: len(self.locks()) == 2, "someone who waits")
        first, second = self.locks()
        self.assertEqual((first["kind"], first["name"]), ("lock", '"nightly"'))
        self.assertEqual((first["process"], first["thread"]), (holder.pid, holder.pid))
        self.assertEqual((first["is_waiting"], first["has_ended"]), (False, False))
        self.assertGreater(first["token"], 0)
        self.assertRegex(first["since"], r"^\d{4}-\d\d-\d\dT.*Z$")
        self.assertEqual((second["process"], second["is_waiting"]), (waiter.pid, True))
        self.assertIsNone(second["token"])
        shown = self.expect("locks", str(self.store), err="").stdout.decode()
        self.assertRegex(shown, rf'lock +"nightly" +holds +process {holder.pid} +\S+ \S+  token \d+\n')
        self.assertRegex(shown, rf'lock +"nightly" +waits +process {waiter.pid} +\S+ \S+\n$')
        self.let_go(holder, b"still held\n")
        self.assertEqual(waiter.stdout.readline(), b"held\n")
        self.let_go(waiter, b"still held\n")
        self.expect("locks", str(self.store), out="", err="")

    def test_break_gives_it_to_the_next(self):
        holder = self.hold()
        waiter = self.hold(says=None)
        support.wait_until(lambda: len(self.locks()) == 2, "someone who waits")
        self.expect("locks", "--break", "nightly", str(self.store), code=2, out="", err="add --yes")
        self.expect("locks", "--break", "nightly", "--yes", str(self.store),
                    out="taken away from 1 thread\n", err="")
        self.assertEqual(waiter.stdout.readline(), b"held\n")
        self.let_go(holder, b"taken away\n")
        self.let_go(waiter, b"still held\n")
        self.expect("locks", "--break", "nightly", "-y", str(self.store), code=3, out="",
                    err="nobody holds")

    def test_break_asks(self):
        holder = self.hold()
        for answer, code, says in ((b"n\n", 1, b"still held\n"), (b"y\n", 0, b"taken away\n")):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execve(support.LARDER, ["larder", "locks", "--break", "nightly", str(self.store)],
                          self.env)
            shown = b""
            while b"[y/N]" not in shown:
                shown += os.read(terminal, 4096)
            self.assertIn(f'Take lock "nightly" away from process {holder.pid}?'.encode(), shown)
            os.write(terminal, answer)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), code)
            os.close(terminal)
            self.assertEqual(len(self.locks()), 1 - (code == 0))
        self.let_go(holder, says)

    def test_kinds_of_one_name(self):
        lock = self.hold()
        semaphore = self.hold("semaphore")
        party = self.hold("barrier", says=b"joined\n")
        self.assertEqual({each["kind"] for each in self.locks()}, {"lock", "semaphore", "barrier"})
        self.assertEqual([each["process"] for each in self.locks("--kind", "semaphore")],
                         [semaphore.pid])
        self.expect("locks", "--break", "nightly", "-y", str(self.store), code=2, err="--kind")
        self.expect("locks", "--break", "nightly", "-y", "--kind", "nonsense", str(self.store), code=2)
        for kind in ("semaphore", "barrier"):
            self.expect("locks", "--break", "nightly", "-y", "--kind", kind, "--json",
                        str(self.store), out='{"broken": 1}\n')
        self.let_go(semaphore, b"taken away\n")
        self.let_go(party, b"unavailable\n")
        self.let_go(lock, b"still held\n")

    def test_those_who_died(self):
        holder = self.hold()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        self.assertTrue(self.locks()[0]["has_ended"])
        self.assertRegex(self.expect("locks", str(self.store)).stdout.decode(), " ended  ")
        self.let_go(self.hold(), b"still held\n")

    def test_names_are_keys(self):
        holder = self.hold(name="42")
        self.expect("locks", "--break", "42", "--key-type", "int", "-y", str(self.store), code=3)
        long = self.hold(name="x" * 200)
        self.expect("locks", "--break", "x" * 200, "-y", "-q", str(self.store), out="", err="")
        self.let_go(long, b"taken away\n")
        self.let_go(holder, b"still held\n")


if __name__ == "__main__":
    unittest.main()
