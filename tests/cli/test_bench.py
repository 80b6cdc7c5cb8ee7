# SPDX-License-Identifier: Apache-2.0
"""`larder bench`: its tables, numbers and pictures, and that nothing of its stores stays."""

import html.parser
import json
import os
import pty
import re
import signal
import struct
import unittest
import xml.etree.ElementTree

import support

OPERATIONS = ["put", "overwrite", "get", "miss", "erase"]
PERCENTILES = ["p50", "p90", "p99", "p99_9", "p99_99", "max"]
SVG = "{http://www.w3.org/2000/svg}"


class Bench(support.Case):
    def setUp(self):
        super().setUp()
        self.place = self.folder / "place"
        self.place.mkdir()

    def bench(self, *options, code=0, **checks):
        done = self.expect("bench", "--dir", str(self.place), *options, code=code, **checks)
        self.assertEqual(list(self.place.iterdir()), [], "stores are left behind")
        return done.stdout.decode()

    def results(self, *options):
        shown = self.bench("--json", "--keys", "300", "--ops", "2000", *options, err="")
        return [json.loads(line) for line in shown.splitlines()]

    def test_numbers_for_programs(self):
        results = self.results("--value-size", "100")
        self.assertEqual([one["operation"] for one in results], OPERATIONS)
        for one in results:
            self.assertEqual(list(one), [
                "operation", "engine", "durability", "policy", "keys", "value_bytes", "processes",
                "threads", "calls", "absent", "seconds", "mean", *PERCENTILES])
            self.assertEqual((one["engine"], one["durability"], one["policy"]),
                             ("lmdb", "consistent", "w_tinylfu"))
            once = one["operation"] in ("put", "erase")
            self.assertEqual(one["calls"], 300 if once else 2000)
            self.assertEqual(one["absent"], 2000 if one["operation"] == "miss" else 0)
            self.assertEqual((one["keys"], one["value_bytes"]), (300, 100))
            # No call lies above the 99.9th percentile of 300.
            self.assertEqual([name for name in PERCENTILES if one[name] is None],
                             ["p99_9", "p99_99"] if once else ["p99_99"])
            known = [one[name] for name in PERCENTILES if one[name] is not None]
            self.assertEqual(known, sorted(known), one)
            self.assertGreater(known[0], 0)
            self.assertLessEqual(one["mean"], one["max"])
            self.assertLessEqual(one["mean"] * one["calls"], one["seconds"] + 1e-6)

    def test_every_combination_once(self):
        results = self.results("--engine", "lmdb,memory", "--engine", "memory", "--policy", "none,lru",
                               "--durability", "disposable,consistent")
        subjects = [(one["engine"], one["durability"], one["policy"]) for one in results[::5]]
        self.assertEqual(subjects, [
            ("lmdb", "disposable", "none"), ("lmdb", "consistent", "none"),
            ("lmdb", "disposable", "lru"), ("lmdb", "consistent", "lru"),
            ("memory", None, "none"), ("memory", None, "lru")])

    def test_many_at_work(self):
        for one in self.results("--processes", "2", "--threads", "2"):
            self.assertEqual((one["processes"], one["threads"]), (2, 2))
            self.assertEqual(one["calls"], 300 if one["operation"] in ("put", "erase") else 2000)
            self.assertEqual(one["absent"], 2000 if one["operation"] == "miss" else 0)

    def test_what_a_limit_evicts_is_absent(self):
        results = {one["operation"]: one for one in self.results("--max-entries", "100")}
        self.assertEqual(results["erase"]["absent"], 200)
        self.assertGreater(results["get"]["absent"], 0)

    def test_tables(self):
        shown = self.bench("--keys", "10", "--ops", "10", "--engine", "lmdb,memory", err="")
        tables = [table.splitlines() for table in shown.split("\n\n")]
        self.assertEqual([table[0].split()[0] for table in tables], OPERATIONS)
        for table in tables:
            self.assertEqual([line[:25].strip() for line in table[1:]],
                             ["lmdb consistent w_tinylfu", "memory w_tinylfu"])
            self.assertEqual(len(set(map(len, table))), 1, table)
        self.assertEqual(self.bench("-q", "--keys", "10", "--ops", "10", err=""), "")

    def test_picture(self):
        file = self.folder / "a.svg"
        self.bench("--keys", "200", "--ops", "20000", "--policy", "none,lru", "--svg", str(file))
        root = xml.etree.ElementTree.parse(file).getroot()
        self.assertEqual(root.tag, SVG + "svg")
        width, height = map(float, root.get("viewBox").split()[2:])
        curves = root.findall(f".//{SVG}polyline")
        names = ["lmdb consistent none", "lmdb consistent lru"]
        self.assertEqual([curve.find(SVG + "title").text for curve in curves], names * 5)
        for curve in curves:
            points = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
            self.assertGreater(len(points), 20)
            for (x, y), (next_x, next_y) in zip(points, points[1:]):
                self.assertLessEqual(x, next_x)
                self.assertGreaterEqual(y, next_y)  # longer is higher
            for x, y in points:
                self.assertTrue(0 <= x <= width and 0 <= y <= height, (x, y))
        texts = [text.text for text in root.iter(SVG + "text")]
        self.assertLessEqual({*OPERATIONS, *names, "0 %", "90 %", "99 %", "99.9 %", "99.99 %"},
                             set(texts))
        self.assertTrue(any(re.fullmatch(r"10* (ns|us|ms|s)", text) for text in texts), texts)

    def test_picture_for_everything(self):
        file = self.folder / "a.png"
        self.bench("--keys", "20", "--ops", "20", "--png", str(file))
        png = file.read_bytes()
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", png[16:24])
        self.assertGreater(width, 1000)
        self.assertGreater(height, 1000)
        self.assertEqual(png[-8:-4], b"IEND")

    def test_picture_without_the_program_for_it(self):
        file = self.folder / "a.png"
        self.bench("--png", str(file), code=1, out="", err="librsvg2-bin",
                   env={**os.environ, "PATH": str(self.folder)})
        self.assertFalse(file.exists())

    def test_page(self):
        place = self.folder / "a<b&c"
        place.mkdir()
        file = self.folder / "a.html"
        self.expect("bench", "--dir", str(place), "--keys", "10", "--ops", "10", "--html", str(file))
        page = file.read_text()
        picture = re.search(r"<svg.*</svg>", page, re.DOTALL)[0]
        xml.etree.ElementTree.fromstring(picture)
        opened = []

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                opened.append(tag)
                # Complete in itself: nothing is fetched from anywhere.
                assert not {"src", "href"} & {name for name, _ in attributes}, attributes

        Reader().feed(page)
        self.assertEqual((opened.count("table"), opened.count("svg")), (5, 1))
        self.assertIn("a&lt;b&amp;c", page)

    def test_what_makes_no_sense(self):
        for options, message in (
                (["--engine", "rocks"], "there is no engine 'rocks': choose among lmdb, memory"),
                (["--engine", "lmdb,"], "there is no engine ''"),
                (["--durability", "eternal"], "choose among durable, consistent, disposable"),
                (["--policy", "best"], "there is no eviction 'best'"),
                (["--policy", "custom"], "the tool cannot measure it"),
                (["--keys", "0"], "--keys takes 1 to"),
                (["--keys", "many"], "'many' is not a number for --keys"),
                (["--ops", "0"], "--ops takes 1 to"),
                (["--value-size", "0"], "--value-size takes 1 to"),
                (["--value-size", "-1"], "'-1' is not a size"),
                (["--value-size", "1G"], "--value-size takes 1 to"),
                (["--processes", "20", "--threads", "20"], "--processes times --threads"),
                (["--keys", "3", "--processes", "4"], "--keys, with so many at work, takes 4"),
                (["--engine", "memory", "--processes", "2"], "use --threads instead"),
                (["--policy", "none", "--max-entries", "10"], "a full cache refuses"),
                (["--max-entries", "0"], "--max-entries takes 1 to"),
                (["--value-size", "256M", "--keys", "50000000"], "free, and this may take"),
                (["--percentile", "50"], "there is no option --percentile"),
                (["store"], "unexpected argument 'store'")):
            self.bench(*options, code=2, out="", err=message)
        self.expect("bench", "--dir", str(self.folder / "nowhere"), code=2, err="is no directory")

    def test_files_that_cannot_be_written(self):
        nowhere = self.folder / "nowhere" / "a.svg"
        self.bench("--svg", str(nowhere), code=2, out="", err="nowhere/a.svg")
        file = self.write("old.svg", "old")
        self.bench("--svg", str(file), "--engine", "rocks", code=2)
        self.assertEqual(file.read_text(), "old")

    def interrupted(self, number):
        process = self.start("bench", "--dir", str(self.place), "--ops", "50000000", "--svg",
                             str(self.folder / "a.svg"))
        support.wait_until(lambda: list(self.place.rglob("data.mdb")), "a store to be made")
        process.send_signal(number)
        self.assertEqual(process.wait(support.PATIENCE), -number)
        self.assertEqual(list(self.place.iterdir()), [])
        self.assertEqual([file for file in self.folder.iterdir() if "svg" in file.name], [])
        self.assertEqual(process.stdout.read(), b"")

    def test_interruptions_leave_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.interrupted(number)

    @staticmethod
    def children(process):
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as pids:
            return [int(pid) for pid in pids.read().split()]

    def test_a_worker_that_is_killed_fails_the_run(self):
        process = self.start("bench", "--dir", str(self.place), "--ops", "50000000",
                             "--processes", "3")
        support.wait_until(lambda: list(self.place.rglob("data.mdb")), "a store to be made")
        os.kill(self.children(process)[1], signal.SIGKILL)
        self.assertEqual(process.wait(support.PATIENCE), 1)
        self.assertIn(b"a measuring process was ended by signal 9", process.stderr.read())
        self.assertEqual(list(self.place.iterdir()), [])

    def test_nobody_is_left_when_the_tool_is_killed(self):
        process = self.start("bench", "--dir", str(self.place), "--ops", "50000000",
                             "--processes", "2")
        support.wait_until(lambda: len(self.children(process)) == 2, "workers")
        workers = self.children(process)
        process.kill()
        process.wait(support.PATIENCE)
        support.wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers),
                           "the workers to end")

    def test_no_room_for_the_store_is_told(self):
        self.bench("--keys", "2000", "--value-size", "100K", code=1, out="",
                   err="a measuring process failed: commit: No space left on device", before=["prlimit", "--fsize=20000000"])

    def test_progress_on_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(support.LARDER, [support.LARDER, "bench", "--dir", str(self.place), "--json",
                                       "--keys", "20", "--ops", "20"], self.env)
        self.addCleanup(os.close, terminal)
        shown = b""
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except OSError:  # the other end is closed
            pass
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertRegex(shown, rb"\r\x1b\[K\[[#.]{24}\] \d+ %  lmdb consistent w_tinylfu: ")
        # The line is gone when the numbers come.
        self.assertRegex(shown, rb'\r\x1b\[K\{"operation": "put"')


if __name__ == "__main__":
    unittest.main()
