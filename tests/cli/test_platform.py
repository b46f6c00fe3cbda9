"""Directors and feeds over real HTTP: what the tool says of a platform is what really happened to it."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.cli.demo import variables_of
from collector.evidence import read_manifest
from collector.sandbox import (
    Foundation,
    Platform,
    ambiguous_platform,
    demo_platform,
    demo_world,
    faults,
    healthy_platform,
    healthy_world,
    write_feeds,
)
from collector.sandbox.bosh import verbs
from tests.cli.running import begin, end, files_below, finished, this_second

Start = Callable[..., Foundation]
JAMMY = "ubuntu-jammy"


@pytest.fixture
def start(monkeypatch) -> Iterator[Start]:
    """Start a foundation with directors and feeds, and be logged in to all of it, for both parts of the controls."""
    running: list[Foundation] = []

    def serve(
        platform: Callable[[datetime], Platform],
        world: Callable[..., Any] = healthy_world,
        ago: timedelta = timedelta(),
    ) -> Foundation:
        now = this_second() - ago
        foundation = Foundation(world(now), platform(now)).start()
        running.append(foundation)
        for name, value in variables_of(foundation).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("COLLECT_SYSTEM_SCOPE", "both")
        return foundation

    yield serve
    for foundation in running:
        foundation.stop()


def asked_of(foundation: Foundation, server: str) -> list[str]:
    """The paths that one server was asked for."""
    return [request.path for request in foundation.requests if request.server == server]


def patches(answer: Any) -> dict[str, Any]:
    """The lines on notices, by name."""
    return {line["subject"]["name"]: line for line in answer["patches"]}


def at(stage: Any) -> tuple[datetime, datetime] | None:
    return stage and tuple(datetime.fromisoformat(stage[end]) for end in ("not_before", "not_after"))


@pytest.mark.parametrize("history", [demo_platform, healthy_platform, ambiguous_platform])
def test_stages_are_what_happened(run, start, history):
    """No stage is said that did not happen then: an exact one to the second, any other within its interval."""
    foundation = start(history)
    answer = run("--control", "SI-2", "-f", "json").json

    exact = 0
    assert foundation.platform is not None
    truth = foundation.platform.truth
    for name, line in patches(answer).items():
        if not line["line"] or not line["fixed_in"]:
            continue
        happened = truth.stages_of(name, line["line"])
        for stage in ("published", "released", "staging", "production"):
            said, true = at(line["stages"][stage]), getattr(happened, stage)
            if said is None:
                continue
            assert true is not None, (name, stage, said)
            assert said[0] <= true <= said[1], (name, stage)
            exact += said[0] == said[1]
    assert exact > 4


def test_a_platform_in_its_windows(run, start):
    """A platform that patches in time satisfies its part, says so in one line, and the exit code is 0."""
    start(healthy_platform)
    ran = run("--control", "SI-2", "-f", "json")
    line = run("--control", "SI-2").out

    (control,) = ran.json["controls"]
    assert (ran.code, control["parts"]["provider"]) == (0, "satisfied")
    assert "OS patches: 3 of 3 in production within 4 days" in line


def test_a_month_holds_each_line_of_each_production_deployment(run, start):
    """Its hours add up to what is over of the month, and what was outside in it is said of what ran at the end."""
    start(demo_platform, demo_world)
    assert run("snapshot", "-q").code == 0
    answer = run("report", "--month", f"{datetime.now(UTC):%Y-%m}", "--control", "SI-2", "-f", "json").json

    length = datetime.fromisoformat(answer["as_of"]) - datetime.now(UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    held = [row for row in answer["month"]["held"] if row["check"] == "stemcell-current"]
    said = {
        (row["subject"]["deployment"], row["subject"]["name"]): row["status"]
        for row in answer["observations"]
        if row["check"] == "stemcell-current" and row["status"] != "not-applicable"
    }
    assert len(held) == len(said) > 0
    for row in held:
        hours = row["inside_hours"] + row["outside_hours"] + row["unknown_hours"]
        assert hours == pytest.approx(length / timedelta(hours=1), abs=0.01)
        status = said[row["subject"]["deployment"], row["subject"]["name"]]
        assert (status == "fail") == bool(row["breaches"])
        assert (status == "pass") == (not row["breaches"] and not row["unknown"])


def test_a_harvest_asks_only_for_what_is_new(run, start):
    """The second harvest reads the events after the first one's, one page each, and asks no agent again."""
    foundation = start(demo_platform, demo_world)
    assert run("snapshot", "--source", "bosh", "-q").code == 0
    first = len(asked_of(foundation, "bosh-production"))
    ran = run("snapshot", "--source", "bosh", "-q")
    second = asked_of(foundation, "bosh-production")[first:]

    assert (ran.code, ran.err) == (0, "")
    assert not [path for path in second if path.startswith("/deployments/")]
    assert len(second) < first
    assert asked_of(foundation, "api") == []
    records = [read_manifest(folder).snapshot.sources for folder in finished(Path("evidence"))]
    assert [[record.name for record in row] for row in records] == [["bosh-production", "bosh-staging"]] * 2
    assert records[0][0].state["upto_id"] == records[1][0].state["upto_id"]


