#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints how long headers, sources and functions are, and fails above the hard limits.

Functions are measured by universal-ctags, from their first line to their last.
"""

import subprocess

from sources import ROOT, find, finish, read

# kind: (what the median and 90 % should stay below, what nothing may exceed), in lines
BUDGETS = {
    "public header": (100, 200, 300),
    "private header": (100, 200, 300),
    "source": (200, 300, 500),
    "test": (200, 300, 500),
    "function": (7, 25, 60),
}


def kind_of(file):
    """The budget that a file falls under, or None."""
    if file.parts[0] == "include":
        return "public header"
    if file.parts[0] == "tests":
        return "test"
    if file.parts[0] in ("src", "bench", "examples"):
        return "private header" if file.suffix == ".h" else "source"
    return None


def function_lengths(root, files):
    """Yields (file, line, name, lines) of every function that has a body."""
    if not files:
        return
    command = ["ctags", "-f", "-", "--sort=no", "--excmd=number", "--fields=ne",
               "--languages=C++", "--langmap=C++:.h.cpp", "--kinds-C++=f", "-L", "-"]
    names = "\n".join(str(file) for file in files)
    tags = subprocess.run(command, input=names, cwd=root, check=True, text=True,
                          capture_output=True).stdout
    for tag in tags.splitlines():
        name, file, _, *fields = tag.split("\t")
        numbers = dict(field.split(":", 1) for field in fields if ":" in field)
        if "end" in numbers:
            first, last = int(numbers["line"]), int(numbers["end"])
            yield file, first, name, last - first + 1


def measure(root):
    """All measurements: kind -> list of (lines, where)."""
    measured = {kind: [] for kind in BUDGETS}
    files = [file for file in find(root, ".h", ".cpp") if kind_of(file)]
    for file in files:
        measured[kind_of(file)].append((read(root / file).count("\n"), str(file)))
    for file, line, name, lines in function_lengths(root, files):
        measured["function"].append((lines, f"{file}:{line}: {name}"))
    return measured


def problems(root=ROOT):
    return [
        f"{where}: {lines} lines; a {kind} has at most {BUDGETS[kind][2]}: split it by concept"
        for kind, entries in measure(root).items()
        for lines, where in entries
        if lines > BUDGETS[kind][2]
    ]


def table(root=ROOT):
    row = "{:<16}{:>7}{:>16}{:>16}{:>16}".format
    lines = [row("lines", "count", "median (aim)", "90 % (aim)", "largest (max)")]
    for kind, entries in measure(root).items():
        if entries:
            sizes = sorted(size for size, _ in entries)
            seen = (sizes[len(sizes) // 2], sizes[len(sizes) * 9 // 10], sizes[-1])
            cells = [f"{size} ({aim})" for size, aim in zip(seen, BUDGETS[kind])]
            lines.append(row(kind, len(sizes), *cells))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
    finish("sizes", problems(), "everything is within its budget")
