"""Decoders: what was promised, or an error that says what came instead."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import Malformed, Refused
from collector.sources.cloud_controller import wire

STACKS = b'{"pagination":{"total_results":1,"next":null},"resources":[{"guid":"g","created_at":"2026-11-01T00:00:00Z","name":"cflinuxfs4"}]}'  # noqa: E501 - one body
MISSING = b'{"errors":[{"detail":"%s","title":"CF-ResourceNotFound","code":10010}]}'


def test_unknown_fields() -> None:
    """Fields that a later API adds are skipped."""
    body = json.dumps({"enabled": True, "reason": "new", "links": [{"x": 1}]}).encode()
    assert wire.SSH(body) == wire.SshFeature(enabled=True)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html><title>502</title>", "HTML where JSON was promised"),
        (b" \n <html>", "HTML where JSON was promised"),
        (STACKS[:-9], "unreadable JSON: Input data was truncated"),
        (b"", "unreadable JSON: Input data was truncated"),
        (b"Puma caught this error", "unreadable JSON: JSON is malformed"),
        (b'{"pagination":{"total_results":0}}', "missing required field `resources`"),
        (b'{"pagination":{"total_results":0},"resources":[{"guid":"g"}]}', "missing required field `created_at`"),
        (STACKS.replace(b"00Z", b"00"), "Expected `datetime` with a timezone component"),
        (STACKS.replace(b"cflinuxfs4", b"\xff\xfe"), "unreadable JSON"),
        (STACKS[:-1] + b',"deep":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "unreadable JSON"),
    ],
)
def test_malformed(body: bytes, words: str) -> None:
    """A body cut off, of another kind, or with a field missing, is a failed attempt and says why."""
    with pytest.raises(Malformed) as error:
        wire.STACKS(body)
    assert words in str(error.value)


@given(st.integers(0, len(STACKS) - 1))
def test_any_truncation(length: int) -> None:
    """A body that ends early is never taken for a whole one."""
    with pytest.raises(Malformed):
        wire.STACKS(STACKS[:length])


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Whatever bytes come instead of an answer, the error is ours."""
    with pytest.raises(Malformed):
        wire.APPS(body)


def test_no_droplet() -> None:
    """A 404 that says that no droplet is set is an answer: none."""
    assert wire.droplet_or_none(MISSING % b"Droplet not found") is None


def test_no_app() -> None:
    """Any other 404 is a refusal with its reason."""
    with pytest.raises(Refused) as error:
        wire.droplet_or_none(MISSING % b"App not found")
    assert (str(error.value), error.value.http_status) == ("404 App not found", 404)


@pytest.mark.parametrize("body", [b'{"errors":[]}', b"404 page not found", b"{", b"[" * 9000])
def test_odd_answer_about_a_droplet(body: bytes) -> None:
    """What is neither a droplet nor an error of Cloud Controller is a failed attempt."""
    with pytest.raises(Malformed):
        wire.droplet_or_none(body)


@pytest.mark.parametrize(
    ("relationships", "droplet"),
    [
        ({"space": {"data": {"guid": "s"}}, "current_droplet": {"data": {"guid": None}}}, None),
        ({"space": {"data": {"guid": "s"}}, "current_droplet": {"data": None}}, None),
        ({"space": {"data": {"guid": "s"}}, "current_droplet": {"data": {"guid": "d"}}}, "d"),
    ],
)
def test_droplet_of_an_app(relationships: dict[str, Any], droplet: str | None) -> None:
    """No droplet is a guid that is null, or data that is."""
    row = wire.decoder(wire.InSpace)(json.dumps(relationships).encode())
    assert row.current_droplet.guid == droplet


@pytest.mark.parametrize("since", [1e300, -1e300])
def test_seconds_out_of_reach(since: float) -> None:
    """Seconds that lead out of the calendar are no answer."""
    with pytest.raises(Malformed):
        wire.decoder(wire.InstanceRow)(json.dumps({"index": 0, "state": "RUNNING", "since": since}).encode())


def test_root_without_a_version() -> None:
    """The version stands in the root document, and may be absent."""
    assert wire.ROOT(b'{"links":{"cloud_controller_v3":{"meta":{"version":"3.228.0"}}}}').api_version == "3.228.0"
    assert wire.ROOT(b'{"links":{"cloud_controller_v3":{"href":"x"}}}').api_version == ""


@pytest.mark.parametrize(
    ("total", "number", "believed"), [(0, 1, True), (0, 3, True), (4, 3, True), (5, 3, False), (1, 1, False)]
)
def test_an_empty_last_page_is_believed_only_past_the_end(total, number, believed) -> None:
    """Past the end a list says 0, or like audit events its true total; any other empty page was emptied."""
    body = json.dumps({"pagination": {"total_results": total, "next": None}, "resources": []}).encode()
    decode = wire.whole(wire.STACKS, 2, number)
    if believed:
        assert decode(body).resources == []
    else:
        with pytest.raises(Malformed):
            decode(body)
