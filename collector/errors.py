"""Every error of the tool: one tree, each with an exit code and, where there is one, a next step.

CollectError (70)
├── UsageError (2)          a word, setting or file that the person can mend
├── IncompleteError (3)     evidence that a verdict needs was not wholly read
├── LoginError (4)          no token, or a token that may read nothing
├── RemoteError (5)         a remote did not answer after retries
├── IntegrityError (6)      a hash, chain, signature or schema is wrong
├── Malformed (5)           an answer that could not be read: a failed attempt, retried like a 502
└── Refused (3)             an answer that says no: recorded as a gap, never retried

Interruption is Python's own KeyboardInterrupt (130).
"""

from typing import ClassVar


class CollectError(Exception):
    """A fault of ours, unless a subclass says otherwise.

    The message is one line, lower case, without a full stop; `hint` is the next step, a sentence or a command.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(CollectError):
    """A word on the command line, a setting or a local file is wrong."""

    exit_code = 2


class IncompleteError(CollectError):
    """Evidence that a verdict needs was not wholly read."""

    exit_code = 3


class LoginError(CollectError):
    """No token could be had, or the token may read nothing at all."""

    exit_code = 4


class RemoteError(CollectError):
    """A remote (Cloud Controller, UAA, BOSH, feed, S3) did not answer after retries; `http_status` is its last word."""

    exit_code = 5

    def __init__(self, message: str, *, hint: str = "", http_status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.http_status = http_status


class IntegrityError(CollectError):
    """Stored evidence is not what its manifest says."""

    exit_code = 6


class Malformed(CollectError):  # noqa: N818  a finding about a body, raised and caught inside one attempt
    """A body that is not what was promised; the attempt failed and is retried like a 502."""

    exit_code = 5


class Refused(CollectError):  # noqa: N818  an answer that says no
    """An answer that says no (400, 403, 404 …); not retried, recorded as a gap."""

    exit_code = 3

    def __init__(self, message: str, *, http_status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.http_status = http_status
