#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures everything that larder has a target for, and tells which are reached.

Usage: run.py BUILD [--quick] [--out FOLDER] [--into README]. BUILD holds the programs of bench/.
Runs them one after the other, 12 to 15 minutes in all on a quiet machine, writes their numbers and
the table `targets.md` to FOLDER (default: `targets` in BUILD), and prints the table.
With --into, also replaces what stands between the two marks in that file.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

BEGIN, END = "<!-- targets: begin -->\n", "<!-- targets: end -->\n"
DISKCACHE = {"put_new": 10, "overwrite": 10, "get_hit": 7, "get_miss": 6, "erase": 10}
LMDB_FACTOR = 1.4
LMDB = ("put_new", "overwrite", "get_hit", "get_miss", "erase")
# The peer that promises as much: after a power cut all but the last transactions are there. The others
# may be unreadable then, and show what the promise costs.
SAME_PROMISE = "lmdb-consistent"
NO_PROMISE = ("lmdb-writemap", "lmdb-nosync")
# It syncs each update: too long for so many.
TOO_MANY_SYNCS = 1_000_000
MIXED_RATIO, MIXED_P99 = 6, 2
LARGEST_BYTES = 4 << 30
SIZES = {100: "100 B", 1024: "1 KiB", 65536: "64 KiB", 1 << 20: "1 MiB"}
KEYS = (10_000, 100_000, 1_000_000)
# What is too large with 10,000 keys already is measured with fewer.
FEWER = {1 << 20: 2_000}


def combinations(quick):
    """(keys, value bytes, repetitions, calls): calls so that each takes a minute or two."""
    for size in SIZES:
        if quick:
            yield 10_000 if size < 65536 else 500, size, 1, 500
            continue
        keys = [count for count in KEYS if count * size <= LARGEST_BYTES] or [FEWER[size]]
        for count in keys:
            repetitions = 1 if count == 1_000_000 else 2 if size > 1024 else 3
            calls = {1_000_000: 50_000, 2_000: 500}.get(count, count)
            yield count, size, repetitions, calls


def skipped():
    return [(count, size) for size in SIZES for count in KEYS if count * size > LARGEST_BYTES]


