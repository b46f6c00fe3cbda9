"""What a real director was recorded to say, sent again and read by the session."""

import json
import os
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from collector.errors import CollectError, LoginError, Refused, RemoteError

SHARED = Path(os.environ.get("CF_EVIDENCE_SHARED") or Path(__file__).parents[3] / "shared") / "bosh" / "recordings"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings of a director are not here")

# Asked as an administrator, or about a task's whole output in parts: nothing that is ever asked.
LOGIN_REFUSED = {"garbage", "expired", "none", "refresh-token", "basic"}


def recordings() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(SHARED.glob("*.json"))]


def said(answer: dict[str, Any], say: Any) -> Any:
    headers = {name.title().replace("-", "_"): value for name, value in answer["headers"].items()}
    return say.answer(answer["status"], answer["body"].encode(), headers.pop("Content_Type", ""), **headers)


def kind_of(recording: dict[str, Any]) -> type[CollectError]:
    """The error that a recorded answer must become."""
    status, body = recording["response"]["status"], recording["response"]["body"]
    if status == 500:
        return RemoteError
    return LoginError if status == 401 and not body.startswith("{") else Refused


def test_every_recorded_no_is_the_right_error(director, world, say) -> None:
    """401 by its body, 500 after three attempts, all else Refused with its status."""
    seen = set()
    for recording in recordings():
        answer, path = recording["response"], recording["request"]["path"].rstrip("/")
        if answer["status"] < 400:
            continue
        director.on("/oauth/token", *(say.page({"access_token": f"t{n}", "expires_in": 600}) for n in range(3)))
        director.on(path, said(answer, say))
        session = world.director(director.url)
        before = len(director.asked)
        with pytest.raises(CollectError) as caught:
            session.fetch(say.ask(path))
        case = recording["case"]
        assert (case, type(caught.value)) == (case, kind_of(recording))
        renewals = sum(asked.target == "/oauth/token" for asked in director.asked[before:])
        assert (case, renewals) == (case, 1 if isinstance(caught.value, LoginError) else 0)
        if not isinstance(caught.value, LoginError):
            assert getattr(caught.value, "http_status", None) == answer["status"]
        if recording["request"]["as"] in LOGIN_REFUSED:
            seen.add(recording["request"]["as"])
    assert seen == LOGIN_REFUSED


def test_every_recorded_place_is_a_path(director, world, say) -> None:
    """The host that the director believes to have is left out."""
    places = [recording for recording in recordings() if recording["response"]["status"] == 302]
    assert places
    for recording in places:
        path = recording["request"]["path"]
        director.on(path, said(recording["response"], say))
        page = world.director(director.url).fetch(say.ask(path)._replace(redirect=True)).page
        assert page == "/" + recording["response"]["headers"]["location"].split("/", 3)[3]


def test_every_recorded_date_is_read(director, world, say) -> None:
    """`+0000` and the local zone of a director alike."""
    dates = {recording["response"]["headers"].get("date", "") for recording in recordings()} - {""}
    assert {date[-5:] for date in dates} == {"+0000", "-0500"}
    session = world.director(director.url)
    for date in dates:
        director.on("/events", say.page([], Date=date))
        assert session.fetch(say.ask("/events")).server_date == parsedate_to_datetime(date).astimezone(UTC)
