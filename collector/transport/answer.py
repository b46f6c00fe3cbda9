"""What comes back for one question, from whatever kind of place."""

from datetime import datetime
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """One accepted answer: the bytes as received (content-decoded) and what `decode` made of them.

    Status 304 says that the server confirmed the bytes received earlier, which are the body.
    """

    body: bytes
    page: Any
    status: int
    media_type: str
    request_id: str
    retrieved_at: datetime
    server_date: datetime | None
