#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on what the text of a source must not contain; RULES is the list, with reasons."""

import dataclasses
import re

from sources import ROOT, code_only, find, finish, read

CPP = (".h", ".cpp")
PROGRAMS = (*CPP, ".py", ".sh")
TEXTS = (*PROGRAMS, ".md", ".txt", ".cmake", ".json", ".yml")
LIBRARY = r"(include/larder|src)/(?!cli/|python/|web/)"


@dataclasses.dataclass(frozen=True)
class Rule:
    pattern: str  # what must not be found
    why: str
    where: str = r""  # the files it holds for: a regular expression from the start of the path
    unless: str = r"(?!)"  # files that are excepted
    mark: str = ""  # a comment with this word, on the line or the one before, allows it
    files: tuple = CPP  # what their names end in; of other files than C++ all text counts
    in_comments: bool = False  # look at the comments and literals of C++, too


RULES = [
    Rule(r"std::(cout|cerr|clog)|\b(printf|fprintf|vprintf|vfprintf|puts|putchar|perror)\s*\(",
         "the library never prints: use the log hook", LIBRARY),
    Rule(r"(?<![\w.>:])(std::|::)?(exit|_exit|_Exit|quick_exit|abort|terminate)\s*\(",
         "the library never ends the program: throw larder::Error", LIBRARY),
    Rule(r"\b(signal|sigaction|umask)\s*\(",
         "the library never changes signals or the umask", LIBRARY),
    Rule(r"\b(system|steady|high_resolution)_clock::now|\b(clock_gettime|gettimeofday|time)\s*\(",
         "time comes from larder::Clock", LIBRARY, r"src/core/clock\.cpp$"),
    Rule(r"\bstd::(random_device|mt19937(_64)?)\b|\b(rand|srand|getrandom)\s*\(",
         "chance comes from larder::Random", LIBRARY, r"src/core/random\.cpp$"),
    Rule(r"\bstd::(basic_)?[io]?fstream\b|\bfopen\s*\(",
         "files are reached through larder::Io", LIBRARY, r"src/core/"),
    Rule(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(",
         "tests wait for a condition, not for time; mark the exception with 'sleeps:' and a reason",
         r"tests/", mark="sleeps:"),
    Rule(r"^\s*rc::check\s*\(",
         "it only returns whether the property holds: EXPECT_TRUE(rc::check(...))", r"tests/"),
    Rule(r"\b(TODO|FIXME|XXX)\b", "finish it or open an issue",
         unless=r"tools/", files=TEXTS, in_comments=True),
    Rule(r"/root/|/work/|/tmp/(build|bash)", "a path of one machine",
         unless=r"tools/", files=TEXTS, in_comments=True),
    Rule(r"[^\x00-\x7f]", "sources are ASCII; write an escape", files=PROGRAMS, in_comments=True),
    Rule(r"\t", "no tabs; in a literal write the escape", files=PROGRAMS, in_comments=True),
]

SPDX = "SPDX-License-Identifier: Apache-2.0"


def spdx_problem(file, text):
    lines = [line for line in text.split("\n", 2) if not line.startswith("#!")]
    if SPDX not in lines[0]:
        return [f"{file}:1: the first line says '{SPDX}'"]
    return []


def is_allowed(rule, lines, number):
    return rule.mark and any(rule.mark in line for line in lines[max(0, number - 2):number])


def rule_problems(rule, file, text, code):
    name = file.as_posix()
    if file.suffix not in rule.files or re.match(rule.unless, name):
        return
    if not re.match(rule.where, name):
        return
    lines = text.split("\n")
    searched = lines if rule.in_comments or file.suffix not in CPP else code.split("\n")
    for number, line in enumerate(searched, start=1):
        match = re.search(rule.pattern, line)
        if match and not is_allowed(rule, lines, number):
            yield f"{name}:{number}: {match[0]!r}: {rule.why}"


def problems(root=ROOT):
    found = []
    for file in find(root, *TEXTS):
        text = read(root / file)
        if file.suffix in PROGRAMS:
            found.extend(spdx_problem(file, text))
        code = code_only(text) if file.suffix in CPP else text
        for rule in RULES:
            found.extend(rule_problems(rule, file, text, code))
    return found


if __name__ == "__main__":
    finish("rules", problems(), "nothing that must not be there")
