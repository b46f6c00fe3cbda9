"""What the tool makes of a foundation that answers badly, late or not at all: retried, and then said."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from collector.cli import call
from collector.sandbox import RateLimit, faults, healthy_world
from tests.cli.running import finished, this_second


@pytest.fixture
def closed_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def strange_certificate(tmp_path) -> Iterator[str]:
    """The address of a TLS server whose certificate nobody vouches for."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    where = ["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, *where], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake prints nothing
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("words", [["--control", "SI-2"], ["snapshot"]])
def test_an_api_that_cannot_be_reached_is_said_after_five_attempts(
    run, healthy, monkeypatch, closed_port, words, slept
):
    """Connection refused is retried with growing waits, then exits 5 with its reason."""
    monkeypatch.setenv("COLLECT_CF_API", f"http://127.0.0.1:{closed_port}")

    ran = run(*words)

    assert ran.code == 5
    assert ran.complaint[0] == "no login: connection refused after 5 attempts"
    assert len(slept) == 4


def test_a_certificate_that_nobody_vouches_for_ends_the_run(run, healthy, monkeypatch, strange_certificate):
    """TLS is never skipped: no retry, code 5, and the hint names the variable for another authority."""
    monkeypatch.setenv("COLLECT_CF_API", strange_certificate)

    ran = run("--control", "SI-2")

    message, hint = ran.complaint
    assert ran.code == 5
    assert message.startswith("TLS to 127.0.0.1 failed: self-signed certificate")
    assert "REQUESTS_CA_BUNDLE" in hint


def test_plain_http_is_refused_for_any_other_machine(run, healthy, monkeypatch):
    """A password never travels unencrypted: the address is refused before anything is sent."""
    monkeypatch.setenv("COLLECT_CF_API", "http://api.example.gov")

    ran = run("--control", "SI-2")

    assert ran.code == 2
    assert ran.complaint == (
        "the address http://api.example.gov is not encrypted",
        "use https://; http:// is for loopback only",
    )
    assert healthy.requests == []


def test_no_foundation_named_says_which_variable_to_set(run):
    """Without any setting the hint is the whole way in."""
    ran = run()

    assert ran.code == 2
    assert ran.complaint == ("no foundation is named", "set COLLECT_CF_API, for example https://api.fr.cloud.gov")


@pytest.mark.parametrize(
    "fault",
    [
        faults.html_page(),
        faults.truncated(),
        faults.truncated(0.999),
        faults.truncated(0),
        faults.cut(),
        faults.reset(),
        faults.gateway_error(502),
        faults.gateway_error(504),
        faults.server_error(500),
        faults.too_many_requests(1),
        faults.too_many_requests(None),
    ],
    ids=["html", "half", "almost", "empty", "cut", "reset", "502", "504", "500", "429", "429 without a time"],
)
@pytest.mark.parametrize("path", ["/v3/apps", "/v3/droplets", "/v3/buildpacks"])
def test_what_fails_once_is_asked_again_and_costs_nothing(run, healthy, path, fault):
    """One bad answer in a walk leaves no gap and changes no verdict."""
    rule = healthy.faults.add(path, fault)

    ran = run("--control", "SI-2", "-f", "json")

    assert rule.acted == 1
    assert ran.code == 0
    assert ran.gaps == []
    assert ran.json["coverage"]["apps"]["assessed"] == 8


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.html_page(), "HTML where JSON was promised after 5 attempts"),
        (faults.truncated(), "unreadable JSON"),
        (faults.reset(), "connection cut after 5 attempts"),
        (faults.gateway_error(503), "503 after 5 attempts"),
        (faults.server_error(500), "500 after 3 attempts"),
    ],
    ids=["html", "half", "reset", "503", "500"],
)
def test_apps_that_are_never_given_leave_nothing_to_say(run, healthy, fault, reason):
    """Without a single page of apps the run exits 5 with the reason, and prints no verdict."""
    healthy.faults.add("/v3/apps", fault, times=None)

    ran = run("--control", "SI-2")

    message, hint = ran.complaint
    assert ran.code == 5
    assert message.startswith(f"Cloud Controller gave no apps: {reason}")
    assert "collect snapshot --resume" in hint


@pytest.mark.parametrize("fault", [faults.html_page(), faults.truncated(), faults.reset()], ids=["html", "half", "cut"])
@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/v3/droplets", "droplets"),
        ("/v3/buildpacks", "buildpacks"),
        ("/v3/stacks", "stacks"),
        ("/v3/spaces", "spaces"),
    ],
)
def test_a_list_that_verdicts_need_and_that_is_never_given_is_incomplete(run, healthy, path, what, fault):
    """A deciding check without its evidence makes the code 3, names the list, and calls nothing satisfied."""
    healthy.faults.add(path, fault, times=None)

    ran = run("--control", "SI-2", "--control", "CM-2(2)", "-f", "json")

    assert what in [name for name, _ in ran.gaps]
    if what != "spaces":
        assert ran.code == 3
        assert ran.json["coverage"]["complete"] is False
        assert ran.objectives("SI-2")["si-2_obj.c-1"] == "not-assessed"


