# SPDX-License-Identifier: Apache-2.0
"""`larder import`: directories that Python's diskcache wrote, whole ones and hostile ones."""

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest
import zlib

import support

SCHEMA = """
CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value);
CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL,
  expire_time REAL, access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB,
  size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0, filename TEXT, value BLOB);
"""
RAW, BINARY, TEXT, PICKLE = 1, 2, 3, 4


def find_python():
    """A Python that has diskcache; the one of the system may be another than this."""
    for python in (sys.executable, "/usr/bin/python3"):
        done = subprocess.run([python, "-c", "import diskcache"], capture_output=True, check=False)
        if done.returncode == 0:
            return python
    return None


PYTHON = find_python()


class ImportCase(support.StoreCase):
    def setUp(self):
        super().setUp()
        self.source = self.folder / "source"
        done = self.call("import", "diskcache:/nowhere", str(self.store))
        if b"built without" in done.stderr:
            self.skipTest("this larder cannot read diskcache")
        shutil.rmtree(self.store, ignore_errors=True)

    def import_all(self, *options, code=0, err=None):
        done = self.expect("import", "--json", *options, f"diskcache:{self.source}",
                           str(self.store), code=code, err=err)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return lines[-1], lines[:-1]

    def entry(self, key, *options):
        return json.loads(self.get(key, "--json", *options))

    def count(self):
        return len(self.expect("list", str(self.store)).stdout.splitlines())


