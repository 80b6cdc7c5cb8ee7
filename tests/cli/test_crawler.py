# SPDX-License-Identifier: Apache-2.0
"""The example of a web crawler, on a real documentation tree: killed at random, it finds every page
once."""

import contextlib
import http.server
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import unittest
import urllib.parse

import support

CRAWLER = os.environ.get("LARDER_CRAWLER", "")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PAGES = pathlib.Path("/usr/share/doc/gcc-12-base/libstdc++")
WORKERS = 4
LINK = re.compile(rb"""href=(["'])(.*?)\1""", re.DOTALL)

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {root};
  }}
}}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def walk(address):
    """The size of every page that the first one leads to, by address; None of those that are not there."""
    begin = address + "/index.html"
    found, todo = {}, [begin]
    while todo:
        url = todo.pop()
        file = PAGES / urllib.parse.unquote(urllib.parse.urlsplit(url).path.lstrip("/"))
        content = file.read_bytes() if file.is_file() else None
        found[url] = None if content is None else len(content)
        for _, link in set(LINK.findall(content or b"")):
            target = urllib.parse.urljoin(url, re.split("[#?]", link.decode())[0])
            if target.startswith(address + "/") and target.endswith(".html") and target not in found:
                found[target] = None
                todo.append(target)
    return found


@unittest.skipUnless(CRAWLER, "the example is not built: libcurl is missing")
@unittest.skipUnless(NGINX, "nginx is missing")
@unittest.skipUnless(PAGES.exists(), "libstdc++-12-doc is missing")
class Crawler(support.Case):
    def setUp(self):
        super().setUp()
        self.address = self.serve()
        self.state = self.folder / "state"

    def serve(self):
        """Starts a server of the pages that ends with the test, and returns its address."""
        while True:
            port = free_port()
            configuration = self.folder / "nginx.conf"
            configuration.write_text(
                CONFIGURATION.format(folder=self.folder, port=port, root=PAGES))
            server = subprocess.Popen([NGINX, "-c", str(configuration)], stderr=subprocess.DEVNULL)
            self.addCleanup(self._end, server)
            support.wait_until(lambda: server.poll() is not None or self.answers(port), "the server")
            if server.poll() is None:
                return f"http://127.0.0.1:{port}"
            # Somebody else took the port meanwhile, or the server cannot run at all.
            self.assertIn("Address already in use", (self.folder / "errors").read_text())

    @staticmethod
    def answers(port):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    @staticmethod
    def _end(process):
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def crawl(self):
        """Starts the crawler in a process group of its own."""
        crawler = subprocess.Popen(
            [CRAWLER, str(self.state), self.address + "/index.html", str(WORKERS)],
            stdout=subprocess.PIPE, start_new_session=True)
        self.addCleanup(self._end, crawler)
        return crawler

    @staticmethod
    def workers_of(crawler):
        return [int(pid) for pid in
                pathlib.Path(f"/proc/{crawler.pid}/task/{crawler.pid}/children").read_text().split()]

    def kill_one_at_each_line(self, crawler, lines):
        """Reads so many lines of progress; None: all of them. Returns how many workers were killed."""
        killed = 0
        while lines is None or lines > 0:
            line = crawler.stdout.readline()
            if not line:
                break
            with contextlib.suppress(IndexError, ProcessLookupError):  # they are at their end
                os.kill(random.choice(self.workers_of(crawler)), signal.SIGKILL)
                killed += 1
            lines = lines and lines - 1
        return killed

    def found(self):
        listed = subprocess.run([CRAWLER, str(self.state)], capture_output=True, check=True,
                                timeout=support.PATIENCE).stdout.decode()
        return [line.split("\t") for line in listed.splitlines()]

    def test_finds_every_page_once_however_often_it_is_killed(self):
        first = self.crawl()
        self.kill_one_at_each_line(first, 3)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        kept = len(self.found())
        second = self.crawl()
        self.assertGreater(self.kill_one_at_each_line(second, None), 0)
        self.assertEqual(second.wait(), 0)

        expected = walk(self.address)
        rows = self.found()
        self.assertTrue(0 < kept < len(expected), kept)
        self.assertGreater(len(expected), 3000)
        self.assertEqual({row[3] for row in rows}, set(expected))
        self.assertEqual({row[0] for row in rows}, {"1"}, "some page was counted twice")
        for _, status, size, url in rows:
            if expected[url] is None:
                self.assertEqual(status, "404", url)
            else:
                self.assertEqual((status, size), ("200", str(expected[url])), url)


class Pages(http.server.BaseHTTPRequestHandler):
    """Three pages, of which one gets no answer while the server is `broken`."""

    def do_GET(self):
        if self.path == "/b.html" and self.server.broken:
            self.close_connection = True
            return
        body = b'<a href="b.html">b</a> <a href="c.html">c</a>'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@unittest.skipUnless(CRAWLER, "the example is not built: libcurl is missing")
class Unreachable(support.Case):
    def setUp(self):
        super().setUp()
        self.state = str(self.folder / "state")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.server.broken = True
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def run_crawler(self, *arguments):
        return subprocess.run([CRAWLER, self.state, *arguments], capture_output=True, text=True,
                              timeout=support.PATIENCE)

    def crawl(self):
        done = self.run_crawler(self.address + "/a.html", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()[-1]

    def test_ends_without_what_gets_no_answer_and_tries_again_in_the_next_call(self):
        self.assertEqual(self.crawl(), "2 pages, 1 could not be fetched")
        lines = self.run_crawler().stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[-1], rf"^0\t0\t0\t{self.address}/b\.html\tServer returned nothing")
        self.server.broken = False
        self.assertEqual(self.crawl(), "3 pages, all that are known")
        self.assertNotIn("Server returned", self.run_crawler().stdout)

    def test_number_of_workers_is_one(self):
        for workers in ("0", "-1", "abc", "4x", "", "1000000"):
            done = self.run_crawler(self.address + "/a.html", workers)
            self.assertEqual((done.returncode, done.stdout), (2, ""), workers)
            self.assertIn("usage", done.stderr)


if __name__ == "__main__":
    unittest.main()
