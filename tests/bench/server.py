"""A fast stand-in for Cloud Controller and its login server: one process, one event loop, pages ready in memory."""

import argparse
import asyncio
import json
import socket
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.bench.rows import Foundation, Listing, envelope, foundation, row_of

RENDERED_AT_ONCE = 8
MOST_GUIDS = 200
EMPTY = ("/v3/builds", "/v3/tasks", "/v3/audit_events", "/v3/processes", "/v3/roles")


class Manner(NamedTuple):
    """How slow the server is, and what it can do."""

    latency: float = 0.0
    render: float = 0.0
    current: bool = False


class Told(NamedTuple):
    """A request as it came: what was asked, and the place of the request whose answer made it possible (-1: none)."""

    target: str
    needs: int


class Log:
    """What was asked since the last login, and how much of it at once."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.told: list[Told] = []
        self.in_flight = 0
        self.peak = 0
        # For every page of apps: the rows known after it, and its place in `told`.
        self._known: list[int] = []
        self._pages: list[int] = []

    def begin(self, target: str) -> None:
        """A request came."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        self.told.append(Told(target, -1))

    def end(self) -> None:
        """Its answer went."""
        self.in_flight -= 1

    def walked(self, rows: int) -> None:
        """The last request was for a page of apps, which ends at this row."""
        self._depends(self._pages[-1] if self._pages else -1)
        self._known.append(rows)
        self._pages.append(len(self.told) - 1)

    def wanted(self, row: int) -> None:
        """The last request was for a droplet that only the page with this app could name."""
        at = bisect_left(self._known, row + 1)
        self._depends(self._pages[at] if at < len(self._pages) else -1)

    def _depends(self, needs: int) -> None:
        self.told[-1] = self.told[-1]._replace(needs=needs)


class Answers:
    """The bodies, by target."""

    def __init__(self, served: Foundation, api: str) -> None:
        self.served = served
        self.api = api
        self.manner = Manner()
        self.log = Log()
        self._lists = {
            "/v3/apps": served.apps,
            "/v3/spaces": served.spaces,
            "/v3/organizations": served.organizations,
            "/v3/buildpacks": served.buildpacks,
            "/v3/stacks": served.stacks,
            **dict.fromkeys(EMPTY, Listing([], [])),
        }

    def answer(self, target: str) -> tuple[int, bytes, bool]:
        """Status and body, and whether it took rendering."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        path = parts.path
        if path in {"/", "/oauth/token"}:
            self.log.counts[path] += 1
            return HTTPStatus.OK, self._root() if path == "/" else self._token(), False
        if path == "/v3/droplets":
            return self._droplets(query)
        if path not in self._lists:
            return HTTPStatus.NOT_FOUND, b'{"errors":[]}', False
        counted = query.get("per_page") == "1"
        self.log.counts[f"{path} count" if counted else path] += 1
        body, stop = _paged(path, self._lists[path], query)
        if path == "/v3/apps" and not counted:
            self.log.walked(stop)
        return HTTPStatus.OK, body, not counted

    def control(self, target: str) -> bytes:
        """The words of the measurement itself: /_counts, /_requests, /_manner?latency=0.05&render=1.5&current=1."""
        parts = urlsplit(target)
        if parts.path == "/_manner":
            given = dict(parse_qsl(parts.query))
            current = given.get("current") == "1"
            self.manner = Manner(float(given.get("latency", 0)), float(given.get("render", 0)), current)
            self.log = Log()
        if parts.path == "/_requests":
            return json.dumps(self.log.told).encode()
        return json.dumps({"counts": self.log.counts, "peak": self.log.peak}).encode()

    def _root(self) -> bytes:
        here = {"href": self.api}
        version = {"href": f"{self.api}/v3", "meta": {"version": "3.228.0"}}
        return json.dumps(
            {"links": {"self": here, "login": here, "uaa": here, "cloud_controller_v3": version}}
        ).encode()

    def _token(self) -> bytes:
        # A login begins a run: what came before it is another's.
        self.log = Log()
        self.log.begin("/oauth/token")
        return b'{"access_token":"made-up","token_type":"bearer","expires_in":3600}'

    def _droplets(self, query: Mapping[str, str]) -> tuple[int, bytes, bool]:
        if "guids" in query:
            self.log.counts["/v3/droplets guids"] += 1
            rows = [row_of(guid) for guid in query["guids"].split(",")[:MOST_GUIDS]]
            self.log.wanted(max(rows))
            found = [self.served.droplets[row] for row in rows]
            return HTTPStatus.OK, envelope("/v3/droplets", found, len(found), more=False), True
        self.log.counts["/v3/droplets current"] += 1
        self.log.wanted(0)
        if not self.manner.current:
            detail = "The query parameter is invalid: Unknown query parameter(s): 'current'"
            error = {"code": 10005, "title": "CF-BadQueryParameter", "detail": detail}
            return HTTPStatus.BAD_REQUEST, json.dumps({"errors": [error]}).encode(), False
        return HTTPStatus.OK, _paged("/v3/droplets", self.served.droplets_by_creation, query)[0], True


def _paged(path: str, listing: Listing, query: Mapping[str, str]) -> tuple[bytes, int]:
    """A page by keyset or by number, and the row where it ends."""
    size = int(query.get("per_page", "50"))
    base = bisect_left(listing.created, query.get("created_ats[gte]", ""))
    start = base + (int(query.get("page", "1")) - 1) * size
    stop = min(start + size, len(listing.rows))
    body = envelope(path, listing.rows[start:stop], len(listing.rows) - base, more=stop < len(listing.rows))
    return body, stop


async def _converse(answers: Answers, client: socket.socket, renderers: asyncio.Semaphore) -> None:
    """Answer one keep-alive connection until it ends."""
    loop = asyncio.get_running_loop()
    with client:
        client.settimeout(0)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        try:
            while True:
                while b"\r\n\r\n" not in received:
                    more = await loop.sock_recv(client, 65536)
                    if not more:
                        return
                    received += more
                head, _, received = received.partition(b"\r\n\r\n")
                target = head.split(b" ", 2)[1].decode()
                length = _length(head)
                while len(received) < length:
                    received += await loop.sock_recv(client, 65536)
                received = received[length:]
                await loop.sock_sendall(client, await _answered(answers, target, renderers))
                if not target.startswith("/_"):
                    answers.log.end()
        except ConnectionError:
            return


async def _answered(answers: Answers, target: str, renderers: asyncio.Semaphore) -> bytes:
    if target.startswith("/_"):
        return _reply(HTTPStatus.OK, answers.control(target))
    answers.log.begin(target)
    status, body, rendered = answers.answer(target)
    await asyncio.sleep(answers.manner.latency)
    if rendered and answers.manner.render:
        async with renderers:
            await asyncio.sleep(answers.manner.render)
    return _reply(status, body)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _reply(status: int, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Date: {formatdate(usegmt=True)}\r\nX-Vcap-Request-Id: 0f7b8a52-6f0e-4b8f-9f10-7e5f5a8c1d2e\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _serve(apps: int) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        api = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answers = Answers(foundation(apps, datetime.now(UTC).replace(microsecond=0)), api)
        renderers = asyncio.Semaphore(RENDERED_AT_ONCE)
        print(api, flush=True)
        talks = set()
        while True:
            client, _ = await loop.sock_accept(listener)
            talk = loop.create_task(_converse(answers, client, renderers))
            talks.add(talk)
            talk.add_done_callback(talks.discard)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", type=int)
    asyncio.run(_serve(parser.parse_args().apps))
