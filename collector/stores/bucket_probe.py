"""What a bucket really does, found out with probe objects: several servers accept a header and ignore it."""

import hashlib

from collector.errors import IntegrityError, RemoteError
from collector.stores.objects import Objects

LEVELS = {
    "Enabled": "versioned (an overwritten or deleted object keeps its earlier versions)",
    "not told": "plain (the server does not tell whether it keeps versions)",
}
PLAIN = "plain (whoever may delete in this bucket may delete evidence; switch versioning on)"


def probe_bucket(objects: Objects, name: str) -> list[str]:
    """Put, put again, read back, lie about a sum; one line per property. The probes stay: evidence has no delete."""
    where = objects.where
    first, second = f"{name} first".encode(), f"{name} second".encode()
    stored = objects.put(name, first, _sum(first))
    if stored is None:
        raise RemoteError(f"the probe {name} in {where} was there before it was written", hint="try again")
    if objects.put(name, second, _sum(second)) is not None:
        raise RemoteError(
            f"{where} overwrites what is stored: the server ignores If-None-Match",
            hint="name a store on a server with conditional writes",
        )
    got = objects.get(name)
    if got is None or got[0] != first:
        raise IntegrityError(f"the probe {name} in {where} does not read back as written", hint="name another store")
    if stored.encryption != objects.wanted:
        raise RemoteError(
            f"{where} does not encrypt as asked: {stored.encryption or 'none'}, not {objects.wanted or 'none'}",
            hint='name a bucket that encrypts; a server of your own that cannot may be used with encryption = "none"',
        )
    versioning = objects.versioning()
    host = objects.door.host
    return [
        f"bucket {objects.bucket} at {host}: written and read back ({name} stays there)",
        "overwriting: a taken name is refused",
        f"encryption at rest: {stored.encryption or 'not asked for'}",
        f"checksums: {_checksums(objects, f'{name}-sum')}",
        f"endpoint: {'FIPS' if 'fips' in host else 'not FIPS'}, {'AWS' if objects.door.aws else 'not AWS'}",
        f"versioning: {versioning or 'off'}",
        f"immutability: {LEVELS.get(versioning, PLAIN)}",
    ]


def _checksums(objects: Objects, name: str) -> str:
    body = name.encode()
    if objects.refuses_wrong_sum(name, body, sha256=_sum(body), wrong=_sum(b"another")):
        return "a wrong SHA-256 is refused"
    return f"the server does not check them ({name} stays there); verify hashes the bytes itself"


def _sum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
