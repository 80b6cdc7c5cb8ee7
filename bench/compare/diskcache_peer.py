#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the loops of larder_compare on Python's diskcache; serve.cpp is the same in C++.

Usage: diskcache_peer.py FOLDER VALUE_BYTES. Each line of standard input asks for one loop.
"""

import array
import json
import resource
import struct
import sys
import time

import diskcache

GET, PUT, ERASE = 0, 1, 2
ACTION_SHIFT = 30
KEY_MASK = (1 << ACTION_SHIFT) - 1
MASK = (1 << 64) - 1
SEED = 7
# Far more than is stored: nothing is to be evicted.
SIZE_LIMIT = 1 << 40


def noise(count):
    """The bytes that all values end in; the generator is that of larder::Random."""
    state, out = SEED, bytearray()
    while len(out) < count:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & MASK
        out += struct.pack("<Q", mixed ^ (mixed >> 31))
    return bytes(out[:count])


def read_plan(file):
    plan = array.array("I")
    with open(file, "rb") as stream:
        plan.frombytes(stream.read())
    return plan


def cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


class Loop:
    def __init__(self, cache, tail, request):
        self.cache = cache
        self.tail = tail
        self.is_absent = request["loop"] == "get_miss"
        self.version = request["version"]
        self.limit_ns = int(request["seconds"] * 1e9)
        self.plan = read_plan(request["plan"])
        self.times = array.array("Q")
        self.put_times = array.array("Q")
        self.errors = 0
        self.error = ""

    def value(self, number):
        return struct.pack("<QQ", number, self.version) + self.tail

    def fits(self, value, number):
        if len(value) != 16 + len(self.tail) or value[16:] != self.tail:
            return False
        found, version = struct.unpack_from("<QQ", value)
        # Under the mixed load others put meanwhile.
        return found == number and (self.limit_ns > 0 or self.version in (0, version))

    def count_error(self, what):
        self.errors += 1
        self.error = self.error or what

    def put(self, number):
        key, value = f"key-{number:012d}", self.value(number)
        start = time.monotonic_ns()
        self.cache.set(key, value)
        end = time.monotonic_ns()
        self.times.append(end - start)
        self.put_times.append(end - start)
        return end

    def get(self, number):
        key = f"key-{number:011d}-" if self.is_absent else f"key-{number:012d}"
        start = time.monotonic_ns()
        value = self.cache.get(key)
        end = time.monotonic_ns()
        self.times.append(end - start)
        if value is None:
            if not self.is_absent and not self.limit_ns:
                self.count_error(f"no value of {key}")
        elif self.is_absent or not self.fits(value, number):
            self.count_error(f"a wrong value of {key}")
        return end

    def erase(self, number):
        key = f"key-{number:012d}"
        start = time.monotonic_ns()
        was_there = self.cache.delete(key)
        end = time.monotonic_ns()
        self.times.append(end - start)
        if not was_there and not self.limit_ns:
            self.count_error(f"nothing to erase at {key}")
        return end

    def run_steps(self, begin):
        do = {GET: self.get, PUT: self.put, ERASE: self.erase}
        now = begin
        while True:
            for step in self.plan:
                try:
                    now = do[step >> ACTION_SHIFT](step & KEY_MASK)
                except Exception as failure:  # whatever it is, it is counted
                    self.count_error(repr(failure))
                    now = time.monotonic_ns()
                if self.limit_ns and now - begin >= self.limit_ns:
                    return now
            if not self.limit_ns:
                return now

    def run(self):
        cpu_before = cpu_us()
        begin = time.monotonic_ns()
        end = self.run_steps(begin)
        self.cache._sql("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        flush_ns = time.monotonic_ns() - end
        cpu = cpu_us() - cpu_before
        times = sorted(self.times) or [0]
        put_times = sorted(self.put_times) or [0]
        return {
            "steps": len(self.times), "errors": self.errors, "error": self.error,
            "begin_ns": begin, "end_ns": end, "flush_ns": flush_ns, "busy_ns": sum(times),
            "p50_ns": times[(len(times) - 1) * 50 // 100],
            "p99_ns": times[(len(times) - 1) * 99 // 100],
            "worst_ns": times[-1], "cpu_us": cpu,
            "put_p99_ns": put_times[(len(put_times) - 1) * 99 // 100],
        }


def prove(cache, tail):
    """Returns what went wrong, or nothing."""
    for i in range(200):
        number = KEY_MASK - i * 7919
        key = f"key-{number:012d}"
        if cache.get(key) is not None:
            return "a value before there is one"
        for version in (1, 2):
            value = struct.pack("<QQ", number, version) + tail
            cache.set(key, value)
            if cache.get(key) != value:
                return "another value than was put"
        if not cache.delete(key):
            return "an erase that found nothing"
        if cache.get(key) is not None:
            return "a value after it was erased"
        if cache.delete(key):
            return "an erase of nothing that found something"
    return ""


def main():
    folder, value_bytes = sys.argv[1], int(sys.argv[2])
    tail = noise(value_bytes - 16)
    with diskcache.Cache(folder, size_limit=SIZE_LIMIT) as cache:
        for line in sys.stdin:
            request = json.loads(line)
            if request["loop"] == "prove":
                print(json.dumps({"error": prove(cache, tail)}), flush=True)
                continue
            loop = Loop(cache, tail, request)
            print("ready", flush=True)
            sys.stdin.readline()
            print(json.dumps(loop.run()), flush=True)


if __name__ == "__main__":
    main()
