"""Ninety days of one system: what the three monthly audits say, held line by line, and held to what really happened."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.evidence import Store, begun_at
from collector.model import Assessment, Held
from collector.resources import CONTROLS, TEMPLATES
from collector.run import Question, read_catalog
from collector.run.monthly import MonthAsk, Shelf, judge_month, month_named
from collector.settings import load, risks_in
from collector.stores import open_store
from tests.cli.conftest import KEPT
from tests.cli.golden_history import GOLDEN, History, history, label, said, written
from tests.cli.golden_history_truth import AGE, CURRENT, Stretch, less, outside
from tests.cli.golden_history_world import CLOSING, SNAPSHOTS, SYSTEM, on

MONTHS = tuple(CLOSING)
STEMCELL = "stemcell-current"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
# A restage is in effect eight seconds after its droplet was made.
SET = 8 / 3600


@pytest.fixture(scope="module")
def lived(tmp_path_factory) -> Iterator[History]:
    """The days, lived through once, with nothing of whoever runs the tests."""
    place = tmp_path_factory.mktemp("history")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - set(KEPT):
            patch.delenv(name)
        patch.setenv("HOME", str(place))
        yield history(place)


class Fewer:
    """A store from which the snapshots of some instants are gone."""

    def __init__(self, whole: Store, gone: Callable[[datetime], bool]) -> None:
        self._whole = whole
        self._gone = gone

    @property
    def url(self) -> str:
        """Where the whole one is."""
        return self._whole.url

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that are left."""
        return (key for key in self._whole.keys(prefix) if "/snapshots/" not in key or not self._gone(_taken(key)))

    def read(self, key: str) -> bytes:
        """The stored bytes."""
        return self._whole.read(key)

    def fetch(self, key: str, path: Path) -> None:
        """Copy the stored bytes."""
        folder, _, name = key.rpartition("/")
        shutil.copyfile((self.local(folder) or Path()) / name, path)

    def local(self, prefix: str) -> Path | None:
        """The folder of a prefix."""
        return self._whole.local(prefix)

    def put_file(self, key: str, path: Path) -> None:
        """Nothing is ever put into it."""
        raise NotImplementedError

    def probe(self) -> list[str]:
        """Nor is it tested."""
        raise NotImplementedError


def _taken(key: str) -> datetime:
    return begun_at("/".join(key.split("/")[:5]))


def judged(lived: History, month: str, gone: Callable[[datetime], bool]) -> Assessment:
    """SI-2 over a month, from the store without some snapshots."""
    whole = open_store(f"file:{lived.folder / 'evidence'}", environment={}, say=print, chance=lambda: "0")
    settings = load(flags={}, environment={}, config=None, here=lived.folder, user_dir=lived.folder)
    catalog = read_catalog(settings, CONTROLS)
    question = Question(controls=("SI-2",))
    ask = MonthAsk(question, catalog, settings, TEMPLATES, "0", risks_in(settings, catalog), NOW)
    return judge_month(Shelf(Fewer(whole, gone), SYSTEM, SYSTEM), month_named(month), ask)


def nothing(_: datetime) -> bool:
    """No snapshot is gone."""
    return False


def told_of(month: str) -> list[datetime]:
    """The snapshots that tell of a month: the last one before it, those of it, and the one that closes it."""
    period = month_named(month)
    before = [at for at in SNAPSHOTS if at < period.begin][-1:]
    return [*before, *(at for at in SNAPSHOTS if period.begin <= at < period.end), CLOSING[month]]


def held_in(lived: History, month: str) -> dict[tuple[str, str], Any]:
    """How each subject was held, by check and label; of two of one name the one that is gone has ` (gone)`."""
    found: dict[tuple[str, str], Any] = {}
    for row in lived.answers[month]["month"]["held"]:
        key = row["check"], label(row["subject"])
        gone = any("gone" in part["reason"] for part in row["unknown"])
        found[(key[0], f"{key[1]} (gone)") if gone else key] = row
    return found


# ---------------------------------------------------------------- line by line


def test_the_audits_say_what_they_said(lived):
    """Byte for byte; `python -m tests.cli.golden_history` writes it anew, for somebody to read what has changed."""
    assert written(lived.answers) == GOLDEN.read_text(encoding="utf-8")


def test_judging_a_month_twice_gives_the_same_bytes(lived, monkeypatch):
    """Nothing of the clock, of chance or of the order of files is in assessment.json."""
    monkeypatch.chdir(lived.folder)
    for name in ("once", "twice"):
        said("report", "--month", "2026-09", "--artifact", "poam", "-o", name, "-f", "json", "-q")
    once, twice = (Path(name, "assessment.json").read_bytes() for name in ("once", "twice"))
    assert once == twice
    assert b'"buildpack-current"' in once


