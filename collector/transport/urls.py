"""Addresses: which are safe to send a secret to, and how a path becomes one."""

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from collector.errors import CollectError, Malformed, UsageError
from collector.transport.redaction import one_line

_PORTS = {"https": 443, "http": 80}
_LOGIN_HINT = "set them as COLLECT_CF_USERNAME …; write any other @ as %40"
_HOST_AND_PORT = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::[0-9]*)?")


class Origin(NamedTuple):
    """What decides who reads a request."""

    scheme: str
    host: str
    port: int


def origin(url: str) -> Origin:
    """Scheme, host and port, the default port filled in."""
    parts = urlsplit(url)
    return Origin(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])


def is_loopback(host: str) -> bool:
    """Whether a host can only be this machine: 127.0.0.0/8, ::1 or localhost."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in ipaddress.ip_network("127.0.0.0/8") or address == ipaddress.ip_address("::1")


def check_api_url(text: str) -> str:
    """The address of an API as `scheme://host[:port]`; raises `UsageError` for what is no such address or not safe."""
    parts = _checked(text)
    if parts.path not in {"", "/"}:
        raise UsageError(f"the address {one_line(text)} has a path", hint=f"leave it out: {_site(parts)}")
    return _site(parts)


def check_login_url(text: str) -> str:
    """The address of a login server, which may have a path; same errors as `check_api_url`."""
    parts = _checked(text)
    return _site(parts) + parts.path.rstrip("/")


def check_feed_url(text: str) -> str:
    """Where a feed is served, as `scheme://host[:port]`; its address may have a path and a query."""
    return _site(_checked(text, may_hold="?"))


def _checked(text: str, may_hold: str = "") -> SplitResult:
    text = text.strip()
    shown = one_line(text)
    if "://" not in text:
        raise UsageError(
            f"the address {shown or '(empty)'} has no scheme", hint="write it out: https://api.example.gov"
        )
    if "@" in text:
        # Anywhere: a password with a slash in it would look like a path.
        raise UsageError("an address must not hold a user name or password", hint=_LOGIN_HINT)
    if set(text) & (set("?#\\") - set(may_hold)) or not text.isprintable() or " " in text:
        raise UsageError(f"the address {shown} has a query, a fragment or a character that does not belong there")
    try:
        parts = urlsplit(text)
        port_is_sound = parts.port != 0
    except ValueError as error:
        raise UsageError(f"the address {shown} is not well formed: {one_line(str(error))}") from error
    if parts.scheme not in _PORTS:
        raise UsageError(f"the address {shown} is not https", hint="only https:// is spoken")
    if not (port_is_sound and _HOST_AND_PORT.fullmatch(parts.netloc.lower())):
        raise UsageError(f"the address {shown} names no host and port that can be used")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise UsageError(f"the address {shown} is not encrypted", hint="use https://; http:// is for loopback only")
    return parts


def _site(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.lower().rstrip(':')}"


def url_of(api: str, path: str, query: Mapping[str, str]) -> str:
    """The address of a path at an API; it can never be on another host."""
    # Commas and colons are legal in a query; left as they are, 200 guids need 400 bytes less.
    url = f"{api}{path}" + (f"?{urlencode(query, safe=',:')}" if query else "")
    if not path.startswith("/") or set(path) & set("?#\\") or origin(url) != origin(api):
        raise CollectError(f"{one_line(path)} is not a path on {api}")
    return url


def path_and_query(href: str) -> tuple[str, dict[str, str]]:
    """Path and query of a link, ready for an `Ask`; its host is left out: links carry names that need not be ours."""
    try:
        parts = urlsplit(href)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise Malformed(f"the link {one_line(href)} is not well formed") from error
    if not parts.path.startswith("/") or len(dict(pairs)) != len(pairs):
        raise Malformed(f"the link {one_line(href)} cannot be followed")
    return parts.path, dict(pairs)
