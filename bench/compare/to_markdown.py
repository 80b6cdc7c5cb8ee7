#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renders what `larder_compare --json FILE` wrote as the tables of bench/README.md.

Usage: to_markdown.py FILE [--replay FILE] [--into README]. --replay names what `larder_run_replay
--json FILE` wrote. With --into, replaces what stands between the two marks in that file.
"""

import argparse
import json
import pathlib

BEGIN, END = "<!-- numbers: begin -->\n", "<!-- numbers: end -->\n"

# The least ratio, peer to larder, that is promised. Of raw LMDB: larder takes at most 1.4 times as long.
GOALS = {
    "diskcache": {"put_new": 10, "overwrite": 10, "get_hit": 7, "get_miss": 6, "erase": 10, "mixed_8": 6},
    "lmdb-writemap": {name: 1 / 1.4
                      for name in ("put_new", "overwrite", "get_hit", "get_miss", "erase")},
}
TITLES = {
    "diskcache": "Python's diskcache",
    "lmdb-writemap": "raw LMDB, writable map, never synced",
    "lmdb-nosync": "raw LMDB, never synced",
    "lmdb-consistent": "raw LMDB, `MDB_NOMETASYNC`",
    "sqlite": "raw SQLite, WAL, `synchronous=NORMAL`",
    "larder-durable": "larder itself, `durable`",
    "larder-disposable": "larder itself, `disposable`",
}


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def spread(row, name, unit=""):
    low, high = row[f"{name}_min{unit}"], row[f"{name}_max{unit}"]
    return f"{number(row[name + unit])} ({number(low)} - {number(high)})"


def verdict(row):
    goal = GOALS.get(row["peer"], {}).get(row["operation"])
    if goal is None:
        return ""
    reached = row["ratio"] >= goal
    return f"{number(goal)}: {'reached' if reached else '**missed**'}"


def table(rows):
    yield "| operation | larder us | peer us | p50 us | p99 us | CPU us | ratio | ratio of p50 | goal |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        pairs = [f"{number(row['larder_' + what])} / {number(row['peer_' + what])}"
                 for what in ("p50_us", "p99_us", "cpu_us")]
        errors = row["larder_errors"] + row["peer_errors"]
        yield "| " + " | ".join([
            row["operation"] + (f" ({errors} errors)" if errors else ""),
            spread(row, "larder", "_us"), spread(row, "peer", "_us"), *pairs,
            spread(row, "ratio"), number(row["ratio_p50"]), verdict(row)]) + " |"


def losses(results):
    slow = sorted((row for row in results if row["ratio"] < 1), key=lambda row: row["ratio"])
    for row in slow:
        yield (f"- {row['operation']} against {row['peer']}: takes {number(1 / row['ratio'])} times "
               f"as long ({number(row['larder_us'])} us against {number(row['peer_us'])} us)")


def head(document):
    context = document["context"]
    yield (f"{context['date']}: {context['processor']}, {context['cores']} cores, "
           f"{context['kernel']}, {context['file_system']}; {context['build']}; load "
           f"{context['load_before']:.1f} before and {context['load_after']:.1f} after.")
    if context["load_before"] > context["cores"] / 2:
        yield ("**The machine was busy with other work**: all times are too long, means most of all; "
               "ratios of one repetition still tell.")
    yield ""


def render(document):
    context, results = document["context"], document["results"]
    yield from head(document)
    yield f"`{context['command']}`: {context['keys']} keys, {context['value_bytes']}-byte values, " \
          f"{context['repetitions']} repetitions."
    for peer in dict.fromkeys(row["peer"] for row in results):
        yield f"\n### Against {TITLES.get(peer, peer)}\n"
        yield from table([row for row in results if row["peer"] == peer])
    yield "\n### Where it loses\n"
    yield from losses(results) if any(row["ratio"] < 1 for row in results) else ["- nowhere here"]


def render_replay(document):
    rows = {row["name"]: row for row in document["results"]}
    yield "\n### `larder run` replaying a small result, as a whole process\n"
    yield "| program | median ms | p99 ms | worst ms | goal |"
    yield "|---|---|---|---|---|"
    for name, title in (("true", "`true`: what the machine takes to start anything"),
                        ("larder_version", "`larder --version`"), ("replay", "replay")):
        row = rows[name]
        goal = row.get("goal_ms")
        reached = goal and ("reached" if row["median_ms"] < goal else "**missed**")
        yield (f"| {title} | {number(row['median_ms'])} | {number(row['p99_ms'])} | "
               f"{number(row['worst_ms'])} | {f'{number(goal)}: {reached}' if goal else ''} |")


def publish(lines, file, begin, end):
    """Prints the lines, or puts them between the two marks in the file."""
    text = "\n".join(lines) + "\n"
    if file is None:
        print(text, end="")
        return
    before, rest = file.read_text().split(begin)
    _, after = rest.split(end)
    file.write_text(before + begin + "\n" + text + "\n" + end + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--replay", type=pathlib.Path)
    parser.add_argument("--into", type=pathlib.Path)
    options = parser.parse_args()
    lines = list(render(json.loads(options.file.read_text())))
    if options.replay is not None:
        lines += render_replay(json.loads(options.replay.read_text()))
    publish(lines, options.into, BEGIN, END)


if __name__ == "__main__":
    main()