@unittest.skipUnless(PYTHON, "the package python3-diskcache is not installed")
class Real(ImportCase):
    """Directories as diskcache itself writes them."""

    def write_with(self, script):
        subprocess.run([PYTHON, "-B", "-c", "import diskcache, io\nfolder = " +
                        repr(str(self.source)) + "\n" + script], check=True)

    def test_every_kind_of_value_and_key(self):
        self.write_with("""
cache = diskcache.Cache(folder, size_limit=12345678, cull_limit=0,
                        eviction_policy='least-recently-used')
cache.set('text', 'caf\\u00e9', expire=1000, tag='t')
cache['whole'] = -5
cache['real'] = 0.5
cache['bytes'] = b'\\x00\\xff'
cache['long text'] = 'x' * 100_000
cache['long bytes'] = b'\\xfe' * 2_000_000
cache.set('stream', io.BytesIO(b'from a file'), read=True, tag=b'raw')
cache[7] = 'whole number'
cache[1.5] = 'real number'
cache[b'\\x01'] = 'bytes'
cache.set('gone', 1, expire=-1)
cache['object'] = {'a': 1}
cache[('a', 'tuple')] = 2
cache['n'] = 40
cache.incr('n', 2)
cache.close()
""")
        numbers, lines = self.import_all(code=1)
        self.assertEqual(numbers, {"taken": 11, "expired": 1, "present": 0, "python": 2,
                                   "damaged": 0, "unsupported": 0, "no_room": 0, "dry_run": False})
        self.assertEqual([line["reason"] for line in lines], ["python", "python"])
        self.assertEqual(lines[0]["not_taken"], "object")
        text = self.entry("text")
        self.assertEqual((text["type"], text["value"], text["tags"]), ("text", "caf\u00e9", ["t"]))
        self.assertIsNotNone(text["expires_at"])
        self.assertEqual((self.entry("whole")["type"], self.get("whole")), ("integer", b"-5"))
        self.assertEqual((self.entry("real")["type"], self.get("real")), ("real", b"0.5"))
        self.assertEqual(self.get("bytes"), b"\x00\xff")
        self.assertEqual(self.get("long text"), b"x" * 100_000)
        self.assertEqual(self.entry("long text")["type"], "text")
        self.assertEqual(self.get("long bytes"), b"\xfe" * 2_000_000)
        self.assertEqual(self.get("stream"), b"from a file")
        self.assertEqual(self.entry("stream")["tags"], ["raw"])
        self.assertEqual(self.get("7", "--key-type", "int"), b"whole number")
        self.assertEqual(self.get("01", "--key-type", "hex"), b"bytes")
        self.assertEqual(self.get("n"), b"42")
        self.expect("verify", str(self.store))
        text = self.call("import", f"diskcache:{self.source}", str(self.store)).stdout.decode()
        self.assertIn("11 entries taken\n1 left out: expired\n2 not taken: Python objects\n", text)
        self.assertIn("larder limit --max-bytes 12345678 --eviction lru STORE", text)

    def test_order_of_insertion_stays(self):
        self.write_with("""
cache = diskcache.Cache(folder)
for key in 'cab': cache[key] = key
cache['c'] = 'again'
""")
        self.import_all()
        self.expect("list", "--order", "insertion", str(self.store), out="c\na\nb\n")

    def test_all_shards_of_a_fanout_cache(self):
        self.write_with("""
cache = diskcache.FanoutCache(folder, shards=4)
for i in range(500): cache[i] = str(i)
cache.cache('inner')['x'] = 1
""")
        numbers, _ = self.import_all(err="import each of them")
        self.assertEqual(numbers["taken"], 500)
        self.assertEqual(self.get("499", "--key-type", "int"), b"499")
        shutil.rmtree(self.source / "001")
        self.expect("import", "--dry-run", f"diskcache:{self.source}", str(self.store),
                    err="shard 001 is missing")

    def test_json_disk(self):
        self.write_with("""
cache = diskcache.Cache(folder, disk=diskcache.JSONDisk, disk_compress_level=6)
cache['doc'] = {'b': [1, None], 'a': 'x'}
cache[3] = 'three'
cache[('a', 1)] = 1.5
cache['long'] = ['y' * 50] * 20_000
cache.set('stream', io.BytesIO(b'no json'), read=True)
""")
        numbers, _ = self.import_all()
        self.assertEqual(numbers["taken"], 5)
        doc = self.entry("doc")
        self.assertEqual((doc["type"], doc["value"]), ("json", '{"a":"x","b":[1,null]}'))
        self.assertEqual(self.get("3", "--key-type", "int"), b'"three"')
        self.assertEqual(len(json.loads(self.get("long"))), 20_000)
        self.assertEqual(self.get("stream"), b"no json")
        self.assertIn('("a", 1)', self.expect("list", str(self.store)).stdout.decode())

    def test_a_directory_in_use_is_read_and_stays_as_it_is(self):
        with subprocess.Popen([PYTHON, "-B", "-c", f"""
import diskcache, sys
cache = diskcache.Cache({str(self.source)!r})
cache['k'] = 'v'
print('ready', flush=True)
sys.stdin.readline()
assert cache['k'] == 'v' and cache.check() == []
"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            self.assertEqual(self.import_all()[0]["taken"], 1)
            process.communicate(b"\n")
        self.assertEqual(process.returncode, 0)

    def test_dry_run_and_what_is_there_already(self):
        self.write_with("cache = diskcache.Cache(folder)\ncache['k'] = 'new'\ncache['l'] = 'l'")
        self.assertEqual(self.import_all("--dry-run")[0]["taken"], 2)
        self.assertFalse(self.store.exists())
        self.put("k", "old")
        numbers, _ = self.import_all("--if-absent")
        self.assertEqual((numbers["taken"], numbers["present"]), (1, 1))
        self.assertEqual(self.get("k"), b"old")
        self.import_all()
        self.assertEqual(self.get("k"), b"new")

    def test_what_has_no_room_is_told(self):
        self.write_with("cache = diskcache.Cache(folder)\ncache['big'] = b'b' * 9000\n"
                        "cache['k'] = 'v'")
        self.put("x", "x")
        self.expect("limit", "--max-bytes", "4K", str(self.store))
        numbers, lines = self.import_all(code=1)
        self.assertEqual((numbers["taken"], numbers["no_room"]), (1, 1))
        self.assertEqual(lines[0]["not_taken"], "big")
        self.assertEqual(self.get("k"), b"v")

    def test_progress_on_a_terminal(self):
        self.write_with("cache = diskcache.Cache(folder)\n"
                        "with cache.transact():\n for i in range(3000): cache[i] = i")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(support.LARDER, [support.LARDER, "import", f"diskcache:{self.source}",
                                       str(self.store)], self.env)
        shown = b""
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:
            pass
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertIn(b"2048 entries", shown)
        self.assertIn(b"3000 entries taken", shown)


class Hostile(ImportCase):
    """Databases that no diskcache would write."""

    def setUp(self):
        super().setUp()
        self.source.mkdir()
        self.database = sqlite3.connect(self.source / "cache.db", isolation_level=None)
        self.addCleanup(self.database.close)
        self.database.executescript(SCHEMA)

    def row(self, key, **columns):
        columns = {"key": key, "raw": 1, "mode": RAW, "value": "v"} | columns
        names = ", ".join(columns)
        self.database.execute(f"INSERT INTO Cache ({names}) VALUES ({', '.join('?' * len(columns))})",
                              list(columns.values()))

    def file_row(self, key, filename, size=4, mode=BINARY):
        self.row(key, mode=mode, filename=filename, size=size, value=None)

    def expect_refused(self, detail, reason="damaged", taken=1):
        self.row("good", value="good")
        numbers, lines = self.import_all(code=4 if reason == "damaged" else 1)
        self.assertEqual(numbers["taken"], taken)
        self.assertNotEqual(lines, [])
        for line in lines:
            self.assertEqual(line["reason"], reason, line)
            self.assertIn(detail, line["detail"])
        self.assertEqual(self.get("good"), b"good")
        return lines

    def test_files_outside_of_the_directory(self):
        (self.folder / "secret").write_bytes(b"1234")
        for name in ("../secret", str(self.folder / "secret"), "a/../../secret", "..", "", "a/",
                     "./secret", "a" * 5000, "a\0b"):
            self.file_row(f"to {name[:20]}", name)
        self.assertEqual(len(self.expect_refused("leads out of the directory")), 9)

    def test_symbolic_links(self):
        (self.folder / "secret").write_bytes(b"1234")
        (self.source / "link").symlink_to(self.folder / "secret")
        (self.source / "folder").symlink_to(self.folder)
        self.file_row("file", "link")
        self.file_row("folder", "folder/secret")
        self.assertEqual(len(self.expect_refused("through a symbolic link")), 2)

    def test_what_is_no_file(self):
        os.mkfifo(self.source / "pipe")
        (self.source / "folder").mkdir()
        self.file_row("pipe", "pipe")
        self.file_row("folder", "folder")
        self.assertEqual(len(self.expect_refused("is no file")), 2)

    def test_missing_files_and_wrong_sizes(self):
        (self.source / "file").write_bytes(b"1234")
        self.file_row("missing", "missing.val")
        self.file_row("short", "file", size=1 << 60)
        self.file_row("negative", "file", size=-1)
        self.file_row("no name", None)
        self.file_row("no number", "file", size="four")
        self.assertEqual(len(self.expect_refused("")), 5)

    def test_wrong_types(self):
        self.row(None)
        self.row("no raw", raw=None)
        self.row("no mode", mode="raw")
        self.row("another mode", mode=99)
        self.row("no time", expire_time="tomorrow")
        self.row("no value", value=None)
        self.database.execute("INSERT INTO Cache (key, raw, mode, value) "
                              "VALUES (CAST(X'FF' AS TEXT), 1, 1, 1)")
        self.database.execute("INSERT INTO Cache (key, raw, mode, value) "
                              "VALUES ('bad text', 1, 1, CAST(X'C328' AS TEXT))")
        self.assertEqual(len(self.expect_refused("")), 8)

    def test_far_away_expiry_is_none(self):
        self.row("infinite", expire_time=float("inf"))
        self.row("far", expire_time=1e300)
        self.row("whole", expire_time=int(time.time()) + 1000)
        self.assertEqual(self.import_all()[0]["taken"], 3)
        self.assertIsNone(self.entry("infinite")["expires_at"])
        self.assertIsNone(self.entry("far")["expires_at"])
        self.assertIsNotNone(self.entry("whole")["expires_at"])

    def test_pickles_are_never_executed(self):
        harm = self.folder / "harm"
        pickle = f"cposix\nsystem\n(S'touch {harm}'\ntR.".encode()
        (self.source / "object").write_bytes(pickle)
        self.row("inline", mode=PICKLE, value=pickle)
        self.row(pickle, raw=0)
        self.file_row("file", "object", mode=PICKLE, size=len(pickle))
        self.assertEqual(len(self.expect_refused("pickled", reason="python")), 3)
        self.assertFalse(harm.exists())

    def test_json_that_is_too_much(self):
        bomb = zlib.compress(b'"' + b" " * (80 << 20) + b'"', 9)
        packed = [zlib.compress(text.encode()) for text in
                  ('"good"', '"bomb"', '"cut"', '"big"', '"deep"', '{"a": 1}', '"nan"')]
        values = [zlib.compress(b'"good"'), bomb, packed[0][:-3], zlib.compress(b"1" * 30),
                  zlib.compress(b"[" * 1000 + b"]" * 1000), packed[0], zlib.compress(b"NaN")]
        for key, value in zip(packed, values):
            self.row(key, value=value)
        numbers, lines = self.import_all(code=4)
        self.assertEqual((numbers["taken"], numbers["damaged"], numbers["unsupported"]), (1, 2, 4),
                         lines)
        self.assertEqual(self.get("good"), b'"good"')

    def test_a_tag_too_long(self):
        self.row("tagged", tag="t" * 70_000)
        self.expect_refused("tag", reason="unsupported")

    def test_a_damaged_database_is_told(self):
        for i in range(2000):
            self.row(f"key {i}", value="v" * 300)
        self.database.close()
        path = self.source / "cache.db"
        data = bytearray(path.read_bytes())
        data[len(data) // 2:len(data) // 2 + 4096 * 3] = b"\xa5" * 4096 * 3
        path.write_bytes(data)
        numbers, _ = self.import_all(code=4)
        self.assertGreater(numbers["damaged"], 0)
        self.assertEqual(self.count(), numbers["taken"])

    def test_a_view_in_place_of_the_table(self):
        self.database.executescript("""
DROP TABLE Cache; CREATE VIEW Cache AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
SELECT i + 1 FROM n) SELECT i AS rowid, i AS key, 1 AS raw, 0 AS store_time, NULL AS expire_time,
NULL AS tag, 0 AS size, 1 AS mode, NULL AS filename, 1 AS value FROM n;""")
        self.assertNotEqual(self.call("import", f"diskcache:{self.source}",
                                      str(self.store)).returncode, 0)

    def test_a_database_that_is_no_file(self):
        self.database.close()
        (self.source / "cache.db").rename(self.folder / "elsewhere.db")
        (self.source / "cache.db").symlink_to(self.folder / "elsewhere.db")
        self.expect("import", f"diskcache:{self.source}", str(self.store), code=1,
                    err="not a plain file")

    def test_nothing_to_read(self):
        (self.folder / "empty").mkdir()
        self.expect("import", f"diskcache:{self.folder / 'empty'}", str(self.store), code=1, out="")
        self.expect("import", f"diskcache:{self.folder / 'nowhere'}", str(self.store), code=2,
                    out="")
        self.assertFalse(self.store.exists(), "no source, no store")
        self.expect("import", "diskcache:", str(self.store), code=2, out="")
        (self.folder / "empty" / "cache.db").write_bytes(b"no database" * 100)
        self.expect("import", f"diskcache:{self.folder / 'empty'}", str(self.store), code=4)

    def test_many_refusals_are_named_when_asked(self):
        for i in range(30):
            self.row(f"key {i}", mode=99)
        quiet = self.expect("import", f"diskcache:{self.source}", str(self.store), code=4)
        self.assertEqual(quiet.stderr.count(b"not taken"), 10)
        loud = self.expect("import", "-v", f"diskcache:{self.source}", str(self.store), code=4)
        self.assertEqual(loud.stderr.count(b"not taken"), 30)

    def test_large_values_are_refused_before_they_fill_the_memory(self):
        self.database.execute("INSERT INTO Cache (key, raw, mode, value) "
                              "VALUES ('huge', 1, 1, zeroblob(300000000))")
        self.expect_refused("too big")


if __name__ == "__main__":
    unittest.main()