class Runner:
    def __init__(self, options):
        self.programs = options.build / "bench"
        self.out = options.out
        self.quick = options.quick

    def run(self, program, name, *arguments):
        file = self.out / f"{name}.json"
        command = [str(self.programs / f"larder_{program}"), *arguments, "--json", str(file)]
        print(f"== {name}", file=sys.stderr, flush=True)
        begin = time.monotonic()
        with open(self.out / f"{name}.txt", "w", encoding="utf-8") as log:
            done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
        print(f"   {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
        if not file.exists():
            sys.exit(f"{program} failed: see {self.out / (name + '.txt')}")
        return json.loads(file.read_text()) | {"failed": done.returncode != 0}

    def compare(self, keys, size, repetitions, calls):
        operations = ["put_new", "overwrite", "get_", "erase"]
        mixed = ["--processes", "8", "--filter", ",".join([*operations, "mixed"])]
        alone = ["--processes", "0", "--filter", ",".join(operations)]
        peers = ["diskcache", *NO_PROMISE] + ([SAME_PROMISE] if keys < TOO_MANY_SYNCS else [])
        return self.run("compare", f"compare-{keys}-{size}", "--keys", str(keys),
                        "--value-bytes", str(size), "--repetitions", str(repetitions),
                        "--calls", str(calls), "--peers", ",".join(peers),
                        *(mixed if size == 1024 and (self.quick or keys == 100_000) else alone))


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def verdict(is_reached):
    return "reached" if is_reached else "**missed**"


def spread(low, middle, high):
    return number(middle) if low == high else f"{number(middle)} ({number(low)} - {number(high)})"


def lmdb_cell(row, peer):
    if row is None:
        return "not measured"
    factor = 1 / row["ratio"]
    is_goal = peer == SAME_PROMISE and row["operation"] in LMDB
    goal = f"; <= {LMDB_FACTOR}: {verdict(factor <= LMDB_FACTOR)}" if is_goal else ""
    return f"{number(factor)} (p50 {number(1 / row['ratio_p50'])}){goal}"


def compare_rows(document):
    context, results = document["context"], document["results"]
    title = f"{context['keys']:,} x {SIZES[context['value_bytes']]}"
    rows = {(row["operation"], row["peer"]): row for row in results}
    for operation in dict.fromkeys(row["operation"] for row in results):
        disk = rows[operation, "diskcache"]
        cells = [title, operation, spread(disk["larder_min_us"], disk["larder_us"],
                                          disk["larder_max_us"])]
        goal = DISKCACHE.get(operation, MIXED_RATIO if operation == "mixed_8" else None)
        ratio = spread(disk["ratio_min"], disk["ratio"], disk["ratio_max"])
        cells.append(f"{ratio}; >= {goal}: {verdict(disk['ratio'] >= goal)}")
        cells += [lmdb_cell(rows.get((operation, peer)), peer) for peer in (SAME_PROMISE, *NO_PROMISE)]
        errors = disk["larder_errors"] + disk["peer_errors"]
        yield "| " + " | ".join([*cells, str(errors)]) + " |"


def compare_table(documents):
    yield "| keys x values | operation | larder us | diskcache takes x larder | larder takes x raw LMDB " \
          "that syncs | x raw LMDB, writable map, no sync | x raw LMDB, no sync | errors |"
    yield "|---|---|---|---|---|---|---|---|"
    for document in documents:
        yield from compare_rows(document)


def mixed_line(documents):
    for document in documents:
        for row in document["results"]:
            if (row["operation"], row["peer"]) == ("mixed_8", "diskcache"):
                mine, theirs = row["larder_put_p99_us"], row["peer_put_p99_us"]
                yield (f"- eight processes: p99 of a put {number(mine)} us, diskcache's {number(theirs)} us; "
                       f"at most half: {verdict(mine * MIXED_P99 <= theirs)}. Errors and timeouts: larder "
                       f"{row['larder_errors']} ({verdict(row['larder_errors'] == 0)}), diskcache "
                       f"{row['peer_errors']}")


def policy_line(document):
    rows = [row for row in document["results"] if row["policy"] != "none"]
    base = next(row for row in document["results"] if row["policy"] == "none")
    costs = ", ".join(f"{row['policy']} {row['ratio']:.3f}" for row in rows)
    reached = all(row["ratio"] <= row["goal_ratio"] for row in rows)
    yield (f"- a get under a policy, by one under `none` ({base['get_ns']:.0f} ns): {costs}; at most "
           f"{rows[0]['goal_ratio']}: {verdict(reached)}")


def footprint_lines(document):
    for row in document["open"]:
        yield (f"- {row['what']}, {row['entries']:,} entries: "
               f"{spread(row['ms_min'], row['ms'], row['ms_max'])} ms; at most {row['goal_ms']:.0f}: "
               f"{verdict(row['ms'] <= row['goal_ms'])}")
    for row in document["size"]:
        yield (f"- space on the device by live keys and values, {row['entries']:,} x "
               f"{SIZES[row['value_bytes']]}: filled {row['filled']:.2f}, after 10 overwrites of all "
               f"{row['overwritten']:.2f}, closed {row['closed']:.2f}, "
               f"compacted {row['compacted']:.2f}; at most {row['goal_ratio']}: "
               f"{verdict(row['closed'] <= row['goal_ratio'])}")


def render(documents, policies, footprint, seconds, quick):
    context, last = documents[0]["context"], footprint["context"]
    yield (f"{context['date']}: {context['processor']}, {context['cores']} cores, {context['kernel']}, "
           f"{context['file_system']}; {context['build']}; load {context['load_before']:.1f} before and "
           f"{last['load_after']:.1f} after; {seconds / 60:.0f} minutes.")
    loads = [one["context"]["load_before"] for one in (*documents[:1], footprint)]
    if max(loads) > context["cores"] + 1:
        yield "**The machine was busy with other work**: times are too long, ratios rough."
    if quick:
        yield "**A quick run**: smaller stores, one repetition; it only shows that everything runs."
    yield ""
    yield from compare_table(documents)
    yield ""
    yield from mixed_line(documents)
    yield from policy_line(policies)
    yield from footprint_lines(footprint)
    if quick:
        return
    names = ", ".join(f"{count:,} x {SIZES[size]}" for count, size in skipped())
    yield f"- skipped, as they hold more than 4 GiB: {names}"


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--into", type=pathlib.Path)
    options = parser.parse_args()
    options.out = options.out or options.build / "targets"
    return options


def main():
    options = parse_options()
    options.out.mkdir(parents=True, exist_ok=True)
    runner = Runner(options)
    begin = time.monotonic()
    small = ["--rounds", "60"] if options.quick else []
    policies = runner.run("policies", "policies", *small)
    small = ["--entries", "100000", "--most-entries", "5000"] if options.quick else []
    footprint = runner.run("footprint", "footprint", *small)
    documents = [runner.compare(*one) for one in combinations(options.quick)]
    text = "\n".join(render(documents, policies, footprint, time.monotonic() - begin,
                            options.quick)) + "\n"
    (options.out / "targets.md").write_text(text)
    print(text, end="")
    if options.into is not None:
        before, rest = options.into.read_text().split(BEGIN)
        _, after = rest.split(END)
        options.into.write_text(before + BEGIN + "\n" + text + "\n" + END + after)
    if any(document["failed"] for document in documents):
        sys.exit("some operations went wrong: see the column errors")


if __name__ == "__main__":
    main()
