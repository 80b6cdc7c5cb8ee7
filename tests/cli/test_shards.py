# SPDX-License-Identifier: Apache-2.0
"""`larder create`, stores in shards, and commands about one cache within a store."""

import json
import os
import signal
import subprocess
import unittest

import support
from test_locks import HOLDER


class Create(support.StoreCase):
    def test_settings_are_there_from_the_start(self):
        self.expect("create", "--max-entries", "9", "--eviction", "fifo", "--ttl", "1h",
                    str(self.store), out="", err="")
        limit = json.loads(self.expect("limit", "--json", str(self.store)).stdout)
        self.assertEqual((limit["max_entries"], limit["eviction"], limit["max_age_seconds"]),
                         (9, "fifo", None))
        self.assertEqual(limit["expire_after_write_seconds"], 3600)
        self.expect("create", str(self.store), code=2, err="already")

    def test_shards(self):
        self.expect("create", "--shards", "4", "--max-bytes", "1G", str(self.store), out="", err="")
        self.assertEqual(sum(path.is_dir() for path in self.store.iterdir()), 4)
        self.put("k", "v")
        self.assertEqual(self.get("k"), b"v")
        limit = json.loads(self.expect("limit", "--json", str(self.store)).stdout)
        self.assertEqual(limit["max_bytes"], 1 << 30)
        self.expect("create", "--shards", "2", str(self.store), code=2, err="already")
        for bad in ("0", "257", "-1", "many"):
            self.expect("create", "--shards", bad, str(self.folder / "new"), code=2, out="")
        self.assertFalse((self.folder / "new").exists())

    def test_cache_within(self):
        within = f"{self.store}#a/b"
        self.expect("create", "--max-entries", "1", within, out="", err="")
        self.expect("put", within, "k", "v")
        self.expect("put", within, "l", "v")
        self.expect("list", within, out="l\n")
        self.expect("create", within, code=2, err="already")
        self.expect("create", "--shards", "2", f"{self.store}#c", code=2, err="--shards")


class Within(support.StoreCase):
    def test_doctor_looks_at_it(self):
        self.expect("put", f"{self.store}#a", "k", "v")
        found = [json.loads(line) for line in self.expect(
            "doctor", "--json", f"{self.store}#a").stdout.splitlines()]
        self.assertIn("1 entries are whole", [one["found"] for one in found])
        done = self.expect("doctor", f"{self.store}#typo", code=1)
        self.assertIn(b"there is no cache 'typo' within", done.stdout)

    def test_who_has_it_open_is_told(self):
        self.put("k", "v")
        holder = self.start("run", "--store", str(self.store), "--", "sh", "-c", "echo on; cat",
                            stdin=subprocess.PIPE)
        self.assertEqual(holder.stdout.readline(), b"on\n")
        shown = self.expect("doctor", self.store).stdout.decode()
        self.assertIn(f"open: in process {holder.pid} (larder)", shown)
        self.expect("compact", self.store, code=5, err=f"is open in process {holder.pid}:")
        holder.communicate(b"")
        self.assertNotIn("open: in process", self.expect("doctor", self.store).stdout.decode())

    def test_whole_stores_need_a_name_that_is_there(self):
        self.put("k", "v")
        before = (self.store / "data.mdb").stat().st_ino
        for command in ("compact", "repair", "locks"):
            self.expect(command, f"{self.store}#typo", code=1, out="", err="no cache 'typo' within")
        self.assertEqual((self.store / "data.mdb").stat().st_ino, before)
        self.expect("put", f"{self.store}#a", "k", "v")
        self.expect("compact", "-q", f"{self.store}#a", out="", err="")


class Shards(support.StoreCase):
    def setUp(self):
        super().setUp()
        self.expect("create", "--shards", "4", str(self.store))

    def test_one_that_is_gone_takes_nothing_else_along(self):
        for number in range(40):
            self.put(f"k{number}", "v")
        (self.store / "002" / "data.mdb").unlink()
        self.expect("get", str(self.store), "k1", code=4, err="larder repair")
        self.expect("put", str(self.store), "k1", "v", code=4)
        self.expect("repair", "--dry-run", str(self.store), code=4)
        self.assertFalse((self.store / "002" / "data.mdb").exists())
        done = self.expect("repair", str(self.store), err="")
        self.assertIn(b"shard 2: it is gone: everything in it is lost\n", done.stdout)
        left = len(self.expect("list", str(self.store)).stdout.splitlines())
        self.assertTrue(20 <= left < 40, left)
        self.assertEqual(json.loads(self.expect("repair", "--json", str(self.store)).stdout),
                         {"entries": left, "removed": 0, "lost_shards": 0, "problems": [],
                          "kept": []})

    def test_locks_of_all_shards(self):
        self.expect("locks", str(self.store), out="", err="")
        holder = subprocess.Popen([HOLDER, str(self.store / "003"), "lock", "nightly"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self._end, holder)
        self.assertEqual(holder.stdout.readline(), b"held\n")
        shown = json.loads(self.expect("locks", "--json", str(self.store), err="").stdout)
        self.assertEqual((shown["kind"], shown["process"]), ("lock", holder.pid))
        self.expect("locks", "--break", "nightly", "-y", "--json", str(self.store),
                    out='{"broken": 1}\n')
        holder.send_signal(signal.SIGKILL)


@unittest.skipUnless(os.geteuid() == 0, "needs another user")
class Forbidden(support.StoreCase):
    def test_store_of_another_user_is_not_missing(self):
        self.put("k", "v")
        self.folder.chmod(0o755)
        try:
            self.call("--version", user=65534, cwd="/")
        except PermissionError:
            self.skipTest("other users may not run the tool")
        self.expect("get", str(self.store), "k", user=65534, cwd="/", code=1, out="",
                    err="Permission denied")


if __name__ == "__main__":
    unittest.main()
