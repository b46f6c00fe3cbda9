"""Whatever is answered, it is read or refused: nothing else happens, and what is refused is never counted as read."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.sources.feeds import FEEDS
from tests.sources.feed_snapshots import Feed, File, api, meta4, notes, osv, packed, release, take, tar_of, zip_of

AT = "2026-11-01T00:00:00Z"
ATTESTED = (
    ("kind", "image-scanned"),
    ("author", "Jo"),
    ("party", "assessed"),
    ("written", "2026-11-06"),
    ("period_from", "2026-11-01"),
    ("period_to", "2026-11-30"),
    ("expires", "2026-12-06"),
    ("at", "2026-11-06"),
    ("image", "sha256:" + "a" * 64),
)


def _csv() -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(zip(*ATTESTED, strict=True))
    return out.getvalue().encode()


SOUND = {
    "stemcell-releases": [packed([release("ubuntu-jammy/v1.3", AT, notes("USN-9001-1"))])],
    "stemcell-index": [
        meta4("1.3", AT),
        zip_of({"ubuntu-jammy/1.3/stemcells.meta4": meta4("1.3", AT)}),
        tar_of({"ubuntu-jammy/1.3/stemcells.meta4": meta4("1.3", AT)}),
    ],
    "light-index": [zip_of({"ubuntu-jammy/1.3/stemcells.aws.meta4": meta4("1.3", AT)})],
    "notices": [
        packed(osv("USN-9001-1", AT)),
        packed({"notices": [api("USN-9001-1", AT)], "total_results": 1}),
        packed({"id": "9001-1", "timestamp": 1793491200.5, "releases": {"jammy": {"allbinaries": {"bash": {}}}}}),
    ],
    "exploited": [packed({"vulnerabilities": [{"cveID": "CVE-2026-9001", "dueDate": "2026-11-20"}]})],
    "packages": [b"bash\nlibc6:amd64\n"],
    "rootfs": [b"- {title: 'USN-9001-1: x', stack_release: 1.2.3}\n"],
    "buildpack-releases": [packed([release("v1.3.0", AT)])],
    "attestation": [_csv()],
}
CASES = [(source, body) for source, bodies in SOUND.items() for body in bodies]


@pytest.mark.parametrize(
    ("source", "body"), CASES, ids=[f"{source}-{number}" for number, (source, _) in enumerate(CASES)]
)
def test_the_sound_documents_of_these_tests_are_read(tmp_path: Path, source: str, body: bytes) -> None:
    """Else damaging them would show nothing."""
    facts = take(tmp_path, {source: Feed("/srv/ubuntu22.04.yml", File(body))}).facts
    assert facts.read == {source}
    assert facts.gaps == ()


@given(st.sampled_from(CASES), st.data())
def test_a_damaged_document_is_read_or_named_as_a_gap(case: tuple[str, bytes], data: st.DataObject) -> None:
    """Cut off, or with a stretch of it replaced by other bytes."""
    source, sound = case
    start = data.draw(st.integers(0, len(sound)))
    body = sound[:start] + data.draw(st.binary(max_size=8)) + sound[data.draw(st.integers(start, len(sound))) :]
    with tempfile.TemporaryDirectory() as folder:
        taken = take(Path(folder), {source: Feed("/srv/ubuntu22.04.yml", File(body))})
        facts = taken.facts
    assert facts.read == {source} or taken.gaps(source) or facts.gaps


@given(st.sampled_from(sorted(FEEDS)), st.binary(max_size=200))
def test_any_bytes_are_read_or_named_as_a_gap(source: str, body: bytes) -> None:
    """From nothing to noise."""
    with tempfile.TemporaryDirectory() as folder:
        taken = take(Path(folder), {source: Feed("/srv/ubuntu22.04.yml", File(body))})
        facts = taken.facts
    assert facts.read == {source} or taken.gaps(source) or facts.gaps
