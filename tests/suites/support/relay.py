"""A line to a server that can be cut after so many bytes, at whatever they are just then part of.

As a program it stands in the hub between maintain and the server's sshd; as a module it starts that program.
"""

import json
import pathlib
import socket
import struct
import subprocess
import sys
import threading


class Relay:
    """`address` and `port` are where the server is reached through it."""

    def __init__(self, fleet, server, address):
        self.address = address
        self.process = subprocess.Popen(
            fleet.hub_command(["/usr/bin/python3", "-B", str(pathlib.Path(__file__).resolve()), address,
                               server["address"], str(server["port"])]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self._answer()["port"]

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the relay ended")
        return json.loads(line)

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def cut_after(self, count):
        """Resets every connection when `count` more bytes have come from the server, once; later ones live."""
        self.ask(limit=count)

    def never_cut(self):
        self.ask(limit=None)

    def bytes_since(self):
        """How many came from the server since the last word about cutting, and whether the cut has happened."""
        answer = self.ask()
        return answer["bytes"], answer["cut"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Line:
    def __init__(self, listen, target):
        self.lock = threading.Lock()
        self.count, self.limit, self.cut = 0, None, False
        self.connections = set()
        self.target = target
        self.listener = socket.create_server((listen, 0))

    def serve(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = socket.create_connection(self.target, timeout=10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self.lock:
                self.connections.add((near, far))
            threading.Thread(target=self.pass_on, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(far, near, True), daemon=True).start()

    def pass_on(self, source, sink, counted):
        try:
            while block := source.recv(16384):
                room = self.room(len(block)) if counted else len(block)
                sink.sendall(block[:room])
                if room < len(block):
                    self.reset_all()
                    return
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other direction has ended it

    def room(self, wanted):
        with self.lock:
            if self.limit is not None and self.count + wanted > self.limit:
                wanted, self.limit, self.cut = self.limit - self.count, None, True
            self.count += wanted
            return wanted

    def reset_all(self):
        with self.lock:
            ended, self.connections = self.connections, set()
        for pair in ended:
            for end in pair:
                # Zero seconds to linger: a reset, as a router or firewall gives that has lost its state.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                try:
                    end.shutdown(socket.SHUT_RD)  # wakes the thread that reads it
                except OSError:
                    pass
                end.close()

    def obey(self, order):
        with self.lock:
            if "limit" in order:
                self.count, self.limit, self.cut = 0, order["limit"], False
            return {"bytes": self.count, "cut": self.cut}


def main(listen, address, port):
    line = Line(listen, (address, int(port)))
    threading.Thread(target=line.serve, daemon=True).start()
    print(json.dumps({"port": line.listener.getsockname()[1]}), flush=True)
    for text in sys.stdin:
        print(json.dumps(line.obey(json.loads(text))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
