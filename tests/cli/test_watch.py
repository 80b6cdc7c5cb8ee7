# SPDX-License-Identifier: Apache-2.0
"""`larder evict`, `doctor` and `top`."""

import json
import os
import pty
import signal
import unittest

import support


class Evict(support.StoreCase):
    def test_expired_entries_go(self):
        self.put("stays", "x")
        self.put("gone", "x", "--ttl", "1ms")
        support.wait_until(lambda: self.call("get", str(self.store), "gone").returncode == 3,
                           "the entry to expire")
        self.expect("evict", "--json", str(self.store), out='{"expired": 1, "evicted": 0}\n')
        self.expect("evict", str(self.store), out="0 expired, 0 evicted\n")
        self.expect("list", str(self.store), out="stays\n")


class Doctor(support.StoreCase):
    def setUp(self):
        super().setUp()
        self.put("k", "v")

    def findings(self, code, *options, **checks):
        done = self.expect("doctor", "--json", *options, str(self.store), code=code, **checks)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wrong(self, code, *options, **checks):
        return [one for one in self.findings(code, *options, **checks)
                if one["weight"] in ("problem", "damage")]

    def test_files_that_are_much_larger_than_what_is_in_them(self):
        self.assertNotIn("space", [one["subject"] for one in self.findings(0)])
        service = self.start("pull", "--wait", "1h", str(self.store), "jobs")
        for number in range(60):
            self.put(f"k{number}", "v" * 900_000)
        self.expect("clear", "--yes", str(self.store))
        self.expect("expire", str(self.store))

        def found():
            return [one for one in self.findings(0) if one["subject"] == "space"]

        support.wait_until(found, "the service to bring the log to the database")
        self.assertEqual(found()[0]["weight"], "notice")
        self.assertIn("larder compact", found()[0]["advice"])
        self.expect("push", str(self.store), "jobs", "stop")
        self.assertEqual(service.wait(support.PATIENCE), 0)
        self.assertNotIn("space", [one["subject"] for one in self.findings(0)])

    def test_a_good_store(self):
        found = {one["subject"]: one for one in self.findings(0, err="")}
        self.assertEqual(found["records"]["found"], "1 entries are whole")
        self.assertLessEqual({"clock", "file system", "free space", "permissions", "store"},
                             set(found))
        self.assertNotIn("records", [one["subject"] for one in self.findings(0, "--quick")])
        text = self.expect("doctor", str(self.store)).stdout.decode()
        self.assertIn("ok       records: 1 entries are whole\n", text)
        self.expect("doctor", "-q", str(self.store), out="")

    def test_what_others_may_write(self):
        self.store.chmod(0o777)
        wrong = self.wrong(1)
        self.assertEqual([one["subject"] for one in wrong], ["permissions", "store"])
        self.assertIn("chmod go-w", wrong[0]["advice"])

    def test_limits_that_make_no_sense(self):
        self.expect("limit", "--max-bytes", "8000000T", str(self.store))
        self.assertIn("device is full", self.wrong(1)[0]["found"])
        self.expect("limit", "--max-bytes", "1M", "--eviction", "none", str(self.store))
        self.assertIn("storing fails", [one["found"] for one in self.findings(0)
                                        if one["subject"] == "limit"][0])

    def test_limits_of_the_process(self):
        wrong = self.wrong(1, before=["prlimit", "--nofile=32"])
        self.assertEqual([one["subject"] for one in wrong], ["open files"])

    def test_damage(self):
        self.put("long", b"l" * 2_000_000)
        value = next(path for path in (self.store / "values-cache").rglob("*") if path.is_file())
        value.write_bytes(value.read_bytes()[:-100])
        wrong = self.wrong(4)
        self.assertIn("long", wrong[0]["found"])
        self.assertIn("repair", wrong[-1]["advice"])

    def test_a_database_that_cannot_be_opened(self):
        path = self.store / "data.mdb"
        path.write_bytes(b"x" * path.stat().st_size)
        self.assertEqual(self.wrong(4)[0]["subject"], "store")

    def test_a_directory_without_a_store(self):
        empty = self.folder / "empty"
        empty.mkdir(mode=0o700)
        self.expect("doctor", str(empty), code=0)
        self.assertEqual(list(empty.iterdir()), [])
        text = self.expect("doctor", str(self.folder / "nowhere"), code=1).stdout.decode()
        self.assertIn("notice   file system: cannot be told\n", text)
        self.assertIn("No such file or directory\n", text)


class Top(support.StoreCase):
    def test_one_interval(self):
        self.put("k", "v")
        seen = json.loads(self.expect("top", "--once", "--json", "--interval", "10ms",
                                      str(self.store), err="").stdout)
        self.assertEqual((seen["entries"], seen["puts"]), (1, 0))
        self.assertGreaterEqual(seen["seconds"], 0.01)
        heading, line = self.expect("top", "--once", "--interval", "10ms",
                                    str(self.store)).stdout.decode().splitlines()
        self.assertTrue(heading.startswith("  hits/s"))
        self.assertEqual(len(line), len(heading))
        self.expect("top", "--interval", "never", str(self.store), code=2, out="")

    def test_shows_what_others_do(self):
        self.put("k", "v")
        process = self.start("top", "--json", "--interval", "20ms", str(self.store))
        self.assertEqual(json.loads(process.stdout.readline())["puts"], 0)
        self.put("k", "w")
        self.expect("erase", str(self.store), "k")
        puts = erased = 0
        while puts == 0 or erased == 0:
            seen = json.loads(process.stdout.readline())
            puts, erased = puts + seen["puts"], erased + seen["erased"]
        self.assertEqual((puts, erased), (1, 1))

    def test_a_terminal_is_written_over_until_interrupted(self):
        self.put("k", "v")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(support.LARDER, [support.LARDER, "top", "--interval", "20ms",
                                       str(self.store)], self.env)
        self.addCleanup(os.close, terminal)
        shown = b""
        while shown.count(b"\x1b[H\x1b[J") < 2 or b"puts/s" not in shown:
            shown += os.read(terminal, 4096)
        os.kill(pid, signal.SIGINT)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), -signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