def test_harvests_are_remembered(run, start):
    """What the director has forgotten since is known from the harvests in the store, and travels with the reports."""
    foundation = start(demo_platform, demo_world)
    before = run("--control", "SI-2", "-f", "json").json
    assert run("snapshot", "--source", "bosh", "-q").code == 0
    foundation.directors["production"].director.prune(5)
    blind = run("--control", "SI-2", "-f", "json", "--store", "file:./nothing-yet").json
    seeing = run("--control", "SI-2", "-f", "json", "-o", "out")
    again = run("--control", "SI-2", "-f", "json", "--from", "out")

    known = {name: line["stages"]["production"] for name, line in patches(before).items()}
    assert {name: line["stages"]["production"] for name, line in patches(seeing.json).items()} == known
    assert {name: line["stages"]["production"] for name, line in patches(blind).items()} != known
    assert [row["id"] for row in again.json["snapshots"]] == [row["id"] for row in seeing.json["snapshots"]]
    assert again.out == seeing.out
    (folder,) = {path.parts[2] for path in files_below(Path("out")) if path.parts[1] == "history"}
    assert folder == seeing.json["snapshots"][1]["id"]


def test_pruned_beyond_the_last_harvest(run, start):
    """What a director forgot between two harvests is said as a gap with its two instants."""
    foundation = start(demo_platform, demo_world, ago=timedelta(days=2))
    assert run("snapshot", "--source", "bosh", "-q").code == 0
    foundation.world.wait(timedelta(days=2))
    director = foundation.directors["production"].director
    director.advance(foundation.time())
    director.finish(verbs.deploy(director, "cf-production"))
    director.prune(1)
    answer = run("--control", "SI-2", "-f", "json").json

    (source,) = (row for row in answer["coverage"]["sources"] if row["name"] == "bosh-production")
    (gap,) = source["gaps"]
    assert re.fullmatch(r"not seen between \S+Z and \S+Z: .*pruned.*", gap["reason"])


@pytest.mark.parametrize(
    ("server", "fault", "source"),
    [
        ("production", faults.server_error(503), "bosh-production"),
        ("production", faults.status(404), "bosh-production"),
        ("staging", faults.cut(), "bosh-staging"),
    ],
    ids=["503", "404", "cut"],
)
def test_a_director_that_fails(run, start, server, fault, source):
    """A director that does not answer is a gap, the answer is incomplete, and what the rest says stands."""
    foundation = start(healthy_platform)
    foundation.directors[server].faults.add("/", fault, times=None)
    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    (row,) = (row for row in ran.json["coverage"]["sources"] if row["name"] == source)
    assert (row["status"], bool(row["gaps"])) == ("failed", True)
    (control,) = ran.json["controls"]
    assert control["parts"]["customer"] == "satisfied"
    assert control["parts"]["provider"] != "satisfied"


def test_the_customers_part_does_not_wait_for_the_platform(run, start, monkeypatch):
    """Whoever answers for the applications alone gets the same exit code whether a director answers or not."""
    foundation = start(healthy_platform)
    monkeypatch.setenv("COLLECT_SYSTEM_SCOPE", "customer")
    foundation.directors["production"].faults.add("/", faults.server_error(503), times=None)
    ran = run("--control", "SI-2", "-f", "json")

    (control,) = ran.json["controls"]
    assert (ran.code, control["parts"]) == (0, {"customer": "satisfied", "provider": "inherited"})


def test_a_refused_director(run, start, monkeypatch):
    """A harvest whose every login is refused ends with 4, one line and a next step, and leaves nothing behind."""
    start(healthy_platform)
    for environment in ("PRODUCTION", "STAGING"):
        monkeypatch.setenv(f"COLLECT_BOSH_{environment}_CLIENT_SECRET", "wrong")
    ran = run("snapshot", "--source", "bosh", "-q")

    assert ran.code == 4
    assert "login" in ran.complaint[0]
    assert list(files_below(Path("evidence"))) == []


def test_no_login_for_a_director(run, start, monkeypatch):
    """A director without a login is named with the variables that it takes."""
    start(healthy_platform)
    for environment in ("PRODUCTION", "STAGING"):
        for word in ("CLIENT", "CLIENT_SECRET"):
            monkeypatch.delenv(f"COLLECT_BOSH_{environment}_{word}")
    ran = run("snapshot", "--source", "bosh-production", "-q")

    assert ran.code == 4
    assert "COLLECT_BOSH_PRODUCTION_CLIENT" in ran.complaint[1]


def test_sources_that_are_not_there(run, start):
    """A source that is not known is a usage error with the nearest name; one that is not configured says how."""
    start(healthy_platform)
    assert (run("snapshot", "--source", "bsh").code, run("snapshot", "--source", "attestation").code) == (2, 2)
    assert run("snapshot", "--source", "bosh-prodution").complaint == (
        "unknown source bosh-prodution",
        "did you mean bosh-production",
    )


