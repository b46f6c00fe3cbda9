"""What the OSCAL documents share."""

import hashlib
import json
import re
import uuid
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.model import Subject
from collector.reports import oscal
from collector.reports.context import Context
from tests.reports.builders import LONG, example_assessment, guid

CONTEXT = Context()
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cf-evidence.example/ns/oscal")


def written(body: oscal.Branch, root: str = "assessment-plan") -> bytes:
    out = BytesIO()
    oscal.write_document(out, root, body)
    return out.getvalue()


@given(st.lists(st.text(), min_size=1))
def test_identifier_is_the_version_5_uuid_of_its_key(parts):
    """The fast way gives what the standard library gives."""
    assert str(uuid.uuid5(NAMESPACE, "\0".join(parts))) == oscal.identifier(*parts)


def test_an_app_keeps_the_guid_that_cloud_controller_gave_it():
    """A version 4 guid is legal in OSCAL and is used as it is."""
    assert guid(7) == oscal.subject_uuid("default", Subject(type="app", guid=guid(7), name="a"))


@pytest.mark.parametrize("name", ["", "not-a-guid", "00000000-0000-1000-8000-000000000001", guid(171).upper() + "\n"])
def test_a_guid_that_oscal_refuses_is_replaced_by_a_stable_one(name):
    """Version 1, wrong and missing guids become version 5 UUIDs, the same every time."""
    subject = Subject(type="app", guid=name, name="a")
    expected = oscal.subject_uuid("default", subject)
    assert uuid.UUID(expected).version == 5
    assert expected == oscal.subject_uuid("default", subject)


def test_a_subject_without_a_guid_is_told_apart_by_all_its_names():
    """The same stemcell in another deployment is another subject."""
    one = Subject(type="stemcell", name="ubuntu-jammy/1.9", environment="production", deployment="cf")
    other = Subject(type="stemcell", name="ubuntu-jammy/1.9", environment="production", deployment="diego")
    assert oscal.subject_uuid("default", one) != oscal.subject_uuid("default", other)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("payments-api", "payments-api"),
        ("", ""),
        ("two\nlines", "two␊lines"),
        ("bell\x07\x1b[31mred", "bell␇␛[31mred"),
        ("del\x7f", "del␡"),
        (" blanks ", "␠blanks␠"),
        ("   ", "␠␠␠"),
        ("no\xa0break", "no\xa0break"),
        ("\u2003wide", "␠wide"),
        ("invoice-\u202egnp.exe", "invoice-⟨U+202E⟩gnp.exe"),
        ("half \ud83d", "half ⟨U+D83D⟩"),
        ("line\u2028end", "line⟨U+2028⟩end"),
        ("🚀-launcher", "🚀-launcher"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(value, expected):
    """Controls, line breaks, blanks at an end and marks that turn text stand there as something that can be seen."""
    assert expected == oscal.plain(value)


def test_a_long_name_is_cut_and_says_so():
    """Nothing is cut in silence."""
    assert f"long-{'x' * 995}… [cut: 33005 characters]" == oscal.plain(LONG)


def test_a_title_cannot_become_markup():
    """Titles are CommonMark with HTML: tags, links, emphasis and code in a name stay text."""
    assert oscal.markup("<b> & [x](y) *z* `c`") == r"&lt;b&gt; &amp; \[x\](y) \*z\* \`c\`"


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_any_text_becomes_a_legal_string(value):
    """Whatever a name holds, it fits OSCAL's string datatype and UTF-8, and does not vanish."""
    text = oscal.plain(value)
    assert re.fullmatch(r"\S(.*\S)?", text)
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("no builds",), "no builds."),
        (("No builds.", "", "Ask."), "No builds. Ask."),
        (("", "."), ""),
    ],
)
def test_a_description_is_sentences_with_one_full_stop_each(values, expected):
    """Empty ones are left out."""
    assert expected == oscal.sentence(*values)


def test_an_instant_is_written_in_utc_with_z():
    """Any offset is turned into UTC; fractions are kept."""
    moment = datetime(2026, 11, 20, 7, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=-5)))
    assert oscal.instant(moment) == "2026-11-20T12:00:00.250000Z"
    assert oscal.instant(datetime(2026, 11, 20, 12, tzinfo=UTC)) == "2026-11-20T12:00:00Z"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("ssp.json", "ssp.json"),
        ("https://grc.example/ssp?id=7#top", "https://grc.example/ssp?id=7#top"),
        ("our plan (v4).docx", "our%20plan%20(v4).docx"),
        ("C:\\plans\\ü.docx", "C:%5Cplans%5C%C3%BC.docx"),
        ("a%20b", "a%20b"),
        ("100%.docx", "100%25.docx"),
        ("a#b#c", "a#b%23c"),
        ("1:x", "./1:x"),
    ],
)
def test_a_reference_has_no_character_that_a_parser_refuses(target, expected):
    """What may not stand in a reference is percent-encoded, what already is stays."""
    assert expected == oscal.href(target)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_a_legal_reference(target):
    """A setting cannot make the document invalid."""
    assert jsonschema_rs.is_valid({"format": "uri-reference"}, oscal.href(target), validate_formats=True)


