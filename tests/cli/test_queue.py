# SPDX-License-Identifier: Apache-2.0
"""`larder push`, `pull`, `peek`; caches within a store; `clear --prefix`."""

import json
import os
import subprocess
import unittest

import support


class Queues(support.StoreCase):
    def test_first_in_is_first_out(self):
        store = str(self.store)
        for value in ("one", "two", "three"):
            self.expect("push", store, "jobs", value)
        self.expect("push", "--front", store, "jobs", "zero")
        self.expect("peek", store, "jobs", out="zero")
        self.expect("peek", "--back", store, "jobs", out="three")
        self.expect("pull", store, "jobs", out="zero")
        self.expect("pull", "--back", store, "jobs", out="three")
        self.expect("pull", store, "jobs", out="one")
        self.expect("pull", store, "jobs", out="two")
        self.expect("pull", store, "jobs", out="", err="", code=3)
        self.expect("peek", store, "jobs", out="", err="", code=3)
        self.expect("list", store, out="")

    def test_queues_are_listed_with_their_sizes(self):
        store = str(self.store)
        self.put("a", "1")
        self.expect("queues", store, out="")
        self.expect("push", store, "mail", "one")
        self.expect("push", store, "jobs", "one")
        self.expect("push", store, "jobs", "two")
        self.expect("queues", store, out="jobs  2\nmail  1\n")
        self.expect("queues", "--json", store,
                    out='{"queue": "jobs", "values": 2}\n{"queue": "mail", "values": 1}\n')
        self.expect("pull", store, "mail", out="one")
        self.expect("queues", store, out="jobs  2\nmail  0\n")

    def test_items_as_json(self):
        store = str(self.store)
        pushed = [json.loads(self.expect("push", "--json", *options, store, "jobs", value, err="").stdout)
                  for options, value in ((["--ttl", "1h", "--tag", "t"], "\u00fc"), (["--front"], "0"))]
        self.assertEqual([one["queue"] for one in pushed], ["jobs", "jobs"])
        self.assertLess(pushed[1]["id"], pushed[0]["id"])
        self.expect("push", store, "jobs", stdin=b"\xff")
        seen = json.loads(self.expect("peek", "--json", store, "jobs").stdout)
        self.assertEqual((seen["queue"], seen["id"], seen["value"], seen["expires_at"], seen["tags"]),
                         ("jobs", pushed[1]["id"], "0", None, []))
        self.assertEqual(json.loads(self.expect("pull", "--json", store, "jobs").stdout), seen)
        second = json.loads(self.expect("pull", "--json", store, "jobs").stdout)
        self.assertEqual((second["value"], second["tags"]), ("\u00fc", ["t"]))
        self.assertGreater(second["expires_at"], second["stored_at"])
        third = json.loads(self.expect("pull", "--json", store, "jobs").stdout)
        self.assertEqual(third["value_base64"], "/w==")
        self.expect("pull", "--json", store, "jobs", code=3, out="")

    def test_names_are_shown_on_one_line(self):
        self.expect("push", str(self.store), "a\nb\x1b[1m", "v")
        self.expect("queues", str(self.store), out='"a\\nb\\x1b[1m"  1\n')

    def test_what_cannot_be_written_stays(self):
        self.expect("push", str(self.store), "jobs", "one")
        self.expect("push", str(self.store), "jobs", "two")
        for options in ([], ["--wait", "9s"], ["--json"]):
            reading, writing = os.pipe()
            os.close(reading)
            with os.fdopen(writing, "wb") as nowhere:
                done = subprocess.run([support.LARDER, "pull", *options, str(self.store), "jobs"],
                                      stdout=nowhere, env=self.env, check=False)
            self.assertNotEqual(done.returncode, 0)
        self.expect("queues", str(self.store), out="jobs  2\n")
        self.expect("pull", str(self.store), "jobs", out="one")

    def test_looking_makes_no_queue(self):
        store = str(self.store)
        self.put("a", "1")
        self.expect("pull", store, "typo", code=3)
        self.expect("peek", store, "typo", code=3)
        self.expect("pull", "--wait", "1x", store, "jobs", code=2)

    def test_binary_values_come_through_stdin(self):
        data = bytes(range(256)) * 10
        done = subprocess.run([support.LARDER, "push", str(self.store), "jobs"], input=data,
                              env=self.env, check=True)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.expect("pull", str(self.store), "jobs").stdout, data)

    def test_who_waits_is_woken(self):
        store = str(self.store)
        self.expect("push", store, "jobs", "first")
        self.expect("pull", store, "jobs", out="first")
        with subprocess.Popen([support.LARDER, "pull", "--wait", "50s", store, "jobs"],
                              stdout=subprocess.PIPE, env=self.env) as waiter:
            self.expect("push", store, "jobs", "second")
            self.assertEqual(waiter.communicate(timeout=40)[0], b"second")
        self.assertEqual(waiter.returncode, 0)

    def test_cache_within_a_store(self):
        within = f"{self.store}#users/old"
        self.put("a", "outer")
        self.expect("put", within, "a", "inner")
        self.expect("get", within, "a", out="inner")
        self.expect("get", str(self.store), "a", out="outer")
        self.expect("list", within, out="a\n")
        self.expect("get", f"{self.store}#nobody", "a", code=1)
        self.expect("get", f"{self.store}#", "a", code=2)
        self.expect("clear", "--yes", within, out="1 entry removed\n")
        self.expect("list", str(self.store), out="a\n")

    def test_clear_by_prefix(self):
        for key in ("user/1", "user/2", "users"):
            self.put(key, "x", "--tag", "t")
        self.put("user/3", "x")
        self.expect("clear", "--prefix", "user/", "--tag", "t", str(self.store),
                    out="2 entries removed\n")
        self.expect("clear", "--prefix", "user/", str(self.store), out="1 entry removed\n")
        self.expect("list", str(self.store), out="users\n")


if __name__ == "__main__":
    unittest.main()
