#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tidy.py BUILD JOBS FILE... Runs clang-tidy 19 with the compile commands of folder BUILD.

A file that was clean is not looked at again until something changes that it sees: its text, that of
any header it includes, its flags, .clang-tidy. What is known to be clean is kept as empty files in
the user's cache directory.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

from sources import ROOT, finish

TIDY = "clang-tidy-19"
KNOWN = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                     "larder-tidy")


def compile_commands(build):
    entries = json.loads(pathlib.Path(build, "compile_commands.json").read_text(encoding="utf-8"))
    return {str(pathlib.Path(entry["file"]).resolve()): entry for entry in entries}


def digest(entry):
    """What decides about the outcome for one file, or None if it does not even preprocess."""
    command = shlex.split(entry["command"])
    compiler = next(i for i, word in enumerate(command) if "clang++" in word)
    command = command[compiler:]
    command[command.index("-o") + 1] = "-"
    text = subprocess.run([*command, "-E", "-C"], cwd=entry["directory"], capture_output=True,
                          check=False)
    if text.returncode != 0:
        return None
    settings = (ROOT / ".clang-tidy").read_bytes()
    seen = b"\0".join([settings, " ".join(command).encode(), text.stdout])
    # The same in every clone.
    return hashlib.sha256(seen.replace(os.fsencode(ROOT), b".")).hexdigest()


def check(build, entry):
    """What clang-tidy says about one file: nothing if it is clean."""
    name = digest(entry)
    if name and (KNOWN / name).exists():
        return ""
    done = subprocess.run([TIDY, "-p", build, "--quiet", entry["file"]], text=True,
                          capture_output=True, check=False)
    if done.returncode == 0 and name:
        KNOWN.mkdir(parents=True, exist_ok=True)
        (KNOWN / name).touch()
    return "" if done.returncode == 0 else done.stdout or done.stderr


def main(build, jobs, *files):
    commands = compile_commands(build)
    entries = [commands[path] for path in (str(pathlib.Path(file).resolve()) for file in files)
               if path in commands]
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as pool:
        problems = [said for said in pool.map(lambda entry: check(build, entry), entries) if said]
    finish("tidy", problems, f"{len(entries)} files are clean")


if __name__ == "__main__":
    main(*sys.argv[1:])
