"""What an answer other than 200 means: try again, wait, or no."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from collector.errors import Refused
from collector.transport.patience import AttemptError, LimitedError
from collector.transport.redaction import one_line
from collector.transport.wire import Reply

INVALID_TOKEN = 1000
"""Cloud Controller's code for a token that has expired or was never good; the two cannot be told apart."""

MOVED_HINT = "set COLLECT_CF_API to the address of the API itself"
"""The next step after a redirect of Cloud Controller."""

# Their titles say everything; so a gap reads "403 CF-NotAuthorized".
_PLAIN = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_RETRIES_OF_500 = 2
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Complaint(NamedTuple):
    """The first error of an answer, empty and 0 where there is none.

    Cloud Controller's shape is `{"errors": [{"title", "code", "detail"}]}`, that of BOSH `{"code", "description"}`,
    GitHub and Ubuntu say `{"message"}`.
    """

    title: str
    code: int
    detail: str


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object, or an empty one for anything else: errors come as HTML and plain text too."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def complaint(body: bytes) -> Complaint:
    """What an answer complains of, made fit to be shown. Not by media type: the 429 says text/plain."""
    said = json_object(body)
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else said
    if not isinstance(first, dict):
        first = {}
    title, code = first.get("title"), first.get("code")
    detail = next((first[name] for name in ("detail", "description", "message") if name in first), "")
    return Complaint(
        title=re.sub(r"[^\w.-]", "", title)[:80] if isinstance(title, str) else "",
        code=code if isinstance(code, int) else 0,
        detail=one_line(detail) if isinstance(detail, str) else "",
    )


def fault(reply: Reply, now: datetime, moved_hint: str = MOVED_HINT) -> AttemptError | Refused:
    """The error that an answer stands for; `moved_hint` is the next step after a redirect."""
    wait = retry_after(reply, now)
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return LimitedError("429 rate limited", wait=wait) if wait else AttemptError("429 rate limited", status=429)
    if reply.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return AttemptError(str(reply.status), status=500, at_most=1 + _RETRIES_OF_500)
    if reply.status > HTTPStatus.INTERNAL_SERVER_ERROR:
        return AttemptError(str(reply.status), status=reply.status, wait=wait)
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        return Refused(
            f"{reply.status} redirect to {_elsewhere(reply)}, not followed",
            http_status=reply.status,
            hint=moved_hint,
        )
    return Refused(says(reply), http_status=reply.status)


def says(reply: Reply) -> str:
    """Status, title and detail of an answer, on one line."""
    found = complaint(reply.body)
    phrase = _phrase(reply.status)
    detail = found.detail
    if not found.title and not detail and _is_text(reply):
        detail = one_line(reply.body[:4000].decode("utf-8", "replace"))
    if not found.title and phrase and detail.lower().startswith(phrase.lower()):
        return f"{reply.status} {detail}"  # "404 Not Found: /x", not with its first half twice
    head = f"{reply.status} {found.title or phrase}".rstrip()
    return head if not detail or (found.title and reply.status in _PLAIN) else f"{head}: {detail}"


def _is_text(reply: Reply) -> bool:
    # BOSH sends plain text as HTML and as JSON: what is neither of them is text.
    return media_type(reply) == "text/plain" or reply.body.lstrip()[:1] not in {b"<", b"{", b"["}


class Limit(NamedTuple):
    """A limit of requests: seconds to wait (0 or less: it is over), and until when that is by our clock."""

    wait: float
    until: datetime


def limited(reply: Reply, now: datetime) -> Limit | None:
    """The limit that a refusal speaks of, by Retry-After or in GitHub's way; None when it speaks of none."""
    wait = retry_after(reply, now)
    if wait is None and reply.headers.get("X-RateLimit-Remaining", "").strip() == "0":
        reset = whole(reply.headers.get("X-RateLimit-Reset", ""))
        wait = None if reset is None else reset - (server_date(reply) or now).timestamp()
    return None if wait is None else Limit(wait, now + timedelta(seconds=wait))


def whole(text: str) -> int | None:
    """A whole number of at most ten digits: as epoch seconds it lasts until the year 2286, and always makes a date."""
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def retry_after(reply: Reply, now: datetime) -> float | None:
    """Seconds that the server asks to wait; None when it does not, or asks for nothing."""
    text = reply.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        seconds = float(text)
    else:
        until = http_date(text)
        # By the server's own clock where it shows one: ours may be wrong.
        seconds = (until - (server_date(reply) or now)).total_seconds() if until else 0.0
    return seconds if seconds > 0 else None


def server_date(reply: Reply) -> datetime | None:
    """The server's clock as its Date header has it, to the second."""
    return http_date(reply.headers.get("Date", ""))


def http_date(text: str) -> datetime | None:
    """An HTTP date in UTC; None for anything else."""
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    # A date that says "-0000" comes without a zone, and means UTC.
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def media_type(reply: Reply) -> str:
    """The media type without its parameters."""
    text = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return text if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", text) else ""


def _phrase(status: int) -> str:
    return _PHRASES.get(status, "")


def _elsewhere(reply: Reply) -> str:
    # Only the host: path and query of a login page carry tickets.
    try:
        host = urlsplit(reply.headers.get("Location", "")).hostname
    except ValueError:
        host = None
    return one_line(host) if host else "another page"