# ---------------------------------------------------------------- computed by hand

# Hours inside, outside and not known. A day has 24, a window of fourteen days 336.
HANDMADE = {
    # Staged on 25 July 00:00 and never again: outside from 8 August 00:00 on.
    ("2026-08", AGE, "agency-a/prod/never"): (7 * 24, 24 * 24, 0),
    ("2026-09", AGE, "agency-a/prod/never"): (0, 720, 0),
    ("2026-10", AGE, "agency-a/prod/never"): (0, 744, 0),
    # A newer buildpack is offered from 14 August 12:00 on: outside from 28 August 12:00 on.
    ("2026-08", CURRENT, "agency-a/prod/never"): (27 * 24 + 12, 3 * 24 + 12, 0),
    # Staged on 28 July 12:00, 20 August 18:00, 5 September 00:00 and 2 October 12:00:
    # outside from 11 August 12:00 to 20 August 18:00:08,
    ("2026-08", AGE, "agency-a/prod/tardy"): (744 - (9 * 24 + 6 + SET), 9 * 24 + 6 + SET, 0),
    # from 3 September 18:00 to 5 September 00:00:08, and from 19 September 00:00
    ("2026-09", AGE, "agency-a/prod/tardy"): (720 - (30 + SET + 12 * 24), 30 + SET + 12 * 24, 0),
    # to 2 October 12:00:08, and from 16 October 12:00 on.
    ("2026-10", AGE, "agency-a/prod/tardy"): (744 - (36 + SET + 15 * 24 + 12), 36 + SET + 15 * 24 + 12, 0),
    # What was staged on 5 September is behind from 16 September 12:00 on: outside from 30 September 12:00.
    ("2026-09", CURRENT, "agency-a/prod/tardy"): (720 - 12, 12, 0),
    ("2026-10", CURRENT, "agency-a/prod/tardy"): (744 - (36 + SET), 36 + SET, 0),
    # Rolled back on 10 August 12:00 to what was staged on 26 July, restaged on 18 August 12:00.
    ("2026-08", AGE, "agency-a/prod/backward"): (744 - (8 * 24 + SET), 8 * 24 + SET, 0),
    # A copy of what was staged on 28 July 10:00: outside from 11 August 10:00 on.
    ("2026-08", AGE, "agency-b/prod/twin"): (10 * 24 + 10, 744 - (10 * 24 + 10), 0),
    # Staged on 30 July 12:00, at its limit on 13 August 12:00, stopped between the looks of 12 and 14 August 06:00:
    # 11 days and 6 hours in scope, then 30 hours inside in any case and 18 that count only if it still ran.
    ("2026-08", AGE, "agency-a/prod/sleeper"): (11 * 24 + 6 + 30, 0, 18),
    # Started between the looks of 19 and 21 September 06:00, outside at once; restaged on 10 October 09:00.
    ("2026-09", AGE, "agency-a/prod/sleeper"): (0, 9 * 24 + 18, 48),
    ("2026-10", AGE, "agency-a/prod/sleeper"): (336 - SET, 9 * 24 + 9 + SET + 7 * 24 + 15, 0),
    # Staged on 29 July 08:00, outside from 12 August 08:00, last seen on 14 and missed on 16 August 06:00.
    ("2026-08", AGE, "agency-b/prod/phoenix (gone)"): (11 * 24 + 8, 46, 48),
    # Another one of that name from 20 August 10:00 on, staged at 10:05 and on 20 September 10:00.
    ("2026-08", AGE, "agency-b/prod/phoenix"): (11 * 24 + 14, 0, 0),
    ("2026-09", AGE, "agency-b/prod/phoenix"): (720 - (17 * 24 - 5 / 60 + SET), 17 * 24 - 5 / 60 + SET, 0),
    # Outside from 3 August 09:00 on, accepted or not.
    ("2026-08", AGE, "agency-b/prod/accepted"): (2 * 24 + 9, 28 * 24 + 15, 0),
}


@pytest.mark.parametrize(("month", "check", "name"), HANDMADE)
def test_hours_are_those_computed_by_hand(lived, month, check, name):
    """To the second, which is 0.0003 hours."""
    row = held_in(lived, month)[check, name]
    told = tuple(row[f"{word}_hours"] for word in ("inside", "outside", "unknown"))
    assert told == pytest.approx(HANDMADE[month, check, name], abs=0.00006)


