"""What every store does, asked of a folder, of moto, and of a real S3 server over HTTP and over TLS."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from collector.errors import CollectError, IntegrityError, RemoteError, UsageError
from collector.stores.publishing import publish
from tests.stores.doubles import Watched

KEY = "system=default/snapshots/2026/11/20261120T120000Z-ab12/manifest.json"

RUN = [
    *(f"raw/cloud-controller/{number:04}-apps.json.gz" for number in range(10)),
    "SHA256SUMS",
    "manifest.json",
]


def test_what_is_put_is_what_is_read(store, file):
    """The stored bytes come back as they went in."""
    store.put_file(KEY, file(b'{"run": "ab12"}\n\x00\xff'))

    assert store.read(KEY) == b'{"run": "ab12"}\n\x00\xff'


def test_an_empty_file_is_a_file(store, file):
    """No bytes are stored as no bytes, not left out."""
    store.put_file(KEY, file(b""))

    assert (store.read(KEY), list(store.keys(""))) == (b"", [KEY])


def test_a_file_larger_than_a_buffer_stays_whole(store, file):
    """Three million bytes go in and come out."""
    content = bytes(range(256)) * 12_000
    store.put_file(KEY, file(content))

    assert store.read(KEY) == content


def test_fetch_writes_the_stored_bytes_to_a_local_file(store, file, tmp_path):
    """The folder of the local file is made, and a file that was there is replaced."""
    store.put_file(KEY, file(b"stored"))
    target = tmp_path / "new" / "manifest.json"

    store.fetch(KEY, target)
    store.fetch(KEY, target)

    assert (target.read_bytes(), [path.name for path in target.parent.iterdir()]) == (b"stored", ["manifest.json"])


def test_the_same_bytes_again_are_success(store, file):
    """A put that is repeated changes nothing and complains about nothing."""
    store.put_file(KEY, file(b"same"))
    store.put_file(KEY, file(b"same"))

    assert store.read(KEY) == b"same"


def test_other_bytes_under_a_taken_key_are_refused(store, file):
    """What is stored stays as it is, and the person is told which key."""
    store.put_file(KEY, file(b"first"))

    with pytest.raises(IntegrityError, match=r"other bytes are stored already: .*manifest.json"):
        store.put_file(KEY, file(b"other"))

    assert store.read(KEY) == b"first"


def test_a_missing_key_is_a_key_error(store, tmp_path):
    """Reading and fetching what is not there name the key and write nothing."""
    with pytest.raises(KeyError, match="no-such-run"):
        store.read("system=default/no-such-run")
    with pytest.raises(KeyError, match="no-such-run"):
        store.fetch("system=default/no-such-run", tmp_path / "target")

    assert not (tmp_path / "target").exists()


def test_an_empty_store_has_no_keys(store):
    """Nothing stored, nothing listed; no error."""
    assert list(store.keys("")) == []
    assert list(store.keys("system=default")) == []


def test_keys_may_hold_any_printable_letter(store, file):
    """Spaces, signs and letters of all scripts come back from the list as they went in."""
    keys = [
        "reports/100 % & more+less=all ~'(1)'.csv",
        "reports/Bericht für März – Übersicht.html",
        "reports/a%2Fb.txt",
        "reports/雪☃.json",
    ]
    for key in keys:
        store.put_file(key, file(key.encode()))

    assert [(key, store.read(key).decode()) for key in store.keys("reports")] == [(key, key) for key in keys]


def test_keys_are_in_lexicographic_order_and_only_those_below_the_prefix(store, file):
    """The order is that of the whole key, and a prefix is a folder: run-1 does not include run-10."""
    for key in ("run-1/b", "run-1/a/2", "run-1/a-b", "run-1/a.b", "run-10/x", "run-1/Z", "run-1/é", "other/y"):
        store.put_file(key, file(b"x"))

    expected = ["run-1/Z", "run-1/a-b", "run-1/a.b", "run-1/a/2", "run-1/b", "run-1/é"]
    assert list(store.keys("run-1")) == expected
    assert list(store.keys("run-1/")) == expected
    assert list(store.keys("")) == ["other/y", *expected, "run-10/x"]


def test_more_keys_than_one_page_holds_are_all_listed(store, place):
    """A bucket answers a thousand keys at a time; all come, in order."""
    expected = [f"system=default/raw/{number:05}.json.gz" for number in range(place.many)]
    place.fill(expected)

    assert list(store.keys("system=default")) == expected


def test_of_sixteen_racing_writers_one_wins(store, file):
    """All put other bytes under one key at the same time: one is stored, fifteen are told."""
    files = [file(b"writer %d" % number) for number in range(16)]
    start = Barrier(16)

    def race(number: int) -> type[CollectError] | None:
        start.wait()
        try:
            store.put_file(KEY, files[number])
        except IntegrityError as error:
            return type(error)
        return None

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(race, range(16)))

    assert outcomes.count(None) == 1
    assert store.read(KEY) == b"writer %d" % outcomes.index(None)


def test_racing_writers_of_the_same_bytes_all_succeed(store, file):
    """Four workers that put the same file under one key are all told that it is there."""
    start = Barrier(4)

    def race(_: int) -> None:
        start.wait()
        store.put_file(KEY, file(b"same"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(race, range(4)))

    assert store.read(KEY) == b"same"


def test_a_key_that_is_no_plain_name_is_a_usage_error(store, file):
    """No key leads out of the store, whatever kind it is, and none is silently turned into another."""
    path = file(b"x")
    for key in (
        "",
        "/etc/passwd",
        "a/../../b",
        "..",
        "a//b",
        "a/",
        "./a",
        "a\0b",
        "a\nb",
        "a\\..\\b",
        ".part-1",
        "k" * 1025,
    ):
        with pytest.raises(UsageError, match="not a key for a store"):
            store.put_file(key, path)
        with pytest.raises(UsageError, match="not a key for a store"):
            store.read(key)
    for prefix in ("/", "/etc", "../x", "a//", "a/../b"):
        with pytest.raises(UsageError, match="not a key for a store"):
            list(store.keys(prefix))


def test_a_local_file_that_is_not_there_is_a_usage_error(store, tmp_path):
    """The message names the file."""
    with pytest.raises(UsageError, match=r"cannot read .*no-such-file"):
        store.put_file(KEY, tmp_path / "no-such-file")


def test_a_probe_says_what_was_tested(store):
    """Writing, overwriting and the level of immutability have a line each, and a probe can be done twice."""
    first, second = store.probe(), store.probe()

    assert "overwriting: a taken name is refused" in first
    assert first[-1].startswith("immutability: plain")
    assert len(first) == len(second)


def test_publishing_puts_data_first_and_the_manifest_last(store, run):
    """Every file arrives; sums are last but one and the manifest last, whatever the workers do."""
    watched = Watched(store)

    publish(watched, run, "system=default/runs/ab12")

    expected = [f"system=default/runs/ab12/{name}" for name in RUN]
    assert (sorted(watched.stored[:-2]), watched.stored[-2:]) == (expected[:-2], expected[-2:])
    assert sorted(expected) == list(store.keys("system=default"))


def test_an_interrupted_publish_is_no_run_and_goes_on_when_repeated(store, run):
    """Readers see no manifest, the error names the command, local files stay, and the command completes the run."""

    def fail(key: str) -> None:
        if key.endswith("0007-apps.json.gz"):
            raise RemoteError("the network is gone", hint="wait")

    with pytest.raises(RemoteError) as raised:
        publish(Watched(store, fail), run, "runs/ab12")

    assert raised.value.hint == f"wait, then: collect publish {run} {store.url} (the local copy is kept)"
    stored = set(store.keys("runs"))
    assert not stored & {
        "runs/ab12/manifest.json",
        "runs/ab12/SHA256SUMS",
        "runs/ab12/raw/cloud-controller/0007-apps.json.gz",
    }
    assert sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()) == sorted(RUN)

    publish(store, run, "runs/ab12")

    assert list(store.keys("runs")) == sorted(f"runs/ab12/{name}" for name in RUN)


def test_ctrl_c_while_publishing_leaves_no_manifest_and_the_rest_can_follow(store, run):
    """The interruption comes through as itself, and nothing that was stored is lost."""

    def interrupt(key: str) -> None:
        if key.endswith("SHA256SUMS"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(Watched(store, interrupt), run, "runs/ab12")

    assert list(store.keys("runs")) == [f"runs/ab12/{name}" for name in RUN[:10]]
    publish(store, run, "runs/ab12")
    assert len(list(store.keys("runs"))) == 12


def test_publishing_over_another_run_stops_before_its_manifest(store, run, file):
    """A file that differs is an integrity error, with no command that would repeat it in vain."""
    store.put_file("runs/ab12/raw/cloud-controller/0003-apps.json.gz", file(b"another run"))

    with pytest.raises(IntegrityError) as raised:
        publish(store, run, "runs/ab12")

    assert "collect publish" not in raised.value.hint
    assert "runs/ab12/manifest.json" not in set(store.keys("runs"))
