"""Asking a login server: patiently, with a reason when it says no, and without ever repeating a secret."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from collector.errors import LoginError, RemoteError
from collector.transport.faults import MOVED_HINT, fault, json_object, says
from collector.transport.patience import AttemptError, Patience
from collector.transport.redaction import one_line
from collector.transport.tokens import usable
from collector.transport.wire import CA_HINT, Reply, Wire

A = TypeVar("A")


class Desk(NamedTuple):
    """Where logins are handed out, and what is needed to ask there."""

    patience: Patience
    now: Callable[[], datetime]
    timeout: tuple[float, float]
    ca_bundle: str | None
    ca_hint: str = CA_HINT
    moved_hint: str = MOVED_HINT

    def ask(self, send: Callable[[Wire], Reply], read: Callable[[bytes], A]) -> A | Reply:
        """What `read` makes of a 200, or the reply that says no."""
        wire = Wire(connections=1, timeout=self.timeout, ca_bundle=self.ca_bundle, ca_hint=self.ca_hint)
        with closing(wire):
            return self.patience.persist(lambda: self._attempt(send(wire), read))

    def _attempt(self, reply: Reply, read: Callable[[bytes], A]) -> A | Reply:
        if reply.status == HTTPStatus.OK:
            return read(reply.body)
        error = fault(reply, self.now(), self.moved_hint)
        if isinstance(error, AttemptError):
            raise error
        if reply.status < HTTPStatus.BAD_REQUEST:
            raise RemoteError(f"no login: {error}", hint=error.hint)
        return reply


def reason(reply: Reply, secret: str) -> str:
    """Why a login server says no, in its words; lower case, without the secret."""
    said = json_object(reply.body)
    texts = (said.get(name) for name in ("error_description", "error"))
    why = next((one_line(text, secret) for text in texts if isinstance(text, str) and text), says(reply))
    return why[:1].lower() + why[1:].rstrip(".")


def refused(why: str, hint: str) -> LoginError:
    """The error for a login that was refused."""
    return LoginError(f"the login was refused: {why}", hint=hint)


def read_token(body: bytes) -> dict[str, Any]:
    """The answer of a token endpoint, its access_token usable in a header."""
    answer = json_object(body)
    access = answer.get("access_token")
    if not (isinstance(access, str) and usable(access)):
        raise AttemptError("no token in the answer")
    return answer