def test_builds_that_are_never_given_are_listed_and_only_inform(run, healthy):
    """Builds decide and flag nothing where no droplet was copied: the gap is listed and changes no code."""
    healthy.faults.add("/v3/builds", faults.html_page(), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert sorted({what for what, _ in ran.gaps}) == ["builds", "failed-builds"]
    assert set(ran.statuses("last-restage-succeeded").values()) == {"unknown"}
    assert ran.code == 0
    taken = run("snapshot")
    assert taken.code == 0
    assert "not read: builds: HTML where JSON was promised" in taken.err


def test_instances_that_cannot_be_read_only_leave_a_remark(run, served):
    """Without Diego the instances are a 500: restage-in-effect detects, so the gap is listed and the code stays 0."""
    served(healthy_world(this_second()), diego=False)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 0
    assert [what for what, _ in ran.gaps] == ["instances"]
    assert set(ran.statuses("restage-in-effect").values()) == {"unknown"}
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "satisfied"


def test_a_walk_that_breaks_off_after_its_first_page_is_incomplete(run, healthy):
    """The apps that were read are judged, the rest is a gap, and the code is 3, never 0."""
    healthy.faults.add("/v3/apps", faults.edited(_claim_more), query="order_by", times=1)
    healthy.faults.add("/v3/apps", faults.server_error(500), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert ("apps", "500 after 3 attempts") in ran.gaps
    assert ran.json["coverage"]["apps"]["visible"] == 8
    assert ran.objectives("SI-2")["si-2_obj.c-1"] == "not-assessed"


def _claim_more(page: dict[str, object]) -> None:
    pagination = page["pagination"]
    assert isinstance(pagination, dict)
    pagination["next"] = {"href": "https://api.example.gov/v3/apps?page=2"}


def test_a_server_that_asks_to_wait_is_waited_for(run, healthy, slept):
    """429 with Retry-After is waited for exactly, said once, and leaves no gap."""
    healthy.faults.add("/v3/droplets", faults.too_many_requests(7))

    ran = run("--control", "SI-2")

    assert ran.code == 0
    assert slept == [7.0]
    assert "429 rate limited; waiting 7 s as asked" in ran.err


def test_a_rate_limiter_is_sat_out(served, capsys):
    """A real limiter of six requests an interval costs waiting, and no verdict."""
    ticks = [0.0]
    served(
        healthy_world(this_second()),
        rate_limit=RateLimit(general_limit=6, interval_in_minutes=1),
        clock=lambda: ticks[0],
        token_lifetime=1e6,
    )

    def sleep(seconds: float) -> None:
        ticks[0] += seconds + 61

    code = call(["--control", "SI-2"], sleep=sleep)

    assert code == 0
    assert "429 rate limited" in capsys.readouterr().err


def test_a_wait_beyond_all_patience_is_a_gap_with_its_end(run, healthy, slept, tmp_path):
    """Two hours in all are waited; a server that asks for a day makes the list a gap that says until when."""
    healthy.faults.add("/v3/buildpacks", faults.too_many_requests(86400), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert any(what == "buildpacks" and "allowed" in reason for what, reason in ran.gaps)
    assert slept == []


def test_a_redirect_is_not_followed(run, healthy):
    """A redirect could lead a token astray: it is an answer that says no."""
    healthy.faults.add("/v3/buildpacks", faults.status(302), times=None)

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    assert [(what, reason.partition(" ")[0]) for what, reason in ran.gaps] == [("buildpacks", "302")]


@pytest.mark.parametrize("options", [{"gzip": True}, {"droplets_current": True}, {"max_total_results": 600}])
def test_foundations_that_differ_give_the_same_answer(run, served, options):
    """Compression, bulk droplets and a cap on results change how it is asked, not what is answered."""
    world = healthy_world(this_second())
    served(world)
    expected = run("--control", "SI-2", "-f", "csv").out
    served(world, **options)

    ran = run("--control", "SI-2", "-f", "csv")

    assert ran.code == 0
    assert [line.split(",")[:6] for line in ran.out.splitlines()] == [
        line.split(",")[:6] for line in expected.splitlines()
    ]


def test_an_old_api_is_asked_for_each_droplet(run, served):
    """Version 3.160 does not name the current droplet: each app is asked, and the answer is the same."""
    foundation = served(healthy_world(this_second()), api_version="3.160.0")

    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 0
    assert ran.gaps == []
    assert set(ran.statuses("app-restage-age").values()) == {"pass"}
    assert sum(request.path.endswith("/droplets/current") for request in foundation.requests) == 8


def test_nothing_but_get_is_sent_to_the_api(run, demo, tmp_path):
    """The tool reads: every request to the API is a GET, and only the API and its login server are asked."""
    run("snapshot")
    run("doctor")

    assert {request.method for request in demo.requests if request.server == "api"} == {"GET"}
    assert {(request.method, request.path) for request in demo.requests if request.server == "uaa"} == {
        ("POST", "/oauth/token")
    }
    assert len(finished(Path("evidence"))) == 1
