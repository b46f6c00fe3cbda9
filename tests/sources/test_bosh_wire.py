"""The decoders of a director's answers: content counts, not its type, and what is not as promised is said to be so."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from collector.errors import Malformed, Refused
from collector.sources.bosh import wire

ROW = {"id": "7", "timestamp": 1, "action": "update", "object_type": "lock", "context": {}}
DEPLOYMENT = {"name": "cf", "stemcells": [{"name": "s", "version": "1.1"}], "releases": []}


@pytest.mark.parametrize(
    ("decode", "value"),
    [
        (wire.EVENTS, {}),
        (wire.EVENTS, {"code": 600000, "description": "Require one of the scopes"}),
        (wire.EVENTS, [{**ROW, "id": None}]),
        (wire.EVENTS, [{**ROW, "id": "seven"}]),
        (wire.EVENTS, [{**ROW, "id": ""}]),
        (wire.EVENTS, [{**ROW, "id": "-7"}]),
        (wire.EVENTS, [{**ROW, "id": "7\n"}]),
        (wire.EVENTS, [{**ROW, "id": 7.5}]),
        (wire.EVENTS, [{**ROW, "timestamp": None}]),
        (wire.EVENTS, [{**ROW, "timestamp": "2026-11-23"}]),
        (wire.EVENTS, [{**ROW, "timestamp": 1e30}]),
        (wire.EVENTS, [{**ROW, "timestamp": -1}]),
        (wire.EVENTS, [{name: value for name, value in ROW.items() if name != "id"}]),
        (wire.EVENTS, [{name: value for name, value in ROW.items() if name != "timestamp"}]),
        (wire.EVENTS, [{**ROW, "context": {"after": {"stemcells": "1.1"}}}]),
        (wire.HEADS, [{"id": "7"}]),
        (wire.DEPLOYMENTS, {"deployments": []}),
        (wire.DEPLOYMENTS, [{"name": "cf"}]),
        (wire.STEMCELLS, [{"name": "s"}]),
        (wire.TASKS, [{"id": 1}]),
        (wire.TASKS, [{"id": "one", "state": "done"}]),
        (wire.info, []),
        (wire.info, {"name": "bosh", "user": "x"}),
        (wire.info, {"uuid": "", "user": "x"}),
        (wire.vms, {"job_name": "cell"}),
        (wire.vms, {"vm_cid": "i", "job_name": "c", "vm_created_at": "2026-11-23T12:00:00"}),
        (wire.vms, [{"vm_cid": "i", "job_name": "c"}]),
    ],
)
def test_what_is_not_as_promised_is_malformed(decode: Callable[[bytes], Any], value: Any) -> None:
    """A list that is none, a row without id or time: such an answer is asked for again."""
    with pytest.raises(Malformed, match="unreadable JSON"):
        decode(json.dumps(value).encode())


@pytest.mark.parametrize(
    "decode",
    [wire.EVENTS, wire.HEADS, wire.info, wire.TASKS, wire.progress(last=False)],
    ids=["events", "heads", "info", "tasks", "task"],
)
@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"\xff", b"Not authorized: '/events'\n", b"[" * 100_000],
    ids=["empty", "cut", "no-text", "text", "deep"],
)
def test_what_is_no_json_is_malformed(decode: Callable[[bytes], Any], body: bytes) -> None:
    """Also where it was cut short."""
    with pytest.raises(Malformed, match="unreadable JSON"):
        decode(body)


def test_a_page_of_a_gateway_is_named() -> None:
    """Its text would say nothing."""
    with pytest.raises(Malformed, match=r"^HTML where JSON was promised$"):
        wire.EVENTS(b"  <html><body>502 Bad Gateway</body></html>")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, ""),
        ({"stemcell_os": "ubuntu-jammy", "stemcell_version": "1.1330"}, "ubuntu-jammy/1.1330"),
        ({"stemcell_os": "-", "stemcell_version": "-"}, ""),
        ({"stemcell_os": "ubuntu-jammy", "stemcell_version": None}, ""),
    ],
)
def test_the_stemcell_of_the_director_itself(given: Any, wanted: str) -> None:
    """A dash stands for one that it does not know."""
    body = json.dumps({"uuid": "u-1", "user": "x", **given}).encode()

    assert wire.info(body).stemcell == wanted


def test_a_list_of_vms_that_was_cut_short_is_malformed() -> None:
    """The lines before the cut would look like all there are."""
    row = json.dumps({"vm_cid": "i", "job_name": "cell", "id": "a"}).encode()

    assert len(wire.vms(row + b"\n" + row + b"\n")) == 2
    with pytest.raises(Malformed):
        wire.vms(row + b"\n" + row[:-5])


@pytest.mark.parametrize("body", [b"", b"\n"])
def test_an_empty_list_of_vms_is_refused(body: bytes) -> None:
    """It is not the answer that there is none."""
    with pytest.raises(Refused, match="does not prove"):
        wire.vms(body)


@pytest.mark.parametrize("identifier", ["7", 7], ids=["text", "number"])
def test_a_page_must_lie_below_what_was_asked_for(identifier: Any) -> None:
    """The event itself does not."""
    body = json.dumps([{**ROW, "id": identifier}]).encode()

    assert [row.number for row in wire.below(8)(body)] == [7]
    assert [row.number for row in wire.below(None)(body)] == [7]
    with pytest.raises(Refused, match="asked for events before 7, the director gave newer ones"):
        wire.below(7)(body)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"object_name": "lock:deployment:cf", "deployment": "cf"}, "cf"),
        ({"object_name": "lock:deployment:cf"}, "cf"),
        ({"object_name": "lock:vm:i-1"}, ""),
        ({"object_type": "deployment", "object_name": "cf"}, "cf"),
        ({"object_type": "instance", "object_name": "cell/a"}, ""),
    ],
)
def test_the_deployment_that_an_event_is_about(fields: Any, wanted: str) -> None:
    """The name of its lock tells, too."""
    (row,) = wire.EVENTS(json.dumps([{**ROW, **fields}]).encode())

    assert row.of == wanted
