"""The sheet Buildpacks: versions that run, by how many applications, the worst first."""

import msgspec

from collector.reports.workbook_buildpacks import CHECK, buildpacks
from tests.reports.builders import example_assessment
from tests.reports.rendering import book, table


def test_every_application_with_a_buildpack_counts_once() -> None:
    """The counts of each version add up to its applications, and all of them to those that were judged."""
    assessment = example_assessment()
    rows = list(buildpacks(assessment))
    judged = {row.subject.guid for row in assessment.observations if row.check == CHECK}
    counted = [line for line in assessment.applications if line.buildpack and line.subject.guid in judged]
    assert rows
    assert sum(int(str(row["apps"])) for row in rows) == len(counted)
    assert [row["status"] for row in rows] == sorted(
        (row["status"] for row in rows),
        key=("flagged", "not assessed", "within window", "not applicable").index,
    )


def test_a_version_is_as_bad_as_its_worst_application() -> None:
    """One that is outside makes the row flagged, and who has been behind the longest stands first."""
    rows = buildpacks(example_assessment())
    told = [(row["buildpack"], row["version"], row["latest"], row["outside"], row["behind_days"]) for row in rows]
    assert told[:3] == [
        ("python_buildpack", "1.8.30", "1.8.34", 1, 33.0),
        ("nodejs_buildpack", "1.8.41", "1.8.44", 1, 18.0),
        ("go_buildpack", "1.10.40", "1.10.40", 0, None),
    ]


def test_the_sheet_stands_behind_the_applications() -> None:
    """As a table of its own; without any buildpack it has an empty row."""
    found = book(example_assessment())
    assert found.sheetnames[2:4] == ["Applications", "Buildpacks"]
    assert table(found["Buildpacks"])[0]["Status"] == "flagged"
    bare = msgspec.structs.replace(example_assessment(), applications=())
    assert list(buildpacks(bare)) == []
