# SPDX-License-Identifier: Apache-2.0
"""What the checks share: which files there are, C++ text reduced to code, and how to report."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED_FOLDERS = {"build", ".git", ".ccache", "__pycache__"}

_COMMENT_OR_LITERAL = re.compile(
    r"//[^\n]*"
    r"|/\*.*?\*/"
    r'|R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)


def find(root, *suffixes):
    """Files below `root` that end in one of `suffixes`: sorted paths relative to it."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            if name.endswith(suffixes):
                found.append((pathlib.Path(folder) / name).relative_to(root))
    return sorted(found)


def read(path):
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def code_only(text):
    """`text` with comments and literals emptied; lines keep their numbers."""

    def blank(match):
        quotes = "" if match[0].startswith("/") else '""'
        return quotes + "\n" * match[0].count("\n")

    return _COMMENT_OR_LITERAL.sub(blank, text)


def finish(name, problems, summary):
    """Prints what was found and ends the program."""
    for problem in problems:
        print(problem)
    print(f"{name}: " + (f"{len(problems)} problem(s)" if problems else summary))
    sys.exit(1 if problems else 0)
