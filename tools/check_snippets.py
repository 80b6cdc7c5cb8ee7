#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if code of a page is not in the example that the page names.

A page of docs/ that says "Every piece of code here is in [`examples/x.cpp`]" is held to it: every
```cpp block must be in that file, which the tests compile and run. Blanks and line breaks may
differ.
"""

import re

from sources import ROOT, finish, read

_CLAIM = re.compile(r"Every\s+piece\s+of\s+code\s+here\s+is\s+in\s+\[`(examples/\w+\.cpp)`\]")
_BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def squeezed(text):
    return " ".join(text.split())


def problems_of(root, page):
    text = read(root / page)
    claim = _CLAIM.search(text)
    if not claim:
        return
    example = root / claim[1]
    if not example.is_file():
        yield f"{page}: there is no {claim[1]}"
        return
    program = squeezed(read(example))
    for block in _BLOCK.finditer(text):
        if squeezed(block[1]) not in program:
            line = text.count("\n", 0, block.start()) + 1
            yield f"{page}:{line}: this code is not in {claim[1]}"


def problems(root=ROOT):
    pages = sorted(path.relative_to(root) for path in (root / "docs").glob("**/*.md"))
    return [problem for page in pages for problem in problems_of(root, page)]


if __name__ == "__main__":
    finish("snippets", problems(), "the code of pages is in their examples")
