"""A package index and a service for advisories that answer as pypi.org and api.osv.dev do, on the hub's loopback.

As a program it serves an example on this machine's own loopback, for a look with curl.
"""

import contextlib
import hashlib
import http.server
import json
import pathlib
import re
import socketserver
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fleet"))

from fleetlib import network

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"  # 7.5
MODIFIED = "2026-11-01T00:00:00Z"
MOST_QUERIES = 1000

# What may be in `trouble`, besides a status (404, 500):
SLOW = "slow"            # the answer takes two seconds
HANGING = "hanging"      # there is none, and no end of the connection either
DOWN = "down"            # the connection ends without an answer
MALFORMED = "malformed"  # half of the answer
HTML = "html"            # an index that knows no JSON at /simple/


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class PythonIndex:
    """`url` stands for https://pypi.org/ and https://api.osv.dev/ in `http: {instead: ...}`.

    `trouble` maps what is asked for to what goes wrong with it: a package's name, an advisory's id, "querybatch", or
    "osv" for all that is about advisories.
    """

    def __init__(self, namespace=None):
        self.pages = {}       # package -> its page of the simple API
        self.advisories = {}  # id -> its record
        self.named = {}       # package -> version -> ids that the service names for it
        self.files = {}       # path -> text, whatever else is to be had here
        self.trouble = {}
        self.page_size = 100  # ids of one package in an answer
        self.asked = []       # (path, status of the answer)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        with network.entered(namespace) if namespace else contextlib.nullcontext():
            self._server = Server(("127.0.0.1", 0), Handler)
        self._server.index = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def close(self):
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    # -- what there is

    def publish(self, name, *versions):
        """The package's releases, in place of those that it had; its page, for changes."""
        stem = name.replace("-", "_")
        files = [{"filename": filename, "url": f"https://files.example.test/{filename}", "hashes": {}, "size": 1,
                  "requires-python": None, "upload-time": "2026-01-01T00:00:00.000000Z", "yanked": False}
                 for version in versions
                 for filename in (f"{stem}-{version}-py3-none-any.whl", f"{stem}-{version}.tar.gz")]
        page = {"meta": {"api-version": "1.4", "_last-serial": 1}, "name": normal(name), "versions": list(versions),
                "files": files, "alternate-locations": []}
        self.pages[normal(name)] = page
        return page

    def yank(self, name, version, reason):
        for file in self.pages[normal(name)]["files"]:
            if f"-{version}-py3" in file["filename"] or file["filename"].endswith(f"-{version}.tar.gz"):
                file["yanked"] = reason

    def advise(self, advisory, package, versions, fixed="", **more):
        """An advisory that the service names for these versions of the package; its record, for changes."""
        for version in versions:
            self.named.setdefault(normal(package), {}).setdefault(version, []).append(advisory)
        events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
        record = {"schema_version": "1.7.0", "id": advisory, "modified": MODIFIED, "published": MODIFIED,
                  "summary": f"{package} leaks", "details": f"{package} tells strangers what it knows.\n",
                  "severity": [{"type": "CVSS_V3", "score": HIGH}],
                  "affected": [{"package": {"name": package, "ecosystem": "PyPI"}, "versions": list(versions),
                                "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
                  "references": [{"type": "WEB", "url": f"https://example.test/{advisory}"}], **more}
        self.advisories[advisory] = record
        return record

    # -- what was asked

    def count(self, beginning, status=None):
        """How many answers were given about what is beneath the path, whatever their status if that is not said."""
        with self._lock:
            return sum(path.startswith(beginning) and status in (None, code) for path, code in self.asked)

    def packages_asked(self):
        """The packages whose page was asked for, each as often as that."""
        with self._lock:
            return sorted(path.split("/")[2] for path, _ in self.asked if path.startswith("/simple/"))

    def forget(self):
        with self._lock:
            self.asked.clear()

    # -- answers

    def answer(self, request, body):
        """Sends one to the handler's client; whether there was one."""
        path = request.path
        trouble = self._trouble_with(path)
        if trouble in (HANGING, DOWN):
            self._note(path, trouble)
            if trouble == HANGING:
                self._closed.wait()
            return False
        if trouble == SLOW:
            self._closed.wait(2)
        status, kind, text = self._found(path, body)
        if trouble == MALFORMED:
            text = text[:len(text) // 2]
        elif trouble == HTML and path.startswith("/simple/"):
            status, kind, text = 200, "text/html", "<!DOCTYPE html><html><body><a href='x'>x</a></body></html>"
        elif isinstance(trouble, int):
            status, kind, text = trouble, "text/html", "<html>no</html>"
        data = text.encode()
        tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
        if status == 200 and request.headers.get("If-None-Match") == tag:
            status, data = 304, b""
        self._note(path, status)
        request.send_response(status)
        if status in (200, 304):
            request.send_header("ETag", tag)
        if status != 304:
            request.send_header("Content-Type", kind)
            request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
        return True

    def _note(self, path, status):
        with self._lock:
            self.asked.append((path, status))

    def _trouble_with(self, path):
        about_advisories = path.startswith("/v1/")
        words = path.strip("/").split("/")
        what = words[-1] if about_advisories else words[1] if len(words) > 1 else ""
        return self.trouble.get(what) or (self.trouble.get("osv") if about_advisories else None)

    def _found(self, path, body):
        """Status, media type and text."""
        words = path.strip("/").split("/")
        if words[0] == "simple" and len(words) == 2 and words[1] in self.pages:
            return 200, SIMPLE_JSON, json.dumps(self.pages[words[1]])
        if words[0] == "pypi" and words[2:] == ["json"] and words[1] in self.pages:
            return 200, "application/json", json.dumps(project_json(self.pages[words[1]]))
        if words[:2] == ["v1", "vulns"] and words[2] in self.advisories:
            return 200, "application/json", json.dumps(self.advisories[words[2]])
        if words == ["v1", "querybatch"]:
            return self._batch(body)
        if path in self.files:
            return 200, "text/plain", self.files[path]
        return 404, "application/json", '{"message": "Not Found"}'

    def _batch(self, body):
        queries = json.loads(body)["queries"]
        if len(queries) > MOST_QUERIES or any(query["package"]["ecosystem"] != "PyPI" for query in queries):
            return 400, "application/json", '{"code": 3, "message": "Invalid query"}'
        return 200, "application/json", json.dumps({"results": [self._result(query) for query in queries]})

    def _result(self, query):
        versions = self.named.get(query["package"]["name"], {})
        if "version" in query:
            ids = versions.get(query["version"], [])
        else:
            ids = sorted({advisory for named in versions.values() for advisory in named})
        begin = int(query.get("page_token", "0"))
        end = begin + self.page_size
        result = {}
        if ids[begin:end]:
            result["vulns"] = [{"id": advisory, "modified": MODIFIED} for advisory in ids[begin:end]]
        if len(ids) > end:
            result["next_page_token"] = str(end)
        return result


def project_json(page):
    """The page in the older form."""
    releases = {}
    for version in page["versions"]:
        releases[version] = [
            {"filename": file["filename"], "requires_python": file["requires-python"], "size": file["size"],
             "upload_time_iso_8601": file["upload-time"], "yanked": bool(file["yanked"]),
             "yanked_reason": file["yanked"] if isinstance(file["yanked"], str) else None}
            for file in page["files"] if re.search(rf"-{re.escape(version)}(-py3|\.tar)", file["filename"])]
    return {"info": {"name": page["name"], "version": page["versions"][-1]}, "last_serial": 1, "releases": releases,
            "urls": [], "vulnerabilities": []}


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 50
    index = None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.reply(b"")

    def do_POST(self):
        self.reply(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def reply(self, body):
        if not self.server.index.answer(self, body):
            self.close_connection = True

    def log_message(self, *_):
        pass


def main():
    index = PythonIndex()
    index.publish("Demo", "1.0", "1.0.1", "2.0")
    index.advise("GHSA-aaaa-bbbb-cccc", "demo", ["1.0"], fixed="1.0.1", aliases=["CVE-2026-1"])
    print(index.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
