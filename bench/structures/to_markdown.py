#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renders what `larder_structures --json FILE` wrote as the table of bench/README.md.

Usage: to_markdown.py FILE [--into README]. With --into, replaces what stands between the two marks
in that file.
"""

import argparse
import importlib.util
import json
import pathlib

BEGIN, END = "<!-- structures: begin -->\n", "<!-- structures: end -->\n"

# What is promised of an operation: (field, its name in the table, the least ratio or the most time).
GOALS = {
    **{name: [("ratio", "ratio", 10)]
       for name in ("queue_push", "queue_pull", "evict_put", "deque_append", "deque_appendleft", "deque_pop",
                    "deque_popleft")},
    "deque_hand_over": [("larder_p50_us", "p50", 100)],
    "index_get": [("ratio", "ratio", 6)],
    "lock": [("ratio", "ratio", 20), ("larder_us", "us", 15)],
    "lock_contended_8": [("ratio", "ratio", 10), ("ratio_p99", "ratio of p99", 10)],
}


def load(name):
    """What the comparison of the cache renders its numbers with."""
    file = pathlib.Path(__file__).resolve().parents[1] / "compare" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"compare_{name}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compare = load("to_markdown")


def verdicts(row):
    for field, words, goal in GOALS.get(row["operation"], []):
        is_ratio = field.startswith("ratio")
        is_reached = row[field] >= goal if is_ratio else row[field] <= goal
        yield (f"{words} {'>=' if is_ratio else '<='} {goal}: "
               f"{'reached' if is_reached else '**missed**'}")


def render(document):
    yield from compare.head(document)
    context = document["context"]
    yield f"`{context['command']}`: {context['repetitions']} repetitions.\n"
    yield "| operation | larder us | diskcache us | p50 us | p99 us | CPU us | ratio | of p50 | of p99 | goals |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for row in document["results"]:
        pairs = [f"{compare.number(row['larder_' + what])} / {compare.number(row['peer_' + what])}"
                 for what in ("p50_us", "p99_us", "cpu_us")]
        errors = row["larder_errors"] + row["peer_errors"]
        yield "| " + " | ".join([
            row["operation"] + (f" ({errors} errors)" if errors else ""),
            compare.spread(row, "larder", "_us"), compare.spread(row, "peer", "_us"), *pairs,
            compare.spread(row, "ratio"), compare.number(row["ratio_p50"]),
            compare.number(row["ratio_p99"]), "; ".join(verdicts(row))]) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--into", type=pathlib.Path)
    options = parser.parse_args()
    lines = render(json.loads(options.file.read_text()))
    compare.publish(lines, options.into, BEGIN, END)


if __name__ == "__main__":
    main()
