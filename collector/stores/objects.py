"""The five things asked of S3, each with its complaints translated and no policy of our own."""

import base64
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from collector.errors import RemoteError
from collector.stores.bucket_errors import asking, code_of, status_of
from collector.stores.client import Door
from collector.stores.options import StoreOptions

READS = 3
"""How often a body that breaks off is asked for; botocore itself retries only until the headers have come."""

TAKEN = {409, 412}
"""409: another put of this name is under way. 412: the name is taken, perhaps by our own put whose answer was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the server says about one object."""

    sha256: str
    encryption: str


class Objects:
    """Whole objects of one bucket, by their full name; `where` stands in messages."""

    def __init__(self, door: Door, bucket: str, where: str, options: StoreOptions) -> None:
        self.door = door
        self.bucket = bucket
        self.where = where
        self._client = door.client
        self._named: dict[str, Any] = {"Bucket": bucket}
        if options.owner:
            self._named["ExpectedBucketOwner"] = options.owner
        self._sealed = _sealed(options)

    @property
    def wanted(self) -> str:
        """The encryption that is asked for: aws:kms, AES256 or none ("")."""
        return str(self._sealed.get("ServerSideEncryption", ""))

    def put(self, name: str, body: bytes | BinaryIO, sha256: str) -> Stored | None:
        """Put an object that must not exist; None when the name was taken."""
        with asking(self.where, f"write {name}"):
            try:
                return self._put(name, body, sha256=sha256, claimed=sha256)
            except ClientError as error:
                if status_of(error) in TAKEN:
                    return None
                raise

    def refuses_wrong_sum(self, name: str, body: bytes, *, sha256: str, wrong: str) -> bool:
        """Whether the server hashes what it receives, found out by claiming a wrong sum."""
        with asking(self.where, f"write {name}"):
            try:
                self._put(name, body, sha256=sha256, claimed=wrong)
            except ClientError as error:
                if status_of(error) == 400:  # noqa: PLR2004 -- HTTP's own number
                    return True
                raise
        return False

    def _put(self, name: str, body: bytes | BinaryIO, *, sha256: str, claimed: str) -> Stored:
        answer = self._client.put_object(
            Key=name,
            Body=body,
            IfNoneMatch="*",
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=base64.b64encode(bytes.fromhex(claimed)).decode(),
            Metadata={"sha256": sha256},
            **self._named,
            **self._sealed,
        )
        return Stored(sha256=sha256, encryption=answer.get("ServerSideEncryption", ""))

    def head(self, name: str) -> Stored | None:
        """What is said about an object; None when there is none."""
        with asking(self.where, f"look at {name}"):
            try:
                answer = self._client.head_object(Key=name, **self._named)
            except ClientError as error:
                if _is_absent(error):
                    return None
                raise
        return _stored(answer)

    def get(self, name: str) -> tuple[bytes, Stored] | None:
        """The bytes of an object and what is said about it; None when there is none."""
        with asking(self.where, f"read {name}"):
            for left in reversed(range(READS)):
                try:
                    answer = self._client.get_object(Key=name, **self._named)
                    # `with answer["Body"]` would hand out the raw stream, whose errors botocore does not translate.
                    with contextlib.closing(answer["Body"]) as body:
                        return body.read(), _stored(answer)
                except ClientError as error:
                    if _is_absent(error):
                        return None
                    raise
                except BotoCoreError:
                    if not left:
                        raise
        raise RemoteError(f"cannot read {name} in {self.where}")  # unreachable: the loop returns or raises

    def names(self, prefix: str) -> Iterator[str]:
        """All names that start with the prefix, page by page, in the server's order."""
        with asking(self.where, f"list {prefix}"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Prefix=prefix, **self._named):
                for entry in page.get("Contents", []):
                    yield entry["Key"]

    def versioning(self) -> str:
        """Enabled, Suspended, "" for never switched on, or "not told" where we may not ask or the server cannot say."""
        with asking(self.where, "ask for versioning"):
            try:
                return str(self._client.get_bucket_versioning(**self._named).get("Status", ""))
            except ClientError as error:
                if status_of(error) in {403, 405, 501}:
                    return "not told"
                raise


def _sealed(options: StoreOptions) -> Mapping[str, Any]:
    if options.kms_key:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": options.kms_key, "BucketKeyEnabled": True}
    return {} if options.encryption == "none" else {"ServerSideEncryption": "AES256"}


def _stored(answer: Mapping[str, Any]) -> Stored:
    return Stored(
        sha256=answer.get("Metadata", {}).get("sha256", ""), encryption=answer.get("ServerSideEncryption", "")
    )


def _is_absent(error: ClientError) -> bool:
    return status_of(error) == 404 and code_of(error) != "NoSuchBucket"  # noqa: PLR2004 -- HTTP's own number
