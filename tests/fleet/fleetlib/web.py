"""Serves a folder over HTTP: `web.py ADDRESS PORT FOLDER`, started inside a fleet's hub."""

import functools
import http.server
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    # Lets apt fetch several files over one connection.
    protocol_version = "HTTP/1.1"


def main(address, port, folder):
    handler = functools.partial(Handler, directory=folder)
    http.server.ThreadingHTTPServer((address, int(port)), handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
