#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on an #include that points against the arrows of ARCHITECTURE.md.

Checked: rooms include only what MAY_USE lists; nobody includes include/larder/<room>/detail/ of
another room; public headers include no third-party header; surfaces include public headers only;
src/CMakeLists.txt links the same arrows.
"""

import re

from sources import ROOT, find, finish, read

MAY_USE = {
    "core": "",
    "codec": "core",
    "key": "core",
    "code": "core key",
    "engine": "core",
    "store": "core",
    "backend": "core store engine",
    "layer": "core codec store",
    "compose": "core store",
    "uri": "core engine store backend layer compose",
    "cache": "core codec key engine",
    "container": "core codec key engine",
    "sync": "core codec key engine",
    "track": "core codec key container",
    "interpolation": "core codec key code engine cache",
    "archive": "core codec key store",
    "lake": "core codec key store",
    "memo": "core codec key code engine store cache archive lake",
}
MAY_USE = {room: set(others.split()) | {room} for room, others in MAY_USE.items()}
SURFACES = ("cli", "python", "web")
for surface in SURFACES:
    MAY_USE[surface] = set(MAY_USE) - set(SURFACES) | {surface}

STANDARD = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
    chrono cinttypes climits clocale cmath codecvt compare complex concepts condition_variable
    coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar
    cwctype deque exception execution filesystem forward_list fstream functional future
    initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
    memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio
    regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept
    stop_token streambuf string string_view strstream syncstream system_error thread tuple
    type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
    version""".split()
)
SYSTEM = {"sys/stat.h", "sys/types.h"}  # POSIX types that a public interface names

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[>"]', re.MULTILINE)
_ROOM_CALL = re.compile(r"larder_room\((\w+)(?:\s+DEPENDS((?:\s+(?!LINK\b)\w+)+))?")


def includes(path):
    """Yields (line, quote, name) of each #include in `path`."""
    text = read(path)
    for match in _INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1], match[2]


def room_of(file):
    """The room of a file of include/larder/ or src/, or None."""
    parts = file.parts
    if parts[:2] == ("include", "larder") and len(parts) > 3:
        return parts[2]
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    return None


def why_wrong(room, is_public, quote, name):
    """What is wrong with `room` including `name`, or None."""
    if quote == "<":
        if is_public and name not in STANDARD | SYSTEM:
            return "a public header includes only the standard library and larder"
        return None
    parts = name.split("/")
    is_private = parts[0] != "larder"
    target = parts[0] if is_private else parts[1]
    if is_private and is_public:
        return "a public header includes larder/<room>/<file>.h only"
    if target not in MAY_USE:
        return "this is no room of larder: third-party headers are included with <>"
    if target not in MAY_USE[room]:
        return f"{room} may use {' '.join(sorted(MAY_USE[room] - {room})) or 'nothing'}"
    if target != room and ("detail" in parts or (is_private and room in SURFACES)):
        return f"this header is private to {target}"
    return None


def cmake_problems(root):
    path = root / "src" / "CMakeLists.txt"
    if not path.is_file():
        return
    text = re.sub(r"#.*", "", read(path))
    for match in _ROOM_CALL.finditer(text):
        room, depends = match[1], set((match[2] or "").split())
        for other in sorted(depends - MAY_USE.get(room, set())):
            yield f"src/CMakeLists.txt: {room} links {other}, which it may not use"


def problems(root=ROOT):
    found = list(cmake_problems(root))
    for file in find(root, ".h", ".cpp"):
        room = room_of(file)
        if room is None:
            continue
        if room not in MAY_USE:
            found.append(f"{file}: '{room}' is no room; add it to tools/check_layers.py")
            continue
        for line, quote, name in includes(root / file):
            reason = why_wrong(room, file.parts[0] == "include", quote, name)
            if reason:
                found.append(f"{file}:{line}: includes {name}: {reason}")
    return found


if __name__ == "__main__":
    finish("layers", problems(), "every include follows the arrows")
