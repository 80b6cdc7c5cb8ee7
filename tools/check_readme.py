#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if the first C++ block of README.md is not examples/readme.cpp; `--fix` copies it there."""

import re
import sys

from sources import ROOT, finish, read

_BLOCK = re.compile(r"(^```cpp\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)
MAX_LINES = 20


def example(root):
    """The example as it is shown: without its licence line."""
    return re.sub(r"\A// SPDX[^\n]*\n", "", read(root / "examples" / "readme.cpp"))


def problems(root=ROOT):
    block = _BLOCK.search(read(root / "README.md"))
    if not block:
        return ["README.md: has no ```cpp block"]
    found = []
    if block[2] != example(root):
        found.append("README.md: its example is not examples/readme.cpp; "
                     "tools/check_readme.py --fix copies it")
    if example(root).count("\n") > MAX_LINES:
        found.append(f"examples/readme.cpp: more than {MAX_LINES} lines")
    return found


def fix(root=ROOT):
    readme = root / "README.md"
    new = _BLOCK.sub(lambda block: block[1] + example(root) + block[3], read(readme), count=1)
    readme.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    if "--fix" in sys.argv[1:]:
        fix()
    finish("readme", problems(), "the example is the one that is compiled")
