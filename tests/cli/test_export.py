# SPDX-License-Identifier: Apache-2.0
"""`larder export` and `larder import FILE`: out and in again."""

import base64
import json
import os
import random
import resource
import stat
import subprocess
import unittest

import support

HEAD = {"format": "larder", "version": 1}


def to_text(lines):
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def random_text(chance):
    return "".join(chr(chance.choice((0, 10, 34, 92, 65, 97, 233, 0x20AC, 0x1F600)))
                   for _ in range(chance.randrange(20)))


def random_entry(chance, number):
    """An entry as export writes it, with a key of its own."""
    key = chance.choice((f"{random_text(chance)}#{number}", number, -number - 1))
    kind, value = chance.choice((
        ("text", random_text(chance)), ("integer", chance.randrange(-2**63, 2**63)),
        ("integer", chance.randrange(2**64)), ("integer", chance.randrange(-9, 9)),
        ("real", chance.choice((0.1, -0.0, 1e300, 5e-324, 1.0))), ("boolean", True),
        ("json", {"b": [1, None, random_text(chance)], "a": {}}), ("bytes", None), ("other", None)))
    entry = {"key": key, "type": kind}
    if kind == "bytes":
        entry["value_base64"] = base64.b64encode(chance.randbytes(chance.randrange(50))).decode()
    elif kind == "other":
        entry |= {"schema": f"{chance.randrange(99, 2**64):016x}",
                  "value_base64": base64.b64encode(bytes([0x92, 1, 2])).decode()}
    else:
        entry["value"] = value
    if chance.random() < 0.5:
        entry["expires_at_us"] = chance.randrange(4_000_000_000_000_000, 9_000_000_000_000_000)
        if chance.random() < 0.4:
            entry["stale_for_us"] = chance.randrange(1, 10**12)
    if chance.random() < 0.5:
        entry["tags"] = sorted({random_text(chance) for _ in range(3)})
    return entry


