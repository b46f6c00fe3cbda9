"""A client that sends exactly the bytes it is told to, and nothing of the tool's."""

import http.client
import json
from typing import Any, NamedTuple

from collector.sandbox import Foundation


class Got(NamedTuple):
    """An answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)

    @property
    def pagination(self) -> dict[str, Any]:
        """Return the pagination object."""
        found: dict[str, Any] = self.json["pagination"]
        return found

    @property
    def resources(self) -> list[dict[str, Any]]:
        """Return the rows of a list."""
        found: list[dict[str, Any]] = self.json["resources"]
        return found


def fetch(url: str, target: str, headers: dict[str, str] | None = None, body: str | None = None) -> Got:
    """Send one request on a connection of its own; a body makes it a POST."""
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("GET" if body is None else "POST", target, body=body, headers=headers or {})
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, named, response.read().decode())
    finally:
        connection.close()


def ask(foundation: Foundation, target: str, caller: str | None = "global-auditor") -> Got:
    """Ask the Cloud Controller as one of the world's identities, or without a token."""
    headers = {"Authorization": f"bearer {foundation.token(caller)}"} if caller else {}
    return fetch(foundation.api, target, headers)
