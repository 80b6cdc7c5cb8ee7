#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: headers_alone.py INCLUDE COMPILER... Compiles every header below INCLUDE/larder alone.

A compiler that is not installed is left out, but not the first. Warnings are errors, and a header
may pull in nothing but the standard library and the system.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

FLAGS = ["-std=c++20", "-fsyntax-only", "-x", "c++", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow",
         "-Wconversion", "-Wsign-conversion", "-Wnon-virtual-dtor", "-Woverloaded-virtual",
         "-Werror"]
THIRD_PARTY = re.compile(r"/(lmdb|xxhash|xxh3|zstd\w*|nlohmann|CLI|openssl|sqlite3)[./]")


def compile_alone(compiler, include, header):
    """What is wrong with `header`, or an empty text."""
    program = f'#include "{header}"\n#include "{header}"\n'
    done = subprocess.run([compiler, *FLAGS, "-H", f"-I{include}", "-"], input=program, text=True,
                          capture_output=True, check=False)
    lines = done.stderr.splitlines()
    if done.returncode != 0:
        shown = [line for line in lines if not re.match(r"\.+ ", line)]
        return f"{compiler}: {header}\n" + "\n".join(shown)
    strangers = [line for line in lines if THIRD_PARTY.search(line)]
    return f"{compiler}: {header} includes\n" + "\n".join(strangers) if strangers else ""


def main(include, first, *others):
    headers = sorted(str(path.relative_to(include))
                     for path in pathlib.Path(include, "larder").rglob("*.h"))
    compilers = [first] + [other for other in others if shutil.which(other) and other != first]
    jobs = [(compiler, include, header) for compiler in compilers for header in headers
            if not header.endswith("_inl.h")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [problem for problem in pool.map(lambda job: compile_alone(*job), jobs)
                    if problem]
    print("\n\n".join(problems))
    print(f"{len(headers)} headers, {len(compilers)} compilers, {len(problems)} problems")
    return 1 if problems or not headers else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
