"""What snapshots showed of a buildpack's file, one after another."""

from datetime import UTC, datetime, timedelta

from collector.model import Buildpack, Showing
from collector.sources.cloud_controller import Shown
from collector.sources.platform import first_seen, showings

DAY = datetime(2026, 10, 1, tzinfo=UTC)


def shown(day: int, filename: str | None, *, enabled: bool = True) -> Shown:
    """A look at one buildpack."""
    row = Buildpack(
        guid="pack",
        name="python_buildpack",
        stack="cflinuxfs4",
        lifecycle="buildpack",
        state="READY",
        filename=filename,
        enabled=enabled,
        locked=False,
        updated_at=DAY,
        document=f"sha256:{day}",
    )
    return Shown(DAY + timedelta(days=day), (row,))


def days(rows: tuple[Showing, ...]) -> list[tuple[str, int, int]]:
    return [(row.filename, (row.first - DAY).days, (row.last - DAY).days) for row in rows]


def test_looks_that_show_the_same_file_are_one_stretch() -> None:
    """From the first to the last of them; one that comes again begins another."""
    looks = [shown(0, "v1"), shown(1, "v1"), shown(2, "v2"), shown(5, "v1"), shown(6, "v1")]
    assert days(showings(looks)["pack"]) == [("v1", 0, 1), ("v2", 2, 2), ("v1", 5, 6)]


def test_a_disabled_buildpack_offers_no_file() -> None:
    """Nor does one without bits."""
    looks = [shown(0, "v1"), shown(1, "v1", enabled=False), shown(2, None), shown(3, "v1")]
    assert days(showings(looks)["pack"]) == [("v1", 0, 0), ("", 1, 2), ("v1", 3, 3)]


def test_a_file_appears_between_two_looks() -> None:
    """What the first one showed may be of any age, and what comes again is not new."""
    looks = [shown(0, "v1"), shown(3, "v2"), shown(4, "v1")]
    ((key, seen),) = first_seen(looks).items()
    assert key == ("pack", "v2")
    assert (seen.not_before, seen.not_after) == (DAY, DAY + timedelta(days=3))
    assert seen.evidence == ("sha256:0", "sha256:3")
