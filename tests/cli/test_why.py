# SPDX-License-Identifier: Apache-2.0
"""A memoized function is computed anew when its code changed, and `larder why` says where."""

import json
import os
import subprocess
import unittest

import support

COOK = os.environ["LARDER_COOK"]  # the first of several builds, which are called alike


class Why(support.StoreCase):
    def cook(self, build, x=5):
        """What a build of the program prints."""
        return subprocess.run([COOK + build, str(self.store), str(x)], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    def test_changed_code_is_computed_anew_and_said(self):
        self.assertEqual(self.cook(""), "33 computed")
        self.assertEqual(self.cook(""), "33 kept")
        self.assertEqual(self.cook("_unrelated"), "33 kept")
        self.assertEqual(self.cook("_changed"), "44 computed kitchen::spice(int)")
        self.assertEqual(self.cook(""), "33 kept")

    def test_states_and_changes_are_listed(self):
        self.cook("")
        self.cook("_changed")
        first, second = [json.loads(line) for line in
                         self.expect("why", "--json", self.store).stdout.splitlines()]
        self.assertEqual(first["function"], "cook")
        self.assertFalse(first["has_other_code"])
        self.assertTrue(second["has_other_code"])
        self.assertFalse(second["is_other_version"])
        self.assertEqual(second["changed"], ["kitchen::spice(int)"])
        self.assertNotEqual(first["code"], second["code"])
        text = self.expect("why", self.store, "cook", err="").stdout.decode()
        self.assertIn("other code\nchanged:\n  kitchen::spice(int)\n", text)

    def test_unknown_functions_are_absent(self):
        self.cook("")
        self.expect("why", self.store, "bake", code=3)
        self.put("key", b"value")
        self.assertEqual(self.cook(""), "33 kept")


if __name__ == "__main__":
    unittest.main()