class Export(support.StoreCase):
    def export(self, store=None, code=0):
        done = self.expect("export", str(store or self.store), code=code, err="")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def import_lines(self, lines, store=None, **checks):
        return self.expect("import", "--json", "-", str(store or self.store),
                           stdin=to_text(lines), **checks)

    def test_random_entries_come_back_as_they_were(self):
        chance = random.Random(20251122)
        entries = [random_entry(chance, number) for number in range(500)]
        self.import_lines([HEAD, *entries, {"end": True, "entries": 500}])
        out = self.export()
        self.assertEqual((out[0], out[-1]), (HEAD, {"end": True, "entries": 500}))
        self.assertEqual(out[1:-1], entries)
        second = self.folder / "second"
        self.import_lines(out, second)
        self.assertEqual(self.export(second), out)
        self.expect("verify", str(second))

    def test_other_keys_and_texts(self):
        self.put("ff00", b"\xff\x00", "--key-type", "hex")
        self.put("k", "v", "--ttl", "1h", "--tag", "t")
        out = self.export()
        self.assertNotIn("key", out[1])
        self.assertEqual(out[2]["tags"], ["t"])
        second = self.folder / "second"
        self.import_lines(out, second)
        self.expect("get", str(second), "ff00", "--key-type", "hex", out=b"\xff\x00")
        self.assertEqual(self.export(second), out)

    def test_long_values_come_in_parts(self):
        value = random.Random(1).randbytes(3_000_000)
        self.put("long", value)
        self.put("short", "s")
        out = self.export()
        self.assertEqual(out[1], {"key": "long", "type": "bytes", "bytes": len(value)})
        self.assertEqual(b"".join(base64.b64decode(line["part"]) for line in out if "part" in line),
                         value)
        second = self.folder / "second"
        self.import_lines(out, second)
        self.expect("get", str(second), "long", out=value)
        missing = [line for i, line in enumerate(out) if i != 4]
        third = self.folder / "third"
        done = self.import_lines(missing, third, code=4)
        self.assertIn(b"missing", done.stdout)
        self.expect("get", str(third), "long", code=3)
        self.expect("get", str(third), "short", out="s")
        dry = self.import_lines(out, third, before=()).stdout
        self.assertEqual(json.loads(dry.splitlines()[-1])["taken"], 2)

    def test_memory_is_bounded(self):
        with (self.work / "big").open("wb") as file:
            file.truncate(300 << 20)
        self.expect("put", str(self.store), "big", "--file", "big")

        def limit():
            resource.setrlimit(resource.RLIMIT_DATA, (200 << 20, 200 << 20))
        second = self.folder / "second"
        with subprocess.Popen([support.LARDER, "export", str(self.store)], stdout=subprocess.PIPE,
                              env=self.env, preexec_fn=limit) as out:
            done = subprocess.run([support.LARDER, "import", "-", str(second)], stdin=out.stdout,
                                  env=self.env, preexec_fn=limit, check=False, capture_output=True)
        self.assertEqual((out.returncode, done.returncode), (0, 0), done.stderr)
        listed = json.loads(self.expect("list", "--json", str(second)).stdout)
        self.assertEqual(listed["bytes"], 300 << 20)

    def test_a_file_that_was_cut_off_is_told(self):
        entry = {"key": "k", "type": "text", "value": "v"}
        done = self.import_lines([HEAD, entry], code=4)
        self.assertIn(b"ends before its last line", done.stdout)
        self.assertEqual(self.get("k"), b"v")

    def test_bad_lines_are_refused_one_by_one(self):
        bad = [[], {"type": "text", "value": "v"}, {"key": 1.5, "type": "text", "value": "v"},
               {"key": 2**64, "type": "text", "value": "v"}, {"key": "a"},
               {"key": "a", "type": "text", "value": 1}, {"key": "a", "type": "integer", "value": -2**63 - 1},
               {"key": "a", "type": "odd", "value": 1}, {"key": "a", "type": "bytes", "value_base64": "?"},
               {"key": "a", "type": "other", "value_base64": "AQ=="},
               {"key": "a", "type": "other", "schema": "0" * 16, "value_base64": "AQ=="},
               {"key": "a", "type": "other", "schema": "f" * 16, "value_base64": "wQ=="},
               {"key": "a", "type": "other", "schema": "zz", "value_base64": "AQ=="},
               {"key": "a", "type": "text", "value": "v", "tags": "t"},
               {"key": "a", "type": "text", "value": "v", "tags": [1]},
               {"key": "a", "type": "text", "value": "v", "expires_at_us": "soon"},
               {"key_encoded": "zz", "type": "text", "value": "v"},
               {"key_encoded": "ff", "type": "text", "value": "v"},
               {"key": "a", "type": "bytes", "bytes": -1},
               {"key": "a", "type": "bytes", "bytes": 5}, {"part": "AAAAAAAAAAAA"},
               {"key": "a", "type": "other", "schema": "f" * 16, "bytes": 1 << 62}]
        text = to_text([HEAD, *bad]) + b"not json\n{\"key\": \"\xff\"}\n" + to_text(
            [{"key": "good", "type": "text", "value": "v"}, {"end": True, "entries": 1}])
        done = self.expect("import", "--json", "-", str(self.store), stdin=text, code=4, err="")
        *refused, numbers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(numbers["taken"], 1)
        self.assertEqual(len(refused), len(bad) + 1)
        self.expect("list", str(self.store), out="good\n")

    def test_what_is_no_export(self):
        for text in (b"", b"hello\n", b"{}\n", to_text([{"format": "larder", "version": 2}])):
            self.expect("import", "-", str(self.store), stdin=text, code=1, out="")
        self.expect("import", "nowhere.jsonl", str(self.store), code=2, out="")
        self.assertFalse(self.store.exists(), "no source, no store")
        self.import_lines([HEAD, {"end": True, "entries": 0}])
        self.expect("list", str(self.store), out="")

    def test_output_file_is_complete_or_not_there(self):
        self.put("k", "v")
        self.expect("export", "--output", "out.jsonl", str(self.store), out="", err="")
        self.expect("import", "out.jsonl", str(self.folder / "second"), out="1 entry taken\n")
        self.assertEqual(sorted(path.name for path in self.work.iterdir()), ["out.jsonl"])
        self.expect("export", "--output", "out.jsonl/x", str(self.store), code=2)
        before = (self.work / "out.jsonl").read_bytes()
        (self.work / "link").symlink_to("out.jsonl")
        self.put("k", "w")
        self.expect("export", "--output", "link", str(self.store), out="", err="")
        self.assertTrue((self.work / "link").is_symlink())
        self.assertNotEqual((self.work / "out.jsonl").read_bytes(), before)
        (self.work / "nowhere").symlink_to("missing/file")
        self.expect("export", "--output", "nowhere", str(self.store), code=2, err="link")

    def test_what_is_no_file_is_not_replaced(self):
        self.put("k", "v")
        self.expect("export", "--output", str(self.folder), str(self.store), code=2,
                    err="is a directory")
        os.mkfifo(self.work / "pipe")
        with subprocess.Popen(["cat", "pipe"], cwd=self.work, stdout=subprocess.PIPE) as reader:
            self.expect("export", "--output", "pipe", str(self.store), out="", err="")
            self.assertIn(b'"key"', reader.communicate(timeout=support.PATIENCE)[0])
        self.assertTrue((self.work / "pipe").is_fifo())

    @unittest.skipUnless(os.geteuid() == 0, "may not make devices")
    def test_devices_are_written_to(self):
        self.put("k", "v")
        try:
            for name, minor in (("null", 3), ("full", 7)):
                os.mknod(self.work / name, stat.S_IFCHR | 0o600, os.makedev(1, minor))
            with open(self.work / "null", "wb"):
                pass
        except PermissionError:
            self.skipTest("may not make devices")
        self.expect("export", "--output", "null", str(self.store), out="", err="")
        self.expect("export", "--output", "full", str(self.store), code=1, err="No space left")
        self.assertTrue(all(path.is_char_device() for path in self.work.iterdir()))

    def test_damaged_entries_are_left_out(self):
        self.put("long", b"l" * 2_000_000)
        self.put("k", "v")
        value = next(path for path in (self.store / "values-cache").rglob("*") if path.is_file())
        value.write_bytes(value.read_bytes()[:-100])
        done = self.call("export", str(self.store))
        self.assertEqual(done.returncode, 4)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["entries"], 1)


if __name__ == "__main__":
    unittest.main()
