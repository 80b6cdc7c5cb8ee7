#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the loops of larder_structures on Python's diskcache; loops.cpp is the same with larder.

Usage: diskcache_loops.py FOLDER. Each line of standard input asks for one loop.
"""

import collections
import json
import mmap
import pathlib
import resource
import struct
import sys
import time

import diskcache

STRIDE = 7919
ROTATED = 10
LONGEST_WAIT = 10
# Of the cache that is always full; diskcache counts its file, of which an entry takes about so much.
FULL_ENTRIES = 20_000
ENTRY_BYTES = 420


def text(number):
    return str(number).zfill(100)


def cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


class Loops:
    def __init__(self, folder):
        self.deque = diskcache.Deque(directory=str(folder / "deque"))
        self.handed_over = diskcache.Deque(directory=str(folder / "handed_over"))
        self.index = diskcache.Index(str(folder / "index"))
        self.cache = diskcache.Cache(str(folder / "cache"))
        self.locks = {
            "lock": diskcache.Lock(self.cache, "lock"),
            "rlock": diskcache.RLock(self.cache, "rlock"),
            "semaphore": diskcache.BoundedSemaphore(self.cache, "semaphore", 4),
        }
        self.averager = diskcache.Averager(self.cache, "averager")
        self.queue = diskcache.Cache(str(folder / "queue"), eviction_policy="none")
        self.full = diskcache.Cache(str(folder / "full"), size_limit=FULL_ENTRIES * ENTRY_BYTES)
        with open(folder / "held", "r+b") as file:
            self.held = mmap.mmap(file.fileno(), 8)
        self.model = collections.deque()
        self.next = self.calls = 0
        self.seconds = 0.0
        self.times = []
        self.error = ""

    def time(self, call, *arguments):
        start = time.monotonic_ns()
        result = call(*arguments)
        self.times.append(time.monotonic_ns() - start)
        return result

    def expect(self, got, wanted):
        if got != text(wanted):
            self.error = f"got {got} for {text(wanted)}"

    def deque_append(self):
        for _ in range(self.calls):
            self.time(self.deque.append, text(self.next))
            self.model.append(self.next)
            self.next += 1

    def deque_appendleft(self):
        for _ in range(self.calls):
            self.time(self.deque.appendleft, text(self.next))
            self.model.appendleft(self.next)
            self.next += 1

    def deque_pop(self):
        for _ in range(self.calls):
            self.expect(self.time(self.deque.pop), self.model.pop())

    def deque_popleft(self):
        for _ in range(self.calls):
            self.expect(self.time(self.deque.popleft), self.model.popleft())

    def deque_at(self):
        for i in range(self.calls):
            index = i * STRIDE % len(self.model)
            self.expect(self.time(self.deque.__getitem__, index), self.model[index])

    def deque_rotate(self):
        for _ in range(self.calls):
            self.time(self.deque.rotate, ROTATED)
            self.model.rotate(ROTATED)
        self.expect(self.deque.peekleft(), self.model[0])

    def index_put(self):
        for i in range(self.calls):
            key = text(i * STRIDE % self.calls)
            self.time(self.index.__setitem__, key, key)

    def index_get(self):
        for i in range(self.calls):
            self.expect(self.time(self.index.__getitem__, text(i)), i)

    def index_pop(self):
        for i in range(self.calls):
            self.expect(self.time(self.index.pop, text(i)), i)

    def queue_push(self):
        for i in range(self.calls):
            self.time(self.queue.push, text(i))

    def queue_pull(self):
        for i in range(self.calls):
            self.expect(self.time(self.queue.pull)[1], i)

    def evict_put(self):
        for i in range(FULL_ENTRIES):
            self.full.set(text(i), text(i))
        for i in range(FULL_ENTRIES, FULL_ENTRIES + self.calls):
            self.time(self.full.set, text(i), text(i))
        if len(self.full) > 1.5 * FULL_ENTRIES:
            self.error = "a limit that does not hold"

    def lock(self, name="lock"):
        lock = self.locks[name]

        def use():
            lock.acquire()
            lock.release()

        for _ in range(self.calls):
            self.time(use)

    def rlock(self):
        self.lock("rlock")

    def semaphore(self):
        self.lock("semaphore")

    def throttle(self):
        called = []
        function = diskcache.throttle(self.cache, 1_000_000_000, 1, name="rate")(
            lambda: called.append(1))
        for _ in range(self.calls):
            self.time(function)
        if len(called) != self.calls:
            self.error = "a call is missing"

    def averager_add(self):
        for i in range(self.calls):
            self.time(self.averager.add, i)
        if self.averager.pop() != (self.calls - 1) / 2:
            self.error = "a wrong average"

    def contend(self):
        lock = self.locks["lock"]
        limit = time.monotonic() + self.seconds
        while time.monotonic() < limit:
            self.time(lock.acquire)
            self.held[:] = struct.pack("=Q", struct.unpack("=Q", self.held[:])[0] + 1)
            lock.release()

    def give(self):
        for _ in range(self.calls):
            time.sleep(0.002)
            self.handed_over.append(time.monotonic_ns())

    def take(self):
        """There is no call that waits, so this looks as often as the locks of diskcache do."""
        last = time.monotonic()
        while len(self.times) < self.calls:
            try:
                given = self.handed_over.popleft()
            except IndexError:
                if time.monotonic() - last > LONGEST_WAIT:
                    raise
                time.sleep(0.001)
                continue
            last = time.monotonic()
            self.times.append(time.monotonic_ns() - given)

    def run(self, request):
        self.calls, self.seconds = request["calls"], request["seconds"]
        self.times, self.error = [], ""
        cpu_before = cpu_us()
        begin = time.monotonic_ns()
        try:
            getattr(self, request["loop"])()
        except Exception as failure:  # whatever it is, it is counted
            self.error = repr(failure)
        end = time.monotonic_ns()
        return {"error": self.error, "begin_ns": begin, "end_ns": end, "flush_ns": 0,
                "cpu_us": cpu_us() - cpu_before, "times_ns": self.times}


def main():
    loops = Loops(pathlib.Path(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps(loops.run(request)), flush=True)


if __name__ == "__main__":
    main()