def test_at_the_boundary_of_a_month_a_second_decides(lived):
    """What comes to be outside at the first instant of September is inside all August; one second earlier it is not.

    Both are restaged an hour later, before the snapshot that closes August is taken.
    """
    august, september = (held_in(lived, month) for month in MONTHS[:2])
    on_it, over_it = (AGE, "agency-a/prod/edge-on"), (AGE, "agency-a/prod/edge-over")

    assert (august[on_it]["outside_hours"], august[on_it]["breaches"]) == (0, [])
    assert august[over_it]["breaches"] == [
        {"begin": "2026-08-31T23:59:59Z", "end": None, "since": "2026-08-31T23:59:59Z"}
    ]
    assert august[over_it]["outside_hours"] == 0.0003
    begun = [september[key]["breaches"] for key in (on_it, over_it)]
    assert [[row["since"] for row in rows] for rows in begun] == [["2026-09-01T00:00:00Z"], ["2026-08-31T23:59:59Z"]]
    assert {row["end"] for rows in begun for row in rows} == {"2026-09-01T01:00:08Z"}
    statuses = {row["subject"]["name"]: row["status"] for row in of(lived, "2026-08", AGE)}
    assert (statuses["edge-on"], statuses["edge-over"]) == ("pass", "fail")


def of(lived: History, month: str, check: str) -> list[Any]:
    """The observations of a check."""
    return [row for row in lived.answers[month]["observations"] if row["check"] == check]


# The hours in which a check spoke for what was not there all the month, as far as looks tell.
IN_SCOPE = {
    ("2026-08", "agency-a/prod/sleeper"): 13 * 24 + 6,
    ("2026-09", "agency-a/prod/sleeper"): 11 * 24 + 18,
    ("2026-08", "agency-b/prod/phoenix (gone)"): 15 * 24 + 6,
    ("2026-08", "agency-b/prod/phoenix"): 11 * 24 + 14,
}


@pytest.mark.parametrize("month", MONTHS)
def test_hours_add_up_to_the_time_in_scope(lived, month):
    """Inside, outside and not known, without overlap and without a rest."""
    period = month_named(month)
    rows = held_in(lived, month)
    whole = (period.end - period.begin).total_seconds() / 3600
    for (_, name), row in rows.items():
        told = row["inside_hours"] + row["outside_hours"] + row["unknown_hours"]
        assert told == pytest.approx(IN_SCOPE.get((month, name), whole), abs=0.0002), name
    apps = {check: {name for of, name in rows if of == check} for check in (AGE, CURRENT)}
    assert apps[AGE] == apps[CURRENT] != set()


def test_a_second_upgrade_makes_nothing_less_behind(lived):
    """1.8.44 came on 14 August, shown first by the look of 16 August 06:00: 45 days and 18 hours before October.

    1.8.45 came on 16 September. So SI-2 c-1, which allows 30 days, is known not to be satisfied.
    """
    (row,) = (row for row in of(lived, "2026-09", CURRENT) if row["subject"]["name"] == "never")
    assert row["measured"]["hours"] == pytest.approx(45 * 24 + 18, abs=0.02)
    assert row["over_hours"] == pytest.approx(31 * 24 + 18, abs=0.02)
    (control,) = (row for row in lived.answers["2026-09"]["controls"] if row["id"] == "SI-2")
    assert {one["id"]: one["status"] for one in control["objectives"]}["si-2_obj.c-1"] == "not-satisfied"


def test_a_stemcell_is_outside_until_its_successor_is_live(lived):
    """From four days after the release of 1.1208, on 6 September, to the end row of its deployment."""
    row = held_in(lived, "2026-09")[STEMCELL, "production/cf-production/ubuntu-jammy/1.1208"]
    live = lived.truth.arrival("production", "cf-production", "ubuntu-jammy", "1.1208")

    assert live is not None
    (breach,) = row["breaches"]
    assert (breach["begin"], breach["end"]) == ("2026-09-10T00:00:00Z", f"{live:%Y-%m-%dT%H:%M:%SZ}")
    assert row["outside_hours"] == pytest.approx((live - on("09-10 00:00")).total_seconds() / 3600, abs=0.00006)


def test_a_stemcell_that_is_not_replaced_stays_outside(lived):
    """1.1213 is released on 25 October: from the 29th to the end of the month, three days."""
    row = held_in(lived, "2026-10")[STEMCELL, "production/cf-production/ubuntu-jammy/1.1208"]
    assert (row["inside_hours"], row["outside_hours"], row["unknown_hours"]) == (28 * 24, 3 * 24, 0)


def test_an_app_of_images_is_not_held(lived):
    """A restage does not patch it."""
    assert not [key for month in MONTHS for key in held_in(lived, month) if key[1].endswith("/image")]


