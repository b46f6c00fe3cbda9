"""Each fault does what its name says, at the request it was ordered for."""

import http.client
import socket
import time

import pytest

from collector.sandbox import Foundation, RateLimit, faults, healthy_world
from tests.sandbox.http_client import ask


def statuses(foundation, count, target="/v3/apps"):
    return [ask(foundation, target).status for _ in range(count)]


def test_a_fault_hits_the_request_it_was_ordered_for(fresh):
    """The second and third request fail, the others do not; the rule has counted them."""
    rule = fresh.faults.add("/v3/apps", faults.gateway_error(502), nth=2, times=2)
    assert statuses(fresh, 4) == [200, 502, 502, 200]
    assert (rule.met, rule.acted) == (4, 2)


def test_a_fault_can_be_narrowed_and_lifted(fresh):
    """A rule may ask for a query or a method, last for ever, and be lifted."""
    fresh.faults.add("/v3/apps", faults.gateway_error(503), query="page=2", times=None)
    fresh.faults.add("/v3/apps", faults.gateway_error(504), method="POST")
    assert statuses(fresh, 1) == [200]
    assert statuses(fresh, 2, "/v3/apps?page=2") == [503, 503]
    fresh.faults.clear()
    assert statuses(fresh, 1, "/v3/apps?page=2") == [200]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_gateway_answers_with_a_page(fresh, status):
    """The page of a gateway is HTML."""
    fresh.faults.add("/v3/stacks", faults.gateway_error(status))
    got = ask(fresh, "/v3/stacks")
    assert (got.status, got.headers["content-type"]) == (status, "text/html")
    assert "<html>" in got.body


def test_the_controller_itself_fails_with_json(fresh):
    """An unknown error of the controller is JSON."""
    fresh.faults.add("/v3/stacks", faults.server_error())
    got = ask(fresh, "/v3/stacks")
    assert (got.status, got.json["errors"][0]["title"]) == (500, "UnknownError")


def test_a_refusal_by_the_limiter_is_json_under_plain_text(fresh):
    """A 429 says when to come back; the header may be missing or a date."""
    fresh.faults.add("/v3/apps", faults.too_many_requests(7))
    got = ask(fresh, "/v3/apps")
    assert (got.status, got.headers["retry-after"]) == (429, "7")
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["x-ratelimit-remaining"] == "0"
    assert got.json["errors"][0]["code"] == 10013
    fresh.faults.add("/v3/apps", faults.too_many_requests(None))
    assert "retry-after" not in ask(fresh, "/v3/apps").headers


def test_a_page_where_json_was_promised(fresh):
    """200 and HTML."""
    fresh.faults.add("/v3/apps", faults.html_page())
    got = ask(fresh, "/v3/apps")
    assert (got.status, got.headers["content-type"]) == (200, "text/html")
    assert got.body.startswith("<!DOCTYPE html>")


def test_a_truncated_body_has_a_length_that_matches(fresh):
    """Nothing but the decoder can see that the end is missing."""
    whole = ask(fresh, "/v3/apps").body
    fresh.faults.add("/v3/apps", faults.truncated())
    got = ask(fresh, "/v3/apps")
    assert whole.startswith(got.body)
    assert int(got.headers["content-length"]) == len(got.body.encode()) < len(whole.encode())
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        got.json  # noqa: B018 - reading is what fails


def test_a_connection_cut_in_the_body(fresh):
    """The length promises more than comes."""
    fresh.faults.add("/v3/apps", faults.cut())
    with pytest.raises(http.client.IncompleteRead):
        ask(fresh, "/v3/apps")


def test_a_connection_reset_before_the_answer(fresh):
    """No answer at all, and the log says so with status 0."""
    fresh.faults.add("/v3/apps", faults.reset())
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask(fresh, "/v3/apps")
    assert fresh.requests[-1].status == 0
    assert statuses(fresh, 1) == [200]


def test_a_slow_answer(fresh):
    """The answer comes late, and unspoilt."""
    fresh.faults.add("/v3/apps", faults.slow(0.1))
    begin = time.monotonic()
    assert statuses(fresh, 1) == [200]
    assert time.monotonic() - begin >= 0.1


def test_a_true_body_under_a_false_head(fresh):
    """Media type and status can be replaced."""
    fresh.faults.add("/v3/apps", faults.media_type("application/octet-stream"))
    fresh.faults.add("/v3/apps", faults.status(203), nth=1)
    assert ask(fresh, "/v3/apps").headers["content-type"] == "application/octet-stream"
    assert ask(fresh, "/v3/apps").status == 203


def test_an_edited_body(fresh):
    """A test may change the JSON before it is sent."""
    fresh.faults.add("/v3/apps", faults.edited(lambda value: value.pop("resources")))
    assert list(ask(fresh, "/v3/apps").json) == ["pagination"]


def test_hooks_run_before_or_after_the_answer_is_made(fresh):
    """A hook before is in this answer, a hook after is in the next."""
    guids = [app.guid for app in fresh.world.apps]
    fresh.faults.add("/v3/apps", faults.before(lambda: fresh.world.remove_app(guids[0])))
    fresh.faults.add("/v3/apps", faults.after(lambda: fresh.world.remove_app(guids[1])))
    totals = [ask(fresh, "/v3/apps").pagination["total_results"] for _ in range(3)]
    assert totals == [7, 7, 6]


def test_the_uaa_can_fail_too(fresh):
    """A rule for /oauth/token spoils the UAA's answers."""
    fresh.faults.add("/oauth/token", faults.gateway_error(503))
    connection = http.client.HTTPConnection(fresh.login.removeprefix("http://"), timeout=5)
    connection.request("POST", "/oauth/token", body="grant_type=client_credentials")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 503


def test_the_limiters_window_ends(now):
    """After the wait it has named, the limiter lets requests pass again."""
    clock = [now.timestamp()]
    limit = RateLimit(general_limit=2)
    with Foundation(healthy_world(now), rate_limit=limit, clock=lambda: clock[0]) as foundation:
        assert statuses(foundation, 2) == [200, 200]
        refused = ask(foundation, "/v3/apps")
        assert refused.status == 429
        wait = int(refused.headers["retry-after"])
        assert 0 < wait <= 3600
        assert int(refused.headers["x-ratelimit-reset"]) == now.timestamp() + wait
        assert ask(foundation, "/v3").status == ask(foundation, "/").status == 200
        clock[0] += wait
        assert statuses(foundation, 1) == [200]


def test_a_limiter_can_name_a_wait_that_a_test_can_afford(now):
    """The wait may be set apart from the window."""
    limit = RateLimit(general_limit=0, retry_after=0)
    with Foundation(healthy_world(now), rate_limit=limit) as foundation:
        assert ask(foundation, "/v3/apps").headers["retry-after"] == "0"


def test_stopping_closes_the_ports(now):
    """After stopping nobody listens, and stopping again is no error."""
    foundation = Foundation(healthy_world(now)).start()
    port = int(foundation.api.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/v3")
    connection.getresponse().read()
    foundation.stop()
    foundation.stop()
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