def test_the_root_uuid_is_made_from_every_byte_before_it():
    """Anyone can make it again from the file alone."""
    data = written(oscal.Branch({"metadata": {"title": "t"}, "tasks": iter([{"a": "1"}, {"a": "2"}])}))
    body, _, rest = data.rpartition(b',"uuid":"')
    assert body == b'{"assessment-plan":{"metadata":{"title":"t"},"tasks":[{"a":"1"},{"a":"2"}]'
    digest = hashlib.sha256(body).hexdigest()
    assert rest == str(uuid.uuid5(NAMESPACE, f"assessment-plan\0{digest}")).encode() + b'"}}\n'


def test_the_root_uuid_changes_with_the_content():
    """One other character gives another document."""
    one, other = (json.loads(written(oscal.Branch({"metadata": {"title": title}}))) for title in ("a", "b"))
    assert one["assessment-plan"]["uuid"] != other["assessment-plan"]["uuid"]


def test_empty_members_are_not_written():
    """OSCAL forbids empty arrays and objects; an iterator that gives nothing is one."""
    body = oscal.Branch({"title": "t", "none": None, "text": "", "list": [], "object": {}, "iterator": iter(())})
    assert written(body).startswith(b'{"assessment-plan":{"title":"t","uuid":')


def test_a_large_document_is_written_in_small_pieces():
    """The pieces together are the document, and none is larger than a little over 64 KiB."""

    class Sink(BytesIO):
        largest = 0

        def write(self, data, /):
            self.largest = max(self.largest, len(data))
            return super().write(data)

    out = Sink()
    oscal.write_document(out, "assessment-plan", oscal.Branch({"tasks": ({"n": number} for number in range(100_000))}))
    assert len(json.loads(out.getvalue())["assessment-plan"]["tasks"]) == 100_000
    assert out.largest < 70_000


def test_people_are_parties_with_one_role_each_time():
    """A person with two roles is one party."""
    system = example_assessment().system
    both = type(system)(id="x", isso="Kim Doe", prepared_by="Kim Doe")
    metadata = oscal.metadata(example_assessment(system=both), CONTEXT, "s", "t")
    assert [party["name"] for party in metadata["parties"]] == ["Kim Doe"]
    assert [role["role-id"] for role in metadata["responsible-parties"]] == [
        "prepared-by",
        "information-system-security-officer",
    ]


def test_a_system_without_people_names_none():
    """No empty lists: the members are absent."""
    system = type(example_assessment().system)(id="x")
    metadata = oscal.metadata(example_assessment(system=system), CONTEXT, "s", "t")
    assert not {"roles", "parties", "responsible-parties"} & metadata.keys()


def test_the_series_stays_while_the_document_changes():
    """The series is named by system and kind, not by month."""
    metadata = oscal.metadata(example_assessment(), CONTEXT, "assessment-results", "t")
    assert metadata["document-ids"] == [
        {
            "scheme": "https://cf-evidence.example/ns/oscal/document-series",
            "identifier": "default/assessment-results",
        }
    ]


def test_the_document_is_as_old_as_the_assessment():
    """No clock is read: the same assessment gives the same date."""
    assert oscal.metadata(example_assessment(), CONTEXT, "s", "t")["last-modified"] == "2026-11-20T12:00:00Z"


def test_reviewed_controls_name_what_was_not_tested_and_how_a_person_tests_it():
    """Objectives that were tested are selected; the others stand in the remarks with the reason."""
    reviewed = oscal.reviewed_controls(example_assessment())
    assert [item["objective-id"] for item in reviewed["control-objective-selections"][0]["include-objectives"]] == [
        "si-2_obj.c-1",
        "cm-2.2_obj-1",
        "cm-2.2_obj-2",
    ]
    assert (
        r"- cm-2_obj.a-2 not tested (no baseline is declared in \[baseline\]): a current baseline configuration is "
        "maintained under configuration control. For a person: Examine the baseline configuration and its change "
        "history."
    ) in reviewed["remarks"]
    assert "- si-2_obj.c-2 inherited (inherited from cloud.gov P-ATO): " in reviewed["remarks"]
    assert "SI-2: 1 of 10 objectives tested; tested part not satisfied." in reviewed["remarks"]
