#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares larder's MessagePack with python3-msgpack, in both directions.

What Python packs, larder must decode and encode to the same bytes; what larder encodes, Python must
unpack and pack to the same bytes. Skips without python3-msgpack, but fails under CI=true.
"""

import json
import os
import random
import struct
import subprocess
import sys

try:
    import msgpack
except ImportError:
    print("python3-msgpack is missing: apt-get install python3-msgpack")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)

PEER = sys.argv[1]
SEED = int(os.environ.get("LARDER_SEED", "0")) or random.SystemRandom().getrandbits(32)
RANDOM = random.Random(SEED)
EDGES = [0, 1, 31, 32, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31,
         2**32 - 1, 2**32, 2**63 - 1]
failures = 0


def check(condition, *what):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", *(str(w)[:300] for w in what))


def pack(value, **options):
    return msgpack.packb(value, use_bin_type=True, **options)


def unpack(data):
    return msgpack.unpackb(data, raw=False, strict_map_key=False)


def block(kind, size, shape, data):
    head = struct.pack("<cBB", kind.encode(), size, len(shape))
    return msgpack.ExtType(3, head + struct.pack(f"<{len(shape)}I", *shape) + data)


def number():
    sign = RANDOM.choice([1, -1])
    value = RANDOM.choice(EDGES + [RANDOM.getrandbits(RANDOM.randrange(1, 63))])
    return max(-2**63, min(2**63 - 1, sign * value))


def text():
    alphabet = "ab\x00\n\"\\/\x7f\u00e9\u20ac\U0001f600"
    return "".join(RANDOM.choice(alphabet) for _ in range(RANDOM.choice([0, 1, 5, 31, 32, 70])))


def document(depth=0):
    kinds = 5 if depth > 4 else 7
    kind = RANDOM.randrange(kinds)
    if kind == 0:
        return None
    if kind == 1:
        return RANDOM.random() < 0.5
    if kind == 2:
        return number()
    if kind == 3:
        return RANDOM.uniform(-1e6, 1e6) * 10.0 ** RANDOM.randrange(-20, 20)
    if kind == 4:
        return text()
    if kind == 5:
        return [document(depth + 1) for _ in range(RANDOM.choice([0, 1, 3, 17]))]
    return {k: document(depth + 1) for k in sorted(
        {text() for _ in range(RANDOM.choice([0, 1, 3, 17]))}, key=str.encode)}


def from_python():
    """Pairs of a type that the peer knows and what Python packs for it."""
    for edge in EDGES + [2**64 - 1]:
        yield "uint", pack(edge)
        yield "any", pack(edge)
    for edge in EDGES:
        for value in (edge, -edge, -edge - 1):
            if -2**63 <= value:
                yield "int", pack(value)
                yield "optional_int", pack(value)
                yield "any", pack(value)
    for value in (0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), 5e-324, 1e308):
        yield "float", pack(value)
    for value in (0.0, -2.5, float("inf")):
        yield "float32", pack(value, use_single_float=True)
    for value in (True, False):
        yield "bool", pack(value)
    yield "nil", pack(None)
    yield "optional_int", pack(None)
    for size in (0, 1, 31, 32, 255, 256, 65535, 65536):
        yield "str", pack("x" * size)
        yield "bin", pack(b"\xff" * size)
        yield "any", pack(msgpack.ExtType(7, b"y" * size))
        yield "list_str", pack(["e"] * size)
    for size in (0, 15, 16, 65536):
        yield "map_str_int", pack({k: number() for k in sorted(str(i) for i in range(size))})
        yield "map_int_list", pack({i: [text()] for i in range(size % 1000)})
    yield "tuple", pack([number(), text(), RANDOM.random()])
    yield "point", pack([1.0, 2.0])
    yield "tree", pack([1, [[2, []], [3, [[4, []]]]]])
    for seconds, nanos in ((0, 0), (1, 0), (2**32 - 1, 0), (2**32, 0), (1, 1), (2**33, 999999999),
                           (-1, 999999999), (-9223372036, 0)):
        yield "time", pack(msgpack.Timestamp(seconds, nanos))
    yield "block_f8", pack(block("f", 8, [3], struct.pack("<3d", 1, -2.5, 1e300)))
    yield "block_i4", pack(block("i", 4, [2], struct.pack("<2i", -1, 2**31 - 1)))
    yield "block_u2_3", pack(block("u", 2, [2, 3], struct.pack("<6H", *range(6))))
    for _ in range(500):
        yield "json", pack(document())
        yield "any", pack(document())


def check_python_to_larder():
    cases = list(from_python())
    lines = "".join(f"{kind} {data.hex()}\n" for kind, data in cases)
    answers = subprocess.run([PEER, "echo"], input=lines, capture_output=True, text=True,
                             check=True).stdout.splitlines()
    check(len(answers) == len(cases), "answers", len(answers), "of", len(cases))
    for (kind, data), answer in zip(cases, answers):
        check(answer.replace(" ", "") == data.hex(), kind, data.hex(), "became", answer)
    return len(cases)


def check_larder_to_python():
    lines = subprocess.run([PEER, "samples"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    check(len(lines) > 50, "only", len(lines), "samples")
    for line in lines:
        data = bytes.fromhex(line)
        value = unpack(data)
        single = data[:1] == b"\xca"  # Python has no float32 of its own
        check(pack(value, use_single_float=single) == data, line, "unpacked as", value)
    return len(lines)


def check_json_text():
    documents = [document() for _ in range(300)]
    lines = "".join(f"json_text {pack(d).hex()}\n" for d in documents)
    answers = subprocess.run([PEER, "echo"], input=lines, capture_output=True, text=True,
                             check=True).stdout.splitlines()
    check(len(answers) == len(documents), "answers", len(answers), "of", len(documents))
    for value, answer in zip(documents, answers):
        again = json.loads(answer)
        check(again == value and repr(again) == repr(value), value, "became", answer)
    return len(documents)


print(f"seed {SEED} (LARDER_SEED replays it)")
counts = check_python_to_larder(), check_larder_to_python(), check_json_text()
print(f"{counts[0]} from Python, {counts[1]} from larder, {counts[2]} as JSON text; "
      f"{failures} differ")
sys.exit(1 if failures else 0)
