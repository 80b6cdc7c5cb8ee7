#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on a relative link in a *.md file that leads nowhere: no such file, no such heading."""

import re

from sources import ROOT, find, finish, read

_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"(?<!\\)\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def blank(match):
    return "\n" * match[0].count("\n")


def anchors(text):
    """The fragment names that a Markdown renderer gives to the headings of `text`."""
    names = set()
    for heading in _HEADING.findall(_FENCE.sub(blank, text)):
        words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        name, count = words, 0
        while name in names:
            count += 1
            name = f"{words}-{count}"
        names.add(name)
    return names


def link_problem(root, file, target):
    path, _, fragment = target.partition("#")
    found = root / file if not path else (root / file).parent / path
    if not found.exists():
        return f"there is no {path}"
    if fragment and found.suffix == ".md" and fragment not in anchors(read(found)):
        return f"{path or file} has no heading #{fragment}"
    return None


def problems(root=ROOT):
    found = []
    for file in find(root, ".md"):
        text = _CODE.sub("", _FENCE.sub(blank, read(root / file)))
        for match in _LINK.finditer(text):
            target = match[1] or match[2]
            problem = None if _ELSEWHERE.match(target) else link_problem(root, file, target)
            if problem:
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{file}:{line}: links to {target}: {problem}")
    return found


if __name__ == "__main__":
    finish("links", problems(), "every relative link leads somewhere")
