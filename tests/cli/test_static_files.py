# SPDX-License-Identifier: Apache-2.0
"""The example of a static file server: whole values, short and long, and nothing else."""

import os
import subprocess
import unittest
import urllib.error
import urllib.request

import support

SERVER = os.environ.get("LARDER_STATIC_FILES", "")


@unittest.skipUnless(SERVER, "the example is not built")
class StaticFiles(support.StoreCase):
    def setUp(self):
        super().setUp()
        self.contents = {"short": b"hello", "long": os.urandom(3_000_001), "empty": b""}
        for key, content in self.contents.items():
            self.put(key, content)
        server = subprocess.Popen([SERVER, str(self.store)], stdout=subprocess.PIPE)
        self.addCleanup(self._end, server)
        self.address = server.stdout.readline().decode().strip()

    @staticmethod
    def _end(server):
        server.kill()
        server.wait()
        server.stdout.close()

    def fetch(self, name):
        with urllib.request.urlopen(self.address + name, timeout=support.PATIENCE) as answer:
            return answer.read()

    def test_serves_values(self):
        for key, content in self.contents.items():
            self.assertTrue(self.fetch(key) == content, key)

    def test_serves_what_was_replaced_meanwhile(self):
        self.put("long", b"new")
        self.assertEqual(self.fetch("long"), b"new")

    def test_keys_are_no_paths(self):
        for name in ("../../etc/passwd", "missing", "..%2f..%2fetc%2fpasswd"):
            with self.assertRaises(urllib.error.HTTPError) as failure:
                self.fetch(name)
            self.assertEqual(failure.exception.code, 404)
            failure.exception.close()


if __name__ == "__main__":
    unittest.main()
