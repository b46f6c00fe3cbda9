"""The sandbox against the answers of a real Cloud Controller 3.228.0, body text for body text."""

import pytest

from collector.sandbox import Foundation, RateLimit
from tests.sandbox.http_client import fetch
from tests.sandbox.recorded import DOMAIN, Recording, recorded_world, recordings

KNOWN = recordings()

# These need a foundation in another state; tests of their own below compare them.
ELSEWHERE = {case for case in KNOWN if case.startswith(("ratelimit-", "root-limiter", "info-limiter-on"))}
ELSEWHERE |= {"process-stats-unavailable", "processes-embed-failure", "root"}

pytestmark = pytest.mark.skipif(not KNOWN, reason="no recordings: CF_EVIDENCE_SHARED names no folder that has them")


@pytest.fixture(scope="module")
def real():
    """Run a foundation with the recorded world."""
    limiter_off = RateLimit(enabled=False, general_limit=30)
    with Foundation(recorded_world(KNOWN), domain=DOMAIN, rate_limit=limiter_off) as foundation:
        yield foundation


def replay(foundation: Foundation, recording: Recording):
    headers = {}
    if recording.caller != "none":
        lifetime = -1 if recording.caller == "expired" else None
        headers["Authorization"] = f"bearer {foundation.token(recording.caller, lifetime)}"
    return fetch(foundation.api, recording.target, headers)


@pytest.mark.parametrize("case", sorted(set(KNOWN) - ELSEWHERE))
def test_the_answer_is_the_recorded_one(real, case):
    """Status, media type and every byte of the body are those of the recording."""
    recording = KNOWN[case]
    got = replay(real, recording)
    assert got.status == recording.status
    assert got.headers.get("content-type") == recording.headers.get("content-type")
    assert got.body == recording.body


@pytest.mark.parametrize("case", ["process-stats-unavailable", "processes-embed-failure"])
def test_without_diego_instances_are_refused_as_recorded(case):
    """Without a container runtime both ways to ask for instances fail as they did in the recording."""
    with Foundation(recorded_world(KNOWN), domain=DOMAIN, diego=False) as foundation:
        got = replay(foundation, KNOWN[case])
    assert (got.status, got.body) == (KNOWN[case].status, KNOWN[case].body)


@pytest.mark.parametrize("case", ["root", "root-limiter-on"])
def test_the_root_differs_only_in_where_the_uaa_is(case):
    """The root document is the recorded one, except that the UAA's address is a loopback port."""
    with Foundation(recorded_world(KNOWN), domain=DOMAIN, rate_limit=RateLimit(general_limit=30)) as foundation:
        got = replay(foundation, KNOWN[case])
        body = got.body.replace(foundation.login, "https://login.example.gov", 1)
        body = body.replace(foundation.login, "https://uaa.example.gov", 1)
    assert body == KNOWN[case].body
    assert got.headers["content-type"] == KNOWN[case].headers["content-type"]
    assert not [name for name in got.headers if name.startswith("x-ratelimit")]


@pytest.fixture
def limited():
    """Run a foundation whose limiter lets 30 requests an hour pass."""
    with Foundation(recorded_world(KNOWN), domain=DOMAIN, rate_limit=RateLimit(general_limit=30)) as foundation:
        yield foundation


def assert_like(got, recording):
    """Compare everything but the clock: reset and retry-after depend on when the window began."""
    assert got.status == recording.status
    assert got.body == recording.body
    for name in ("content-type", "x-ratelimit-limit", "x-ratelimit-remaining"):
        assert got.headers.get(name) == recording.headers.get(name)
    assert ("retry-after" in got.headers) == ("retry-after" in recording.headers)
    assert got.headers["x-ratelimit-reset"].isdigit()


def test_the_limiter_counts_down_in_tenths_and_then_refuses(limited):
    """Remaining reads 27 at first and 0 while requests still pass; the 31st is refused, and so is /v3/info."""
    answers = [replay(limited, KNOWN["ratelimit-ok-first"]) for _ in range(31)]
    assert_like(answers[0], KNOWN["ratelimit-ok-first"])
    assert_like(answers[29], KNOWN["ratelimit-ok-remaining-0"])
    assert_like(answers[30], KNOWN["ratelimit-429"])
    remaining = [int(answer.headers["x-ratelimit-remaining"]) for answer in answers[:30]]
    assert remaining[:5] == [27, 27, 27, 24, 24]
    assert_like(replay(limited, KNOWN["ratelimit-info-429-too"]), KNOWN["ratelimit-info-429-too"])
    assert_like(replay(limited, KNOWN["ratelimit-global-auditor"]), KNOWN["ratelimit-global-auditor"])


def test_the_limiter_counts_callers_without_a_token_by_address(limited):
    """The first /v3/info without a token reads 900 of 1000 left."""
    assert_like(replay(limited, KNOWN["info-limiter-on"]), KNOWN["info-limiter-on"])


def test_the_limiter_refuses_an_address_with_a_title_of_its_own():
    """Beyond the limit for addresses the error names the address, not the user."""
    recording = KNOWN["ratelimit-ip-429"]
    limit = RateLimit(general_limit=30, unauthenticated_limit=0)
    with Foundation(recorded_world(KNOWN), domain=DOMAIN, rate_limit=limit) as foundation:
        got = replay(foundation, recording)
    assert (got.status, got.body) == (recording.status, recording.body)
    assert got.headers["content-type"] == recording.headers["content-type"]


def test_every_recording_is_compared():
    """No recording is left out in silence."""
    elsewhere = {
        "info-limiter-on",
        "process-stats-unavailable",
        "processes-embed-failure",
        "ratelimit-429",
        "ratelimit-global-auditor",
        "ratelimit-info-429-too",
        "ratelimit-ip-429",
        "ratelimit-ok-first",
        "ratelimit-ok-remaining-0",
        "root",
        "root-limiter-on",
    }
    assert elsewhere == ELSEWHERE
