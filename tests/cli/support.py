# SPDX-License-Identifier: Apache-2.0
"""What the tests of the tool share: a private home, a way to run it, conditions to wait for."""

import errno
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LARDER = os.environ.get("LARDER", str(ROOT / "build" / "release" / "larder"))
PATIENCE = 60  # seconds until a condition that does not come true is a failure


def wait_until(condition, what):
    """Returns when `condition()` is true: it looks often, so nothing depends on how long that is."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited too long for {what}")
        time.sleep(0.005)


def waits_for_lock(pid):
    """Whether process `pid` waits for a file lock that someone else holds."""
    with open("/proc/locks", encoding="ascii") as locks:
        return any("->" in line and f" {pid} " in line for line in locks)


def feed(fifo, text):
    """Writes to a fifo, once someone has opened it to read."""
    opened = []

    def try_to_open():
        try:
            opened.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        return opened

    wait_until(try_to_open, f"a reader of {fifo}")
    with open(opened[0], "w", encoding="utf-8") as file:
        file.write(text)


class Case(unittest.TestCase):
    """A test with a folder of its own, where stores, files and the home directory are."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="larder-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.work = self.folder / "work"
        self.work.mkdir()
        self.store = self.folder / "store"
        self.env = {key: value for key, value in os.environ.items()
                    if key not in ("LARDER_STORE", "XDG_CACHE_HOME", "NO_COLOR")}
        self.env |= {"HOME": str(self.folder / "home"), "LC_ALL": "C.UTF-8"}
        (self.folder / "home").mkdir()

    def start(self, *arguments, **options):
        """Starts the tool; its output comes through pipes unless `options` say otherwise."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "cwd": self.work, "env": self.env} | options
        process = subprocess.Popen([LARDER, *arguments], **options)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def call(self, *arguments, stdin=b"", before=(), **options):
        """Runs the tool to its end. `before` is put before it on the command line."""
        options = {"cwd": self.work, "env": self.env} | options
        while True:
            done = subprocess.run([*before, LARDER, *arguments], input=stdin, capture_output=True,
                                  timeout=PATIENCE, check=False, **options)
            # A killed faketime leaves a semaphore behind that keeps the next one with its process
            # number from starting.
            if not done.stderr.startswith(b"faketime: sem_open: File exists"):
                return done

    def expect(self, *arguments, code=0, out=None, err=None, **options):
        """Runs the tool and compares what it did; `err` is a part of stderr, "" means none at all."""
        done = self.call(*arguments, **options)
        shown = f"{arguments} wrote {done.stdout!r} and {done.stderr!r}"
        self.assertEqual(done.returncode, code, shown)
        if out is not None:
            self.assertEqual(done.stdout, out if isinstance(out, bytes) else out.encode(), shown)
        if err == "":
            self.assertEqual(done.stderr, b"", shown)
        elif err is not None:
            self.assertIn(err, done.stderr.decode(errors="replace"), shown)
        return done

    def write(self, name, content):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


class StoreCase(Case):
    """A test of commands that take a store."""

    def put(self, key, value, *options):
        self.expect("put", *options, str(self.store), "--", key, "-",
                    stdin=value if isinstance(value, bytes) else value.encode(), out="", err="")

    def get(self, key, *options):
        return self.expect("get", *options, str(self.store), "--", key, err="").stdout


class RunCase(Case):
    """A test of `larder run` with its default store in the private home."""

    def setUp(self):
        super().setUp()
        self.log = self.folder / "log"

    def run_command(self, script, *options, **checks):
        """Runs `script` with sh under `larder run`."""
        return self.expect("run", *options, "--", "sh", "-c", script, **checks)

    def count_script(self, script="true"):
        """A script that leaves a line in the log each time it really runs."""
        return f"echo run >> '{self.log}'; {script}"

    def runs(self):
        """How often scripts of `count_script` ran."""
        return self.log.read_text().count("run\n") if self.log.exists() else 0

    def fifo(self, name):
        path = self.folder / name
        os.mkfifo(path)
        return path

    def default_store(self):
        return self.folder / "home" / ".cache" / "larder" / "run"


def main():
    unittest.main(verbosity=1)
