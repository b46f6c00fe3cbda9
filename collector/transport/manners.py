"""How one kind of server says no: what means a bad token, and which step comes next."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from collector.errors import CollectError, Refused
from collector.transport.credentials import bosh_prefix
from collector.transport.faults import INVALID_TOKEN, MOVED_HINT, complaint, limited, says
from collector.transport.patience import AttemptError, LimitedError, duration
from collector.transport.wire import CA_HINT, Reply

MISSING_SCOPE = 600000
"""A BOSH director's code for a token that is good, but not for this."""

LONGEST_FEED_WAIT = 300.0
"""Seconds: a public feed that wants a longer pause is a gap of this run."""

_CC_HINT = "log in again: `cf login`, or check COLLECT_CF_USERNAME and COLLECT_CF_PASSWORD; `collect doctor` tests it"


class Closed(Refused):
    """An answer that says no to everything until a time."""

    def __init__(self, message: str, *, http_status: int, hint: str, until: datetime) -> None:
        super().__init__(message, http_status=http_status, hint=hint)
        self.until = until


class Manner(NamedTuple):
    """What is particular to one kind of server.

    `bad_token` tells whether an answer asks for a new token; `own` gives the error of an answer that only this kind
    gives, None for any other. The hints are the next step after a refused login, a redirect and a TLS failure.
    """

    bad_token: Callable[[Reply], bool]
    own: Callable[[Reply, datetime], CollectError | AttemptError | None]
    login_hint: str
    moved_hint: str
    ca_hint: str


def _cc_bad_token(reply: Reply) -> bool:
    return reply.status == HTTPStatus.UNAUTHORIZED and complaint(reply.body).code == INVALID_TOKEN


def _nothing(_reply: Reply, _now: datetime) -> None:
    return None


CLOUD_CONTROLLER = Manner(
    bad_token=_cc_bad_token,
    own=_nothing,
    login_hint=_CC_HINT,
    moved_hint=MOVED_HINT,
    ca_hint=CA_HINT,
)


def director(environment: str) -> Manner:
    """A BOSH director; the hints name the variables of its environment."""
    prefix = bosh_prefix(environment)
    return Manner(
        bad_token=_bosh_bad_token,
        own=_bosh_own,
        login_hint=f"check {prefix}_CLIENT and {prefix}_CLIENT_SECRET; `collect doctor` tests them",
        moved_hint=f"set {prefix}_URL to the address of the director itself",
        ca_hint=f"set {prefix}_CA_CERT to the authority that signed its certificate, as PEM text or a path",
    )


def _bosh_bad_token(reply: Reply) -> bool:
    # By the body: both kinds of 401 come as text/html.
    return reply.status == HTTPStatus.UNAUTHORIZED and reply.body.lstrip().lower().startswith(b"not authorized")


def _bosh_own(reply: Reply, _now: datetime) -> Refused | None:
    if reply.status != HTTPStatus.UNAUTHORIZED or complaint(reply.body).code != MISSING_SCOPE:
        return None
    return Refused(says(reply), http_status=reply.status, hint="give the client the authority bosh.read")


def feed(source: str) -> Manner:
    """A public feed, which knows no login; the hints name its setting."""
    setting = f"feeds.{source.replace('-', '_')}"

    def own(reply: Reply, now: datetime) -> CollectError | AttemptError | None:
        if reply.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
            return None
        limit = limited(reply, now)
        if limit is None and reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            return None  # too many for now, without a time: tried again like any bad moment
        if limit is None:
            hint = f"set {setting} to an address that needs no login, or to a local copy"
            return Refused(says(reply), http_status=reply.status, hint=hint)
        if limit.wait <= 0:
            return AttemptError(f"{reply.status} rate limited", status=reply.status)
        if limit.wait <= LONGEST_FEED_WAIT:
            return LimitedError(f"{reply.status} rate limited", wait=limit.wait, status=reply.status)
        until = f"{limit.until:%Y-%m-%d %H:%M:%S} UTC"
        waits = f"{duration(limit.wait)} to wait, {duration(LONGEST_FEED_WAIT)} allowed"
        return Closed(
            f"{reply.status} rate limited until {until}: {waits}",
            http_status=reply.status,
            hint=f"run again after that, or set {setting} to a local copy",
            until=limit.until,
        )

    return Manner(
        bad_token=lambda _reply: False,
        own=own,
        login_hint="",
        moved_hint=f"set {setting} to the address that it leads to",
        ca_hint=CA_HINT,
    )
