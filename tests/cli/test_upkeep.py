# SPDX-License-Identifier: Apache-2.0
"""`larder stats`, `limit`, `expire`, `clear` and `verify`."""

import json
import os
import pty
import re
import unittest

import support


class Upkeep(support.StoreCase):
    def setUp(self):
        super().setUp()
        for key in "abc":
            self.put(key, key * 100, "--tag", "low" if key < "c" else "high")

    def json(self, command, *options):
        return json.loads(self.expect(command, "--json", *options, str(self.store), err="").stdout)

    def test_stats(self):
        self.get("a")
        self.expect("get", str(self.store), "x", code=3)
        stats = self.json("stats")
        self.assertEqual((stats["entries"], stats["puts"], stats["hits"], stats["misses"]),
                         (3, 3, 0, 0), "looking is not counted")
        self.assertEqual((stats["hit_rate"], stats["max_bytes"]), (0, None))
        self.assertGreater(stats["disk_bytes"], 0)
        text = self.expect("stats", str(self.store)).stdout.decode()
        self.assertIn("Entries      3, no limit\n", text)
        self.assertIn("Reads        none\n", text)
        self.assertEqual(self.json("stats", "--reset")["puts"], 3)
        self.assertEqual(self.json("stats")["puts"], 0)

    def test_stats_for_prometheus(self):
        text = self.expect("stats", "--prometheus", "--label", "cache=a b", str(self.store),
                           err="").stdout.decode()
        self.assertIn('\nlarder_cache_puts_total{cache="a b"} 3\n', text)
        self.assertIn("# TYPE larder_cache_operation_duration_seconds histogram\n", text)
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{[^}]*\} [0-9.e+-]+)$")
        for bad in (["--label", "x"], ["--label", "le=1"], ["--json"]):
            self.expect("stats", "--prometheus", *bad, str(self.store), code=2, out="")

    def test_stats_of_latencies(self):
        for i in range(400):  # about one in fifteen is timed
            self.put("k", str(i))
            stats = self.json("stats")
            if stats["put_samples"] > 0:
                break
        self.assertGreater(stats["put_samples"], 0)
        self.assertGreaterEqual(stats["put_p99"], stats["put_p50"])
        self.assertLess(stats["put_p50"], 60)
        self.assertIn("Puts take    median ", self.expect("stats", str(self.store)).stdout.decode())

    def test_stats_show_no_evictions_where_there_were_none(self):
        self.expect("limit", "--max-entries", "9", str(self.store))
        self.expect("evict", str(self.store))
        shown = self.expect("stats", str(self.store)).stdout.decode()
        self.assertIn(" 0 evicted\n", shown)
        self.assertNotIn("Evictions", shown)
        self.expect("limit", "--max-entries", "2", str(self.store))
        self.assertIn("\nEvictions    median ", self.expect("stats", str(self.store)).stdout.decode())

    def test_limit_is_kept_and_obeyed(self):
        self.expect("limit", "--max-entries", "2", "--eviction", "fifo", str(self.store))
        self.assertEqual(self.expect("list", str(self.store)).stdout, b"b\nc\n")
        self.put("d", "d")
        self.assertEqual(self.expect("list", str(self.store)).stdout, b"c\nd\n")
        self.expect("limit", "--max-entries", "none", "--max-bytes", "1.5K", "--ttl", "2h",
                    str(self.store), out="max bytes    1.5 KiB\nmax entries  none\n"
                                         "eviction     fifo\nttl          2.0 h\n"
                                         "max age      none\n")
        self.assertEqual(self.json("limit"), {"max_entries": None, "max_bytes": 1536,
                                              "eviction": "fifo",
                                              "expire_after_write_seconds": 7200.0,
                                              "max_age_seconds": None})
        for bad in (["--max-bytes", "x"], ["--max-entries", "-1"], ["--eviction", "best"],
                    ["--ttl", "soon"], ["--max-age", "0"]):
            self.expect("limit", *bad, str(self.store), code=2, out="")

    def test_nothing_is_found_beyond_the_age_limit(self):
        self.put("long", "v", "--ttl", "1d")
        self.expect("limit", "--max-age", "10m", str(self.store))
        self.assertEqual(self.json("limit")["max_age_seconds"], 600.0)
        for later, code in (("+9m", 0), ("+11m", 3)):
            for key in ("a", "long"):
                self.expect("get", str(self.store), key, before=("faketime", "-f", later), code=code)
        self.expect("limit", "--max-age", "none", str(self.store))
        self.assertIsNone(self.json("limit")["max_age_seconds"])

    def test_no_eviction_makes_a_full_store_fail(self):
        self.expect("limit", "--max-entries", "3", "--eviction", "none", str(self.store))
        self.expect("put", str(self.store), "d", "d", code=1, out="", err="larder: ")

    def test_expire(self):
        self.expect("expire", str(self.store), out="0 entries expired\n")
        self.expect("expire", "-q", str(self.store), out="")
        self.assertEqual(self.json("expire"), {"expired": 0})

    def test_clear_needs_an_answer(self):
        self.expect("clear", str(self.store), code=2, out="", err="--yes")
        self.assertEqual(self.json("stats")["entries"], 3)
        self.expect("clear", "--yes", str(self.store), out="3 entries removed\n")
        self.assertEqual(self.json("stats")["entries"], 0)
        self.assertEqual(self.json("clear", "-y"), {"removed": 0})

    def test_clear_by_tag(self):
        self.expect("clear", "--tag", "low", str(self.store), out="2 entries removed\n")
        self.expect("list", str(self.store), out="c\n")

    def clear_at_a_terminal(self, answer):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(support.LARDER, [support.LARDER, "clear", str(self.store)], self.env)
        self.addCleanup(os.close, terminal)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(terminal, 1024)
        self.assertIn(b"Remove all 3 entries", shown)
        os.write(terminal, answer)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_clear_asks_at_a_terminal(self):
        self.assertEqual(self.clear_at_a_terminal(b"\n"), 1)
        self.assertEqual(self.clear_at_a_terminal(b"n\n"), 1)
        self.assertEqual(self.json("stats")["entries"], 3)
        self.assertEqual(self.clear_at_a_terminal(b"y\n"), 0)
        self.assertEqual(self.json("stats")["entries"], 0)

    def test_verify_of_a_good_store(self):
        report = self.json("verify")
        self.assertEqual((report["entries"], report["problems"]), (3, []))
        self.expect("verify", str(self.store), err="")
        self.expect("verify", "-q", str(self.store), out="", err="")

    def test_verify_finds_damage(self):
        path = self.store / "data.mdb"
        data = path.read_bytes()
        self.assertIn(b"a" * 100, data)
        path.write_bytes(data.replace(b"a" * 100, b"a" * 50 + b"X" * 50))
        done = self.call("verify", "--json", str(self.store))
        self.assertEqual(done.returncode, 4, done)
        self.assert_problems(done)
        self.assertNotEqual(self.call("get", str(self.store), "a").stdout, b"a" * 50 + b"X" * 50)

    def assert_problems(self, done):
        report = json.loads(done.stdout)
        self.assertEqual(len(report["problems"]), 1, report)
        return report

    def test_verify_of_a_store_that_cannot_be_opened(self):
        path = self.store / "data.mdb"
        path.write_bytes(b"x" * path.stat().st_size)
        report = self.assert_problems(self.expect("verify", "--json", str(self.store), code=4))
        self.assertIn("damaged", report["problems"][0])
        self.assertEqual((report["entries"], report["complete"]), (0, False))
        done = self.expect("verify", str(self.store), code=4, err="1 problem found")
        self.assertEqual(done.stdout.decode(), report["problems"][0] + "\n")

    def test_backup_as_json(self):
        copy = str(self.folder / "copy")
        self.expect("backup", "--json", str(self.store), copy, err="",
                    out=f'{{"directory": "{copy}", "entries": 3}}\n')

    def test_backup_is_a_store(self):
        self.put("long", b"l" * 2_000_000)
        self.expect("backup", str(self.store), str(self.folder / "copy"), out="4 entries copied\n")
        self.expect("clear", "-y", str(self.store))
        self.assertEqual(self.expect("get", str(self.folder / "copy"), "long").stdout,
                         b"l" * 2_000_000)
        self.expect("verify", str(self.folder / "copy"))
        self.expect("backup", str(self.store), str(self.folder / "copy"), code=2, err="new dir")

    def test_compact_gives_space_back(self):
        for number in range(20):
            self.put(f"gone{number}", b"g" * 200_000)
        # Closing gives back what is worth a copy: not this much, for so short a command.
        self.expect("erase", str(self.store), *(f"gone{number}" for number in range(12)))
        report = self.json("compact")
        self.assertGreater(report["bytes_before"], 4_500_000)
        self.assertLess(report["bytes_after"], 3_000_000)
        self.assertEqual(self.json("stats")["entries"], 3 + 8)
        self.assertEqual(self.json("verify")["problems"], [])
        self.assertIn(b" before, ", self.expect("compact", str(self.store)).stdout)
        self.expect("compact", str(self.folder / "missing"), code=1, err="no store")

    def test_repair_keeps_what_is_whole(self):
        self.put("long", b"l" * 2_000_000)
        value = next(path for path in (self.store / "values-cache").rglob("*") if path.is_file())
        value.write_bytes(value.read_bytes()[:-100])
        self.expect("verify", str(self.store), code=4)
        self.expect("repair", "--dry-run", str(self.store), code=4)
        self.assertEqual(self.json("repair")["removed"], 1)
        self.expect("repair", str(self.store), out="3 entries: all is well\n", err="")
        self.assertEqual(self.json("verify")["problems"], [])
        self.assertFalse(value.exists())

    def test_repair_of_damaged_pages(self):
        for number in range(300):
            self.put(f"k{number}", b"v" * 200)
        self.expect("compact", str(self.store))  # then no page is out of use
        count = self.json("verify")["entries"]
        path = self.store / "data.mdb"
        data = bytearray(path.read_bytes())
        # The first one has the count of entries, too.
        at = data.index(b"v" * 200, len(data) // 2) // 4096 * 4096
        data[at:at + 4096] = bytes(4096)
        path.write_bytes(data)
        self.expect("repair", "--dry-run", str(self.store), code=4)
        self.assertEqual(path.read_bytes(), data)
        done = self.expect("repair", str(self.store))
        self.assertIn(b"data.mdb.damaged", done.stdout)
        counts = re.search(rb"at least (\d+) entries lost, (\d+) kept", done.stdout)
        lost, kept = (int(text) for text in counts.groups())
        self.assertGreater(lost, 0)
        self.assertEqual(lost + kept, count)
        self.assertEqual((self.store / "data.mdb.damaged").read_bytes(), data)
        report = self.json("verify")
        self.assertEqual(report["problems"], [])
        self.assertGreater(report["entries"], 270)

if __name__ == "__main__":
    unittest.main()
