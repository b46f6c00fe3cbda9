"""The floor: the same requests over plain sockets, nothing parsed. A process of its own.

The requests come on stdin and are those that the tool sent. Each waits for the answer that made it possible, as it did
for the tool; with --free none waits for another.
"""

import argparse
import json
import socket
import sys
import threading
import time
from collections import deque
from urllib.parse import urlsplit

BUFFER = 16 * 1024 * 1024


class Work:
    """Requests that can be sent now, the pages that others wait for first."""

    def __init__(self, told: list[tuple[str, int]], *, free: bool) -> None:
        self._targets = [target for target, _ in told]
        self._ready: deque[int] = deque()
        self._after: dict[int, list[int]] = {}
        for at, (_, needs) in enumerate(told):
            if at == 0:
                continue  # the login
            if free or needs < 0:
                self._ready.append(at)
            else:
                self._after.setdefault(needs, []).append(at)
        self._open = len(told) - 1
        self._changed = threading.Condition()

    def take(self) -> tuple[int, str] | None:
        """The next request; None when all are answered or being answered and none will follow."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or not self._open)
            if not self._ready:
                return None
            at = self._ready.popleft()
            return at, self._targets[at]

    def done(self, at: int) -> None:
        """A request was answered."""
        with self._changed:
            self._open -= 1
            following = self._after.get(at, [])
            # As the tool does it: what others wait for goes first.
            self._ready.extendleft(sorted(following, key=lambda it: it in self._after))
            self._changed.notify_all()


def fetch(work: Work, address: tuple[str, int], received: list[int]) -> None:
    """Download over one connection until there is no more."""
    space = memoryview(bytearray(BUFFER))
    with socket.create_connection(address) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (taken := work.take()) is not None:
            at, target = taken
            line.sendall(f"GET {target} HTTP/1.1\r\nHost: {address[0]}\r\nAuthorization: bearer x\r\n\r\n".encode())
            received.append(_body(line, space))
            work.done(at)


def _body(line: socket.socket, space: memoryview) -> int:
    filled, end = 0, -1
    while end < 0:
        filled += _more(line, space[filled:])
        end = bytes(space[: min(filled, 2048)]).find(b"\r\n\r\n")
    length = int(bytes(space[:end]).partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    while filled < end + 4 + length:
        filled += _more(line, space[filled:])
    return length


def _more(line: socket.socket, space: memoryview) -> int:
    read = line.recv_into(space)
    if not read:
        raise ConnectionError
    return read


def main() -> None:
    """Download everything, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("api")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--free", action="store_true")
    given = parser.parse_args()
    parts = urlsplit(given.api)
    address = (parts.hostname or "", parts.port or 80)
    work = Work(json.load(sys.stdin), free=given.free)
    received: list[int] = []
    threads = [threading.Thread(target=fetch, args=(work, address, received)) for _ in range(given.threads)]
    begun, busy = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, cpu = time.perf_counter() - begun, time.process_time() - busy
    print(json.dumps({"wall": wall, "cpu": cpu, "bytes": sum(received), "requests": len(received)}))


if __name__ == "__main__":
    main()
