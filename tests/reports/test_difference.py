"""`collect diff`: differences as lines, JSON and CSV."""

import csv
import io
import json

from collector.model import Difference, Subject
from collector.reports.difference import csv_of, json_of, lines

PAYMENTS = Subject(type="app", guid="g-1", name="payments", space="prod", org="agency-a")
STEMCELL = Subject(type="stemcell", name="ubuntu-jammy/1.2", environment="production", deployment="cf")
HOSTILE = Subject(type="app", guid="g-2", name="=1+1\x1b[31m", space="prod", org="")
ROWS = (
    Difference(kind="new", check="app-restage-age", subject=PAYMENTS, before="pass", after="fail", months=1),
    Difference(kind="repeated", check="stemcell-current", subject=STEMCELL, before="fail", after="fail", months=3),
    Difference(kind="fixed", check="app-restage-age", subject=HOSTILE, before="fail", after="gone", reason="gone"),
)


def test_lines_begin_with_the_sums() -> None:
    """Then one line each: what, for how long, which check and subject, from what to what, and why."""
    told = list(lines(ROWS))
    assert told[:3] == [
        "1 new, 1 repeated, 1 fixed",
        "new: app-restage-age: agency-a/prod/payments: pass → fail",
        "repeated, 3 months: stemcell-current: ubuntu-jammy/1.2 in production/cf: fail → fail",
    ]
    assert told[3].endswith(": fail → gone (gone)")


def test_no_name_moves_a_terminal() -> None:
    """Control characters are shown, not sent."""
    assert all("\x1b" not in line for line in lines(ROWS))


def test_without_a_difference_it_says_so() -> None:
    """Nothing is an answer, too; doubts are told all the same."""
    assert list(lines(())) == ["no difference"]
    assert list(lines((), ["made by different versions"])) == ["note: made by different versions", "no difference"]


def test_json_has_all_of_it() -> None:
    """With the schema, in the order given; the same rows give the same bytes."""
    body = json.loads(json_of(ROWS, ["the later run was not wholly read"]))
    assert (body["schema"], body["doubts"]) == ("cf-evidence/difference/1", ["the later run was not wholly read"])
    assert body["differences"][1] == {
        "kind": "repeated",
        "check": "stemcell-current",
        "subject": {
            "type": "stemcell",
            "name": "ubuntu-jammy/1.2",
            "environment": "production",
            "deployment": "cf",
        },
        "before": "fail",
        "after": "fail",
        "months": 3,
        "reason": "",
    }
    assert json_of(ROWS) == json_of(ROWS)


def test_csv_is_safe_in_a_spreadsheet() -> None:
    """A name is never a formula, and the file says that it is UTF-8."""
    body = csv_of(ROWS)
    head, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    assert body.startswith(b"\xef\xbb\xbf")
    assert head == ["kind", "check", "subject", "before", "after", "months", "reason"]
    assert rows[0] == ["new", "app-restage-age", "agency-a/prod/payments", "pass", "fail", "1", ""]
    bare = Difference(
        kind="new", check="c", subject=Subject(type="app", name="=1+1"), before="pass", after="fail", months=1
    )
    (_, row) = csv.reader(io.StringIO(csv_of([bare]).decode("utf-8-sig")))
    assert row[2] == "'=1+1"