def test_an_accepted_risk_covers_only_its_own_days(lived):
    """It ends on 15 September: August's fail is accepted, September's and October's are not."""
    waived = {
        month: [row["waived_by"] for row in of(lived, month, AGE) if row["subject"]["name"] == "accepted"]
        for month in MONTHS
    }
    assert waived == {"2026-08": ["EX-1"], "2026-09": [None], "2026-10": [None]}


def test_a_silent_director_is_told(lived):
    """Staging answers last in the harvest of 11 October."""
    assert lived.answers["2026-10"]["month"]["heartbeat"][0].startswith("bosh-staging last spoke 2026-10-11T06:00:00Z")
    assert not any("last spoke" in line for month in MONTHS[:2] for line in lived.answers[month]["month"]["heartbeat"])


# ---------------------------------------------------------------- held to what really happened


def test_nothing_is_said_that_did_not_happen(lived):
    """In every month: what is told as outside was outside, and what was outside is told so or as not known."""
    for month in MONTHS:
        assert_true(judged(lived, month, nothing))


@pytest.mark.parametrize(
    ("month", "sentence"),
    [
        # August is over 25.75 days after the last look of it: no longer than the 31 days of the determination.
        ("2026-08", "cloud-controller: 1 hole beyond the 7-day window between harvests, the longest 36.0 days"),
        ("2026-09", "no snapshot for 36.0 days,"),
    ],
)
def test_a_hole_is_told_and_fills_with_unknown_time(lived, month, sentence):
    """Without the snapshots of 36 days nothing untrue is said; the hole is, and hours are lost to it."""
    whole, holed = judged(lived, month, nothing), judged(lived, month, _in_hole)

    assert_true(holed)
    assert any(f"{sentence} from 2026-08-06T06:00:00Z to 2026-09-11T06:00:00Z" in line for line in holed.heartbeat)
    assert sum(row.unknown for row in _rows(holed)) > sum(row.unknown for row in _rows(whole))
    assert sum(row.inside for row in _rows(holed)) <= sum(row.inside for row in _rows(whole))
    assert_not_better(statuses(whole), statuses(holed))


def _in_hole(at: datetime) -> bool:
    return on("08-06 06:00") < at < on("09-11 06:00")


@pytest.mark.parametrize("month", MONTHS)
def test_without_one_snapshot_a_month_is_no_better(lived, month):
    """Whichever it is: no fail and nothing unknown becomes a pass, and nothing untrue is said."""
    whole = statuses(judged(lived, month, nothing))
    assert "fail" in whole.values()
    for gone in told_of(month):
        fewer = judged(lived, month, gone.__eq__)
        assert_not_better(whole, statuses(fewer))
        assert_true(fewer)


def statuses(assessment: Assessment) -> Mapping[tuple[str, str], str]:
    """The verdict on each subject of the checks that are held over time."""
    return {
        (row.check, row.subject.guid or row.subject.name): row.status
        for row in assessment.observations
        if row.check in {AGE, CURRENT}
    }


def assert_not_better(whole: Mapping[tuple[str, str], str], fewer: Mapping[tuple[str, str], str]) -> None:
    """No pass where more evidence gave none."""
    passed = {key for key, status in fewer.items() if status == "pass"}
    assert not passed & {key for key, status in whole.items() if status in {"fail", "unknown"}}


def _rows(assessment: Assessment) -> list[Held]:
    assert assessment.month is not None
    return [row for row in assessment.month.held.values() if row.check in {AGE, CURRENT}]


def assert_true(assessment: Assessment) -> None:
    """Each stretch told as outside was outside, and each that was outside is told so or as not known."""
    assert assessment.month is not None
    period = assessment.month.period
    for check in (AGE, CURRENT):
        # What is started at the first look is taken to have been so before: `since` may lie in a time when it was not.
        happened, perhaps = outside(check), outside(check, stopped=True)
        for row in _rows(assessment):
            if row.check != check:
                continue
            said_out: list[Stretch] = [(one.begin, one.end or period.end) for one in row.breaches]
            unknown: list[Stretch] = [(one.begin, one.end) for one in row.unseen]
            real = less(happened[row.subject.guid], [(on("01-01 00:00"), period.begin), (period.end, _EVER)])
            assert less(said_out, real) == [], row
            assert less(less(real, said_out), unknown) == [], row
            assert all(_was(one.since, perhaps[row.subject.guid]) for one in row.breaches), row


_EVER = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=1)


def _was(at: datetime, rows: list[Stretch]) -> bool:
    return any(begin <= at < end for begin, end in rows)
