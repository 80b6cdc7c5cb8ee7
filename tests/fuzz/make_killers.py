#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the inputs that broke other programs into DIRECTORY/<target>/: too large to be kept."""

import pathlib
import sys

NESTED = {
    "nested_arrays": b"\x91" * 1_000_000,
    "nested_maps": b"\x81" * 1_000_000,
    "nested_links": b"\x92\xa0" * 500_000,
    "invalid_elements": b"\xdd\x00\x0f\x42\x40" + b"\xc1" * 1_000_000,
}
PROMISED = {
    "promised_array": b"\xdd\xff\xff\xff\xff",
    "promised_map": b"\xdf\xff\xff\xff\xff",
    "promised_text": b"\xdb\xff\xff\xff\xff",
    "promised_block": bytes.fromhex("c707036608 01ffffffff"),
}
# The first byte chooses the type; the long ones are not written for each.
KILLERS = {
    "codec": {
        f"{name}_{choice}": bytes([choice]) + data
        for inputs, step in ((NESTED, 5), (PROMISED, 1))
        for name, data in inputs.items()
        for choice in range(0, 60, step)
    },
    "frame": {"zeros": b"\x00" * 4096, "long_key": b"\xff" + b"k" * 300},
    "json": {
        "nested_arrays": b"[" * 1_000_000,
        "nested_objects": b'{"a":' * 200_000,
        "closed_arrays": b"[" * 65 + b"]" * 65,
        "long_integer": b"1" * 100_000,
        "long_text": b'"' + b"x" * 100_000,
        "many_keys": b"{" + b",".join(b'"%d":0' % i for i in range(20_000)) + b"}",
    },
    "key": {"nested": b"\x05" * 1_000_000, "names": b"a\n\x00\xff..", "long": b"k" * 1024},
}

for target, inputs in KILLERS.items():
    folder = pathlib.Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in inputs.items():
        (folder / name).write_bytes(data)
