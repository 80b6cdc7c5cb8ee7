#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the reference in build/docs/html with doxygen; fails on a warning.

Every class, enumeration, function and concept of a public header must be documented, and every
snippet and reference must exist. Members of a documented class may speak for themselves: an
operator, a constructor, a function that is named like the one of the standard it follows. Pages may
link to files that are no part of the reference; tools/check_links.py looks at links.
"""

import re
import subprocess

from sources import ROOT, finish, read

_ALLOWED = re.compile(
    r"Member .* of (class|struct) .* is not documented"
    r"|unable to resolve reference to '[^']*\.(md|1)'"
)


def problems(root=ROOT):
    folder = root / "build" / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["doxygen", "Doxyfile"], cwd=root, check=True)
    lines = read(folder / "warnings.txt").splitlines()
    return [line.removeprefix(f"{root}/") for line in lines
            if line.strip() and not _ALLOWED.search(line)]


if __name__ == "__main__":
    finish("reference", problems(), "build/docs/html/index.html")
