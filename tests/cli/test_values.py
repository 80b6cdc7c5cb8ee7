# SPDX-License-Identifier: Apache-2.0
"""`larder put`, `get` and `erase`: values come back byte for byte."""

import json
import os
import shutil
import subprocess
import unittest

import support


class Values(support.StoreCase):
    def test_any_bytes_come_back(self):
        for value in (b"", b"text", b"line\n", bytes(range(256)), os.urandom(3_000_000)):
            self.put("key", value)
            self.assertEqual(self.get("key"), value)

    def test_value_from_the_command_line(self):
        self.expect("put", str(self.store), "key", "a b\n", out="", err="")
        self.assertEqual(self.get("key"), b"a b\n")
        self.expect("put", str(self.store), "key", "--", "-5")
        self.assertEqual(self.get("key"), b"-5")

    def test_strange_keys(self):
        keys = ["", "-", "--", "--help", "a\nb", "\u00e9", b"\xff\x00".rstrip(b"\0"), "x" * 5000]
        for number, key in enumerate(keys):
            self.put(key, str(number))
        for number, key in enumerate(keys):
            done = self.expect("get", str(self.store), "--", key)
            self.assertEqual(done.stdout, str(number).encode())

    def test_kinds_of_keys_are_apart(self):
        self.put("42", "text")
        self.put("42", "number", "--key-type", "int")
        self.put("3432", "bytes", "--key-type", "hex")
        self.assertEqual(self.get("42"), b"text")
        self.assertEqual(self.get("42", "--key-type", "int"), b"number")
        self.assertEqual(self.get("3432", "--key-type", "hex"), b"bytes")
        for number in ("-9223372036854775808", "18446744073709551615"):
            self.put(number, number, "--key-type", "int")
            self.assertEqual(self.expect("get", str(self.store), "--key-type", "int", "--",
                                         number).stdout.decode(), number)

    def test_bad_keys_are_usage_errors(self):
        for kind, key in (("int", "x"), ("int", "1.5"), ("int", ""), ("int", "18446744073709551616"),
                          ("hex", "0"), ("hex", "zz"), ("encoded", "ff"), ("nonsense", "x")):
            self.expect("put", "--key-type", kind, str(self.store), key, "x", code=2, out="")
        self.assertFalse(self.store.exists())

    def test_encoded_keys_reach_everything_listed(self):
        self.put("a", "1")
        encoded = json.loads(self.expect("list", "--json", str(self.store)).stdout)["encoded"]
        self.assertEqual(self.get(encoded, "--key-type", "encoded"), b"1")
        self.expect("erase", "--key-type", "encoded", str(self.store), encoded, out="", err="")
        self.expect("list", str(self.store), out="")

    def test_absent_is_3_with_nothing_on_stdout(self):
        self.put("key", "value")
        self.expect("get", str(self.store), "other", code=3, out="", err="")
        self.expect("get", "--json", str(self.store), "other", code=3, out="", err="")
        self.expect("get", "-v", str(self.store), "other", code=3, out="", err="no value for other")
        self.expect("erase", str(self.store), "other", code=3, out="", err="")

    def test_erase_as_json(self):
        self.put("a", "1")
        self.expect("erase", "--json", str(self.store), "a", "x", code=3, err="",
                    out='{"key": "a", "erased": true}\n{"key": "x", "erased": false}\n')

    def test_erase_removes_all_it_finds(self):
        for key in "abc":
            self.put(key, key)
        self.expect("erase", str(self.store), "a", "x", "c", code=3)
        self.expect("list", str(self.store), out="b\n")
        self.expect("erase", str(self.store), "b", code=0)

    def test_if_absent(self):
        self.expect("put", "--if-absent", str(self.store), "key", "one")
        self.expect("put", "--if-absent", str(self.store), "key", "two", code=1, out="", err="")
        self.assertEqual(self.get("key"), b"one")

    def test_json(self):
        self.put("key", "v\u00e4lue\n", "--tag", "b", "--tag", "a", "--ttl", "1h")
        shown = json.loads(self.get("key", "--json"))
        self.assertEqual((shown["key"], shown["value"], shown["tags"], shown["type"]),
                         ("key", "v\u00e4lue\n", ["a", "b"], "bytes"))
        self.assertRegex(shown["expires_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.put("key", b"\xff\x00")
        shown = json.loads(self.get("key", "--json"))
        self.assertEqual((shown["value_base64"], shown["expires_at"]), ("/wA=", None))

    def test_ttl(self):
        if shutil.which("faketime") is None:
            self.skipTest("the program faketime is not installed")
        self.put("key", "value", "--ttl", "1h30m")
        self.expect("get", str(self.store), "key", before=("faketime", "-f", "+89m"), out="value")
        self.expect("get", str(self.store), "key", before=("faketime", "-f", "+91m"), code=3, out="")
        self.expect("list", str(self.store), before=("faketime", "-f", "+91m"), out="")
        self.expect("expire", str(self.store), before=("faketime", "-f", "+91m"),
                    out="1 entry expired\n")

    def test_a_missing_store_is_not_made_by_looking(self):
        for command in (["get", str(self.store), "k"], ["erase", str(self.store), "k"],
                        *([c, str(self.store)] for c in ("list", "stats", "limit", "expire",
                                                         "verify", "repair", "clear"))):
            self.expect(*command, code=1, out="", err=f"there is no store in {self.store}")
            self.assertFalse(self.store.exists())

    def test_long_values_stream_in_and_out(self):
        content = os.urandom(1 << 20) * 48
        path = self.write("long", content)
        limited = ("sh", "-c", 'ulimit -d 40000; exec "$@"', "sh")
        self.expect("put", str(self.store), "k", "--file", str(path), out="", err="",
                    before=limited)
        self.expect("put", str(self.store), "l", stdin=content, out="", err="", before=limited)
        for key in ("k", "l"):
            done = self.expect("get", str(self.store), key, err="", before=limited)
            self.assertTrue(done.stdout == content)
        self.expect("verify", str(self.store), err="")
        self.expect("put", str(self.store), "k", "--if-absent", "--file", str(path), code=1)
        self.expect("put", str(self.store), "k", "--file", str(path), "v", code=2, err="not both")
        self.expect("put", str(self.store), "k", "--file", "missing", code=2, err="missing")

    def test_places(self):
        self.expect("put", f"lmdb:{self.store}", "k", "v")
        self.assertEqual(self.get("k"), b"v")
        self.expect("get", "memory:x", "k", code=2, err="gone when the command ends")
        self.expect("get", "redis://host", "k", code=2, err="no kind of store 'redis'")
        self.expect("get", "", "k", code=2, err="empty")
        self.expect("put", "./lmdb:x", "k", "v")
        self.assertTrue((self.work / "lmdb:x" / "data.mdb").exists())

    def test_a_full_stdout_is_an_error(self):
        self.put("key", "value")
        with open("/dev/full", "wb") as full:
            process = self.start("get", str(self.store), "key", stdout=full)
            self.assertEqual(process.wait(support.PATIENCE), 1)
            self.assertIn(b"cannot write", process.stderr.read())

    def test_a_reader_that_leaves_is_no_error_message(self):
        self.put("key", b"x" * 3_000_000)
        command = f"'{support.LARDER}' get '{self.store}' key | head -c 1"
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, env=self.env)
        self.assertEqual((done.stdout, done.stderr), (b"x", b""))

    def test_result_of_a_run_can_be_read(self):
        self.expect("run", "--store", str(self.store), "--", "echo", "hello")
        encoded = json.loads(self.expect("list", "--json", str(self.store)).stdout)["encoded"]
        self.assertEqual(self.get(encoded, "--key-type", "encoded"), b"hello\n")

    def test_many_writers(self):
        many = [self.start("put", str(self.store), str(n), str(n)) for n in range(16)]
        for process in many:
            self.assertEqual(process.wait(support.PATIENCE), 0)
        self.assertEqual(len(self.expect("list", str(self.store)).stdout.splitlines()), 16)


class LookTest(support.StoreCase):
    """Commands that only look leave no trace."""

    LOOKS = (("get", "{}", "k"), ("list", "-l", "{}"), ("stats", "{}"), ("verify", "{}"),
             ("doctor", "{}"), ("export", "{}"), ("limit", "{}"),
             ("top", "--once", "--interval", "1ms", "{}"))

    def image(self, folder):
        found = {}
        for path in [folder, *sorted(folder.rglob("*"))]:
            status = path.stat()
            found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_ctime_ns,
                                path.read_bytes() if path.is_file() else None)
        return found

    def test_looking_changes_nothing(self):
        self.put("k", "v" * 3_000_000)
        self.expect("push", str(self.store), "jobs", "first")
        before = self.image(self.store)
        for command in (*self.LOOKS, ("peek", "{}", "jobs")):
            self.expect(*(part.format(self.store) for part in command))
            self.assertEqual(self.image(self.store), before, command)

    def test_looking_at_what_is_missing_makes_nothing(self):
        for command in self.LOOKS:
            self.call(*(part.format(self.store) for part in command))
            self.assertFalse(self.store.exists(), command)

    def test_integers_without_sign_are_shown(self):
        lines = self.write("numbers.jsonl", '{"format": "larder", "version": 1}\n' +
                           '{"key":"max","type":"integer","value":18446744073709551615}\n' +
                           '{"key":"min","type":"integer","value":-9223372036854775808}\n' +
                           '{"end": true, "entries": 2}\n')
        self.expect("import", str(lines), str(self.store))
        self.assertEqual(self.get("max"), b"18446744073709551615")
        self.assertEqual(self.get("min"), b"-9223372036854775808")
        self.assertIn("18446744073709551615", self.get("max", "--json").decode())
        text = self.expect("list", "-l", str(self.store)).stdout.decode()
        self.assertEqual(text.count("integer"), 2)


if __name__ == "__main__":
    unittest.main()
