# SPDX-License-Identifier: Apache-2.0
"""`larder list`."""

import json
import unittest

import support


class List(support.StoreCase):
    def setUp(self):
        super().setUp()
        for key in ("b", "a", "c/1", "c/2"):
            self.put(key, key * 10)
        self.put("7", "x", "--key-type", "int")
        self.put("line\nfeed", "x", "--tag", "t")

    def keys(self, *options):
        return self.expect("list", *options, str(self.store), err="").stdout.decode().splitlines()

    def test_key_order_and_strange_keys(self):
        self.assertEqual(self.keys(), ["7", "a", "b", "c/1", "c/2", '"line\\nfeed"'])
        self.assertEqual(self.keys("--reverse")[-1], "7")

    def test_insertion_order(self):
        self.put("b", "again")
        self.assertEqual(self.keys("--order", "insertion")[:3], ["b", "a", "c/1"])
        self.assertEqual(self.keys("--order", "insertion", "--reverse")[-1], "b")

    def test_prefix(self):
        self.assertEqual(self.keys("--prefix", "c/"), ["c/1", "c/2"])
        self.assertEqual(self.keys("--prefix", "7"), [])

    def test_long_has_a_line_for_each(self):
        lines = self.keys("--long")
        self.assertEqual(len(lines), 6)
        self.assertRegex(lines[1], r"^ +10 B +bytes  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d +-  a$")
        self.assertTrue(lines[-1].endswith(" #t"))

    def test_json_is_one_object_on_each_line(self):
        objects = [json.loads(line) for line in self.keys("--json")]
        self.assertEqual([o["key"] for o in objects][:2], ["7", "a"])
        self.assertEqual(set(objects[0]), {"key", "encoded", "type", "bytes", "stored_at",
                                           "expires_at", "tags"})
        self.assertEqual(objects[-1]["tags"], ["t"])

    def test_listing_counts_as_nothing(self):
        before = self.expect("stats", "--json", str(self.store)).stdout
        self.keys("--long")
        self.assertEqual(self.expect("stats", "--json", str(self.store)).stdout, before)

    def test_bytes_that_are_no_text_make_valid_json(self):
        self.expect("put", str(self.store), b"\xff\xfe", "x")
        self.assertEqual(len([json.loads(line) for line in self.keys("--json")]), 7)

if __name__ == "__main__":
    unittest.main()
