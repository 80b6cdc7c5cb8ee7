#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what a hit costs, in nanoseconds, of functools.lru_cache, diskcache and joblib.

python_peers.py FOLDER KEYS CALLS ROUNDS writes one line "name ns" for each: the least of ROUNDS.
"""

import functools
import random
import sys
import time

import diskcache
import joblib


def compute(x):
    return x * 7


def nanoseconds_of(function, wanted):
    begin = time.perf_counter_ns()
    for x in wanted:
        function(x)
    return (time.perf_counter_ns() - begin) / len(wanted)


def measure(name, function, keys, calls, rounds):
    for x in range(keys):
        function(x)
    chance = random.Random(1)
    times = []
    for _ in range(rounds):
        times.append(nanoseconds_of(function, [chance.randrange(keys) for _ in range(calls)]))
    print(name, min(times), flush=True)


def main():
    folder = sys.argv[1]
    keys, calls, rounds = (int(argument) for argument in sys.argv[2:5])
    measure("functools.lru_cache", functools.lru_cache(maxsize=2 * keys)(compute), keys, calls,
            rounds)
    few = max(keys // 20, 1)
    cache = diskcache.Cache(folder + "/diskcache")
    measure("diskcache.memoize", cache.memoize()(compute), few, calls // 10, rounds)
    memory = joblib.Memory(folder + "/joblib", verbose=0)
    measure("joblib.Memory", memory.cache(compute), few, calls // 10, rounds)


if __name__ == "__main__":
    main()
