"""What the three monthly audits of ninety days say, in a few readable lines for each month.

`python -m tests.cli.golden_history` writes golden_history.json anew; the test compares. Whoever writes it reads what
has changed, line by line, before it is believed.
"""

import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from collector.cli import call
from collector.sandbox import Truth
from tests.cli.golden_history_world import RISKS, SETTINGS, live

GOLDEN = Path(__file__).with_suffix(".json")
Answers = Mapping[str, Any]
"""By month, what the audit printed with -f json."""


class History(NamedTuple):
    """The folder with settings and store, what the audits printed, and what really happened to the platform."""

    folder: Path
    answers: Answers
    truth: Truth


def history(folder: Path) -> History:
    """Live through the days in a folder, and audit each month when it has been closed."""
    (folder / "collect.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "exceptions.toml").write_text(RISKS, encoding="utf-8")
    answers: dict[str, Any] = {}

    def audit(month: str) -> None:
        answers[month] = json.loads(said("audit", "--month", month, "--artifact", "poam", "-f", "json", "-q"))

    with chdir(folder):
        platform = live(folder / "evidence", audit)
    return History(folder, answers, platform.truth)


def said(*arguments: str) -> str:
    """What the tool prints; raises RuntimeError with what it complains of when it has no answer."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        call(list(arguments))
    out.seek(0)
    answer = out.read()
    if not answer:
        raise RuntimeError(err.getvalue())
    return answer


def written(answers: Answers) -> str:
    """The text of golden_history.json."""
    told = {month: _month(answer) for month, answer in answers.items()}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def label(subject: Mapping[str, str]) -> str:
    """`org/space/app`, or the name and where it is."""
    parts = (subject.get(key) for key in ("org", "space", "environment", "deployment"))
    return "/".join([*(part for part in parts if part), subject["name"]])


def _month(answer: Any) -> dict[str, Any]:
    month = answer["month"]
    return {
        "as of": answer["as_of"],
        "controls": {row["id"]: row["status"] for row in answer["controls"]},
        "objectives": {one["id"]: one["status"] for row in answer["controls"] for one in row["objectives"]},
        "held": [_held(row) for row in month["held"]],
        "items": [_item(row) for row in month["items"]],
        "differences": list(_differences(month["differences"])),
        "heartbeat": month["heartbeat"],
        "exceptions": [f"{row['id']} {row['state']}, waives {row['waives']}" for row in answer["exceptions"]],
    }


def _held(row: Any) -> str:
    hours = ", ".join(f"{word} {row[f'{word}_hours']:g}" for word in ("inside", "outside", "unknown"))
    parts = [f"{row['check']} {label(row['subject'])}: {hours}"]
    parts += [f"outside {one['begin']} to {one['end'] or 'the end'}, since {one['since']}" for one in row["breaches"]]
    parts += [f"unknown {one['begin']} to {one['end']}: {one['reason']}" for one in row["unknown"]]
    if row["corrected_at"]:
        parts.append(f"corrected {row['corrected_at']}")
    return "; ".join(parts)


def _item(row: Any) -> str:
    state = f"closed {row['closed_at']}" if row["closed_at"] else "open"
    waived = f", waived by {row['waived_by']}" if row["waived_by"] else ""
    subjects = ", ".join(row["subjects"])
    return f"{row['check']} of {row['component']}: opened {row['opened']}, {state}{waived}: {subjects}"


def _differences(rows: Any) -> Iterator[str]:
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in rows:
        grouped[row["kind"], row["check"], row["reason"]].append(f"{label(row['subject'])} ({row['months']})")
    for (kind, check, reason), subjects in grouped.items():
        yield f"{kind} {check}{': ' if reason else ''}{reason}: {', '.join(subjects)}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        GOLDEN.write_text(written(history(Path(place)).answers), encoding="utf-8")
    print(f"wrote {GOLDEN}")
