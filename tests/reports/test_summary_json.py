"""summary.json: what a month leaves for later ones."""

import io
import json
from typing import Any

import msgspec
import pytest

from collector.assessment.retrospect import summary_of
from collector.errors import IntegrityError
from collector.model import Failing
from collector.reports.context import Context
from collector.reports.summary_json import read_summary, write
from tests.reports.builders import example_assessment
from tests.reports.month_builders import month_assessment


def written(**changes: Any) -> bytes:
    out = io.BytesIO()
    write(month_assessment(**changes), out, Context())
    return out.getvalue()


def test_what_is_written_is_read_back() -> None:
    """Instants, figures, items and fails, hostile names and all."""
    assert read_summary(written()) == summary_of(month_assessment())


def test_the_same_month_gives_the_same_bytes() -> None:
    """Whatever the order in which inputs were learned."""
    inputs = {"policy.toml": "sha256:a", "catalog.json": "sha256:b"}
    assert written(inputs=inputs) == written(inputs=dict(reversed(inputs.items())))


def test_only_the_figures_of_the_month_itself_are_kept() -> None:
    """Those of earlier months stand in their own summaries."""
    assert {row.month for row in read_summary(written()).figures} == {"2026-10"}


def test_fails_count_their_months() -> None:
    """One more than in the summary of the month before, by check and subject."""
    first = read_summary(written())
    month = month_assessment().month
    assert month is not None
    before = tuple(Failing(check=row.check, subject=row.subject, months=4) for row in first.failing[:1])
    second = read_summary(written(month=_after(month, before)))
    assert [row.months for row in second.failing] == [5, *([1] * (len(second.failing) - 1))]
    assert len(second.failing) > 1


def test_an_instant_has_no_summary() -> None:
    """There is no month that later ones could be compared with."""
    with pytest.raises(ValueError, match="only a month"):
        write(example_assessment(), io.BytesIO(), Context())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{}", "a summary cannot be read"),
        (b"\xff\xfe", "a summary cannot be read"),
        (b'{"schema": ', "a summary cannot be read"),
    ],
)
def test_what_is_no_summary_is_refused(body: bytes, message: str) -> None:
    """Stored evidence that is damaged is no month."""
    with pytest.raises(IntegrityError, match=message):
        read_summary(body)


def test_another_schema_is_refused() -> None:
    """It says which one this version reads."""
    body = json.loads(written()) | {"schema": "cf-evidence/summary/9"}
    with pytest.raises(IntegrityError, match="another schema: cf-evidence/summary/9") as refused:
        read_summary(json.dumps(body).encode())
    assert refused.value.hint == "this version reads cf-evidence/summary/1"


def _after(month: Any, failing: tuple[Failing, ...]) -> Any:
    return msgspec.structs.replace(month, previous=msgspec.structs.replace(month.previous, failing=failing))
