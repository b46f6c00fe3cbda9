"""The geometry of the patch timeline."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from collector.model import Interval, PatchLine, Status, Subject
from collector.reports.timeline import MOST_ROWS, Row, timeline
from tests.reports.builders import AS_OF, WINDOWS
from tests.reports.platform_builders import many_patches, platform_assessment

PUBLISHED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def _at(hours: float, more: float = 0.0) -> Interval:
    first = PUBLISHED + timedelta(hours=hours)
    return Interval(not_before=first, not_after=first + timedelta(hours=more), source="test")


def _line(status: Status = "pass", *, still_open: tuple[str, ...] = (), **stages: Interval | None) -> PatchLine:
    return PatchLine(
        subject=Subject(type="notice", name="USN-1-1"),
        status=status,
        stages={"published": _at(0), **stages},
        open=still_open,
    )


def _row(line: PatchLine, as_of: datetime = AS_OF) -> Row:
    drawn = timeline((line,), WINDOWS["os-patch"], as_of)
    assert drawn is not None
    return drawn.rows[0]


def _days(line: PatchLine, as_of: datetime = AS_OF) -> list[tuple[str, float, float]]:
    """The blocks of a row in days, by the scale of its own ticks."""
    drawn = timeline((line,), WINDOWS["os-patch"], as_of)
    assert drawn is not None
    zero, last = drawn.ticks[0], drawn.ticks[-1]
    a_day = (last.x - zero.x) / last.days
    return [
        (block.kind, round((block.x - zero.x) / a_day, 1), round((block.x + block.width - zero.x) / a_day, 1))
        for block in drawn.rows[0].blocks
    ]


def test_a_row_is_the_stages_one_after_the_other() -> None:
    """One day to the stemcell, one to staging, two to production."""
    line = _line(released=_at(24), staging=_at(48), production=_at(96))
    assert _days(line) == [("packaging", 0.0, 1.0), ("staging", 1.0, 2.0), ("deployment", 2.0, 4.0)]


def test_without_staging_the_way_to_production_is_one() -> None:
    """What was not observed is not drawn."""
    assert _days(_line(released=_at(24), production=_at(96))) == [("packaging", 0.0, 1.0), ("deployment", 1.0, 4.0)]


def test_where_an_instant_lies_between_two_the_row_is_unsure() -> None:
    """Up to the earlier it surely was not there; from there to the later nobody knows."""
    line = _line("unknown", released=_at(24), production=_at(48, more=72))
    assert _days(line) == [("packaging", 0.0, 1.0), ("deployment", 1.0, 2.0), ("unknown", 2.0, 5.0)]


def test_the_minutes_of_a_deploy_are_not_drawn_as_doubt() -> None:
    """They are narrower than an eye could use."""
    assert [kind for kind, _, _ in _days(_line(released=_at(24), production=_at(96, more=0.2)))] == [
        "packaging",
        "deployment",
    ]


def test_what_is_not_there_yet_goes_on_to_the_instant_asked_about() -> None:
    """Open, and said so; not known is another thing."""
    as_of = PUBLISHED + timedelta(days=3)
    waiting = _line("pass", still_open=("deployment", "total"), released=_at(24))
    assert _days(waiting, as_of) == [("packaging", 0.0, 1.0), ("open", 1.0, 3.0)]
    assert _days(_line("unknown", released=_at(24)), as_of) == [("packaging", 0.0, 1.0), ("unknown", 1.0, 3.0)]


def test_a_stemcell_older_than_its_notice_is_marked_at_the_left() -> None:
    """It cannot be drawn before zero, and is not drawn as zero without a word."""
    row = _row(_line("unknown", released=_at(-2), production=_at(24)))
    assert row.before == "◂"
    assert [block.kind for block in row.blocks] == ["deployment"]
    assert _row(_line(released=_at(2), production=_at(24))).before == ""


def test_a_patch_of_many_months_is_cut_with_an_arrow() -> None:
    """Else it would make all others invisible; its days are told."""
    old = _line("fail", released=_at(24), production=_at(24 * 400))
    drawn = timeline((old,), WINDOWS["os-patch"], AS_OF)
    assert drawn is not None
    assert drawn.rows[0].beyond == "▸"
    assert drawn.ticks[-1].days <= 45
    assert max(block.x + block.width for block in drawn.rows[0].blocks) <= drawn.ticks[-1].x


def test_the_window_is_on_the_scale_even_if_all_are_fast() -> None:
    """Whoever looks sees how far off it is."""
    drawn = timeline((_line(released=_at(1), production=_at(2)),), WINDOWS["os-patch"], AS_OF)
    assert drawn is not None
    assert drawn.limit == "4 days"
    assert drawn.limit_x is not None
    assert drawn.ticks[0].x < drawn.limit_x < drawn.ticks[-1].x


def test_without_a_window_none_is_drawn() -> None:
    """What is not set is not invented."""
    drawn = timeline((_line(released=_at(1), production=_at(2)),), None, AS_OF)
    assert drawn is not None
    assert (drawn.limit, drawn.limit_x) == ("", None)


def test_notices_that_do_not_apply_are_counted_and_not_drawn() -> None:
    """They have no way to production."""
    drawn = timeline(platform_assessment().patches, WINDOWS["os-patch"], AS_OF)
    assert drawn is not None
    assert (len(drawn.rows), drawn.total, drawn.not_applicable) == (10, 10, 2)
    assert timeline((_line("not-applicable"),), WINDOWS["os-patch"], AS_OF) is None


def test_forty_rows_are_the_most() -> None:
    """The rest is counted."""
    drawn = timeline(many_patches(100).patches, WINDOWS["os-patch"], AS_OF)
    assert drawn is not None
    assert (len(drawn.rows), drawn.total) == (MOST_ROWS, 100)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("USN-7001-1", "flagged, 5.5 days"),
        ("USN-7004-1", "not assessed, ≥1.8 days"),
        ("USN-7008-1", "within window, 1.2 days so far"),
        ("USN-7012-1", "not assessed, days not known"),
    ],
)
def test_each_row_is_told_in_words(name: str, told: str) -> None:
    """The description has them all, for those who cannot see the drawing."""
    drawn = timeline(platform_assessment().patches, WINDOWS["os-patch"], AS_OF)
    assert drawn is not None
    assert next(row.told for row in drawn.rows if row.name == name) == told
    assert f"{name}: {told}" in drawn.description
    assert drawn.description.startswith("10 patches by days since their notice; the window is 4 days. ")


def test_a_patch_whose_notice_has_no_date_has_no_bar() -> None:
    """There is nothing to count from."""
    line = msgspec.structs.replace(_line("unknown"), stages={})
    assert _row(line).blocks == ()
