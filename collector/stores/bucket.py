"""A store in an S3 bucket: nothing is overwritten, nothing goes unencrypted, and no server is simply believed."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from collector.errors import IntegrityError, RemoteError, UsageError
from collector.evidence.store import Store
from collector.stores.binding import find_binding
from collector.stores.bucket_probe import probe_bucket
from collector.stores.client import open_door
from collector.stores.files import sha256_of, told, write_over
from collector.stores.names import checked_key, checked_prefix
from collector.stores.objects import Objects, Stored
from collector.stores.options import Chance, Given

BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
FORM = "write s3://bucket/prefix; credentials come from AWS_PROFILE or the AWS_* variables, never from the address"
TRIES = 3
"""How often a put is tried whose name was contended by a writer that then stored nothing."""


def open_bucket(url: str, given: Given) -> Store:
    """Open `s3://bucket/prefix`, with endpoint, region and credentials by boto3's own chain."""
    bucket, _, prefix = url.removeprefix("s3:").removeprefix("//").partition("/")
    # The address may be a binding's `uri`, which holds a secret: never print what does not look like ours.
    if not url.startswith("s3://") or not BUCKET.fullmatch(bucket):
        raise UsageError("an s3: address does not name a bucket", hint=FORM)
    if "?" in prefix or "#" in prefix:
        raise UsageError("an s3: address has no ? and no #", hint=FORM)
    folder = checked_prefix(prefix)
    where = f"s3://{bucket}/{folder}".removesuffix("/")
    return Bucket(Objects(open_door(where, given.options), bucket, where, given.options), folder, given.chance)


def open_binding(url: str, given: Given) -> Store:
    """Open `vcap:service-name` or `vcap:service-name/prefix`, the S3 service bound to this app."""
    name, _, prefix = url.removeprefix("vcap:").partition("/")
    if not name:
        raise UsageError("a vcap: address names no service", hint="write vcap:service-name")
    folder = checked_prefix(prefix)
    where = f"vcap:{name}/{folder}".removesuffix("/")
    binding = find_binding(name, given.environment)
    if binding.sandbox:
        given.say(f"{where} is on a sandbox plan: the bucket and the evidence in it vanish with the sandbox")
    door = open_door(where, given.options, binding)
    return Bucket(Objects(door, binding.bucket, where, given.options), folder, given.chance)


class Bucket:
    """Objects below a prefix of one bucket."""

    def __init__(self, objects: Objects, prefix: str, chance: Chance) -> None:
        self._objects = objects
        self._prefix = prefix
        self._chance = chance

    @property
    def url(self) -> str:
        """The address as it was given; it never holds a secret."""
        return self._objects.where

    def put_file(self, key: str, path: Path) -> None:
        """Put a local file, once; the same bytes again are success, other bytes `IntegrityError`."""
        name = self._name(key)
        digest = sha256_of(path)
        aws = self._objects.door.aws
        # Some servers that are not AWS accept If-None-Match and overwrite all the same, so look first there.
        if not aws and self._is_stored(name, digest):
            return
        for _ in range(TRIES):
            with told("read", path):
                file = path.open("rb")
            with file:
                stored = self._objects.put(name, file, digest)
            if stored is None and self._is_stored(name, digest):
                return
            if stored is not None:
                self._check_encryption(name, stored)
                if not aws:
                    self._read_back(name, digest)
                return
        raise RemoteError(
            f"cannot write {name} in {self.url}: other writers hold the name and store nothing", hint="try again"
        )

    def read(self, key: str) -> bytes:
        """The stored bytes, held against the sum that was stored with them; `KeyError` when there are none."""
        got = self._objects.get(self._name(key))
        if got is None:
            raise KeyError(key)
        body, stored = got
        if stored.sha256 and hashlib.sha256(body).hexdigest() != stored.sha256:
            raise IntegrityError(
                f"{key} in {self.url} is not what was put there: its SHA-256 differs",
                hint="keep the object as it is and tell the bucket's owner",
            )
        return body

    def fetch(self, key: str, path: Path) -> None:
        """Copy the stored bytes into a local file."""
        body = self.read(key)

        def fill(file: BinaryIO) -> None:
            file.write(body)

        write_over(path, fill, self._chance)

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below a prefix, in lexicographic order whatever the server's own order is."""
        names = self._objects.names(self._prefix + checked_prefix(prefix))
        yield from sorted(name.removeprefix(self._prefix) for name in names if not name.endswith("/"))

    def local(self, prefix: str) -> Path | None:
        """A bucket is no folder."""
        checked_prefix(prefix)
        return None

    def probe(self) -> list[str]:
        """Test what the server does, not what it says it does."""
        return probe_bucket(self._objects, f"{self._prefix}probe/{self._chance()}")

    def _name(self, key: str) -> str:
        return checked_key(f"{self._prefix}{checked_key(key)}")

    def _is_stored(self, name: str, digest: str) -> bool:
        """Whether our bytes are stored under the name; `IntegrityError` when others are."""
        stored = self._objects.head(name)
        if stored is None:
            return False
        found = stored.sha256
        if not found or not self._objects.door.aws:
            got = self._objects.get(name)
            found = hashlib.sha256(got[0]).hexdigest() if got else ""
        if found != digest:
            raise IntegrityError(
                f"other bytes are stored already: {name} in {self.url}",
                hint="stored evidence is never changed; publish under a new run",
            )
        self._check_encryption(name, stored)
        return True

    def _read_back(self, name: str, digest: str) -> None:
        got = self._objects.get(name)
        if got is None or hashlib.sha256(got[0]).hexdigest() != digest:
            raise IntegrityError(
                f"{name} in {self.url} does not read back as it was written", hint="collect doctor tests the store"
            )

    def _check_encryption(self, name: str, stored: Stored) -> None:
        wanted, found = self._objects.wanted, stored.encryption
        if found == wanted or not wanted or (wanted == "AES256" and found.startswith("aws:kms")):
            return
        raise RemoteError(
            f"{name} in {self.url} is stored with encryption {found or 'none'}, not {wanted}",
            hint='name a bucket that encrypts; a server of your own that cannot may be used with encryption = "none"',
        )