def test_feeds_in_a_folder(run, start, monkeypatch):
    """The same feeds in local folders say the same of every notice."""
    foundation = start(demo_platform, demo_world)
    online = run("--control", "SI-2", "-f", "json").json
    assert foundation.platform is not None
    for name, place in write_feeds(foundation.platform.feeds, Path("mirror"), foundation.time()).items():
        monkeypatch.setenv(f"COLLECT_FEEDS_{name.upper()}", str(place))
    asked = len(asked_of(foundation, "feeds"))
    offline = run("--control", "SI-2", "-f", "json").json

    assert len(asked_of(foundation, "feeds")) == asked
    said = [
        {name: (line["status"], line["stages"]["production"]) for name, line in patches(answer).items()}
        for answer in (online, offline)
    ]
    # This one is only in the list of the API, which no folder holds: what is listed and not found is not known.
    assert said[0].pop("USN-9010-1")[0] == "pass"
    assert said[1].pop("USN-9010-1") == ("unknown", None)
    assert {name: said[1][name] for name in said[0]} == said[0]


def test_feeds_that_have_not_changed(run, start):
    """A feed that has not changed is not sent again, and its bytes are evidence all the same."""
    foundation = start(demo_platform, demo_world)
    first = run("--control", "SI-2", "-f", "json").json
    before = len(foundation.requests)
    second = run("--control", "SI-2", "-f", "json").json

    statuses = [request.status for request in foundation.requests[before:] if request.server == "feeds"]
    assert statuses.count(304) > len(statuses) / 2
    assert [line["subject"] for line in second["patches"]] == [line["subject"] for line in first["patches"]]


@pytest.mark.parametrize(
    "fault",
    [faults.server_error(), faults.status(403), faults.html_page(), faults.truncated()],
    ids=["500", "403", "html", "cut"],
)
def test_a_feed_that_fails(run, start, fault):
    """A feed that gives no answer leaves verdicts unknown, never better, and the answer says which feed it was."""
    foundation = start(healthy_platform)
    assert foundation.feed_site is not None
    foundation.feed_site.faults.add("/", fault, times=None)
    ran = run("--control", "SI-2", "-f", "json")

    assert ran.code == 3
    (control,) = ran.json["controls"]
    assert control["parts"]["provider"] == "not-assessed"
    failed = [row["name"] for row in ran.json["coverage"]["sources"] if row["status"] != "complete"]
    assert {"stemcell-index", "notices"} <= set(failed)


def test_a_harvest_goes_on_after_an_interruption(run, start):
    """A harvest that was interrupted goes on with --resume, and asks for nothing that it has got already."""
    foundation = start(demo_platform, demo_world)
    process = begin("snapshot", "--source", "bosh", "-q")
    kill = faults.before(lambda: os.kill(process.pid, signal.SIGINT))
    foundation.directors["staging"].faults.add("/events", kill)
    assert end(process).code == 130
    before = len(asked_of(foundation, "bosh-production"))
    ran = run("snapshot", "--resume", "-q")

    assert ran.code == 0
    again = asked_of(foundation, "bosh-production")[before:]
    assert [path for path in again if path in ("/info", "/events", "/tasks", "/deployments")] == ["/info"]
    (folder,) = finished(Path("evidence"))
    assert [record.name for record in read_manifest(folder).snapshot.sources] == ["bosh-production", "bosh-staging"]


def test_doctor_sees_the_platform(run, start):
    """The doctor names each director, its deployments, and every feed; one that is away is bad."""
    foundation = start(demo_platform, demo_world)
    ran = run("doctor")
    assert "BOSH production" in ran.out
    assert "cf-production" in ran.out
    assert "stemcell-index" in ran.out
    foundation.directors["production"].faults.add("/", faults.server_error(503), times=None)
    assert run("doctor").code == 5


def test_an_attestation_is_shown_and_never_a_test(run, start, monkeypatch):
    """What an operator attests is shown as examined, with author and expiry, and changes no verdict on the platform."""
    foundation = start(demo_platform, demo_world)
    monkeypatch.setenv("COLLECT_SYSTEM_SCOPE", "customer")
    today = datetime.now(UTC).date()
    Path("attested.csv").write_text(
        "kind,author,party,written,period_from,period_to,expires,at,environment,deployment,line,version\n"
        f"stemcell-deployed,P. Operator,assessed,{today},{today - timedelta(days=30)},{today},"
        f"{today + timedelta(days=30)},{today - timedelta(days=1)}T09:00:00Z,production,cf-production,{JAMMY},1.1233\n",
        encoding="utf-8",
    )
    without = run("--control", "SI-2", "-f", "json").json
    monkeypatch.setenv("COLLECT_FEEDS_ATTESTATION", str(Path("attested.csv").resolve()))
    ran = run("--control", "SI-2", "-f", "json")

    (statement,) = ran.json["attestations"]
    assert (statement["author"], statement["method"]) == ("P. Operator", "EXAMINE")
    assert ran.json["controls"][0]["parts"] == without["controls"][0]["parts"]
    assert foundation.platform is not None
