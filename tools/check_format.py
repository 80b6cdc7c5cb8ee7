#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if a source is not formatted as .clang-format says; `--fix` formats it.

The version is pinned: another one would format differently.
"""

import subprocess
import sys

from sources import ROOT, find, finish

FORMATTER = "clang-format-19"


def run(root, *arguments):
    files = [str(file) for file in find(root, ".h", ".cpp")]
    if not files:
        return []
    done = subprocess.run([FORMATTER, *arguments, *files], cwd=root, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0 and not done.stderr:
        return [f"{FORMATTER} failed with status {done.returncode}"]
    return [line for line in done.stderr.splitlines() if ": error: " in line]


def problems(root=ROOT):
    return run(root, "--dry-run", "-Werror")


if __name__ == "__main__":
    if "--fix" in sys.argv[1:]:
        finish("format", run(ROOT, "-i"), "done")
    finish("format", problems(), "every source is formatted")
