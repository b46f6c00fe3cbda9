"""Where runs are kept: how an address chooses a store. boto3 is imported only when the address names a bucket."""

import difflib
import re
from collections.abc import Callable, Mapping

from collector.errors import UsageError
from collector.evidence.store import Store
from collector.stores.folder import open_folder
from collector.stores.options import Chance, Given, Say, StoreOptions

__all__ = ["STORES", "StoreOptions", "open_store"]

DEFAULTS = StoreOptions()


def _open_bucket(url: str, given: Given) -> Store:
    from collector.stores.bucket import open_bucket  # noqa: PLC0415 -- boto3 is slow to import; only buckets pay

    return open_bucket(url, given)


def _open_binding(url: str, given: Given) -> Store:
    from collector.stores.bucket import open_binding  # noqa: PLC0415 -- likewise

    return open_binding(url, given)


STORES: Mapping[str, Callable[[str, Given], Store]] = {
    "file": open_folder,
    "s3": _open_bucket,
    "vcap": _open_binding,
}
"""Scheme of the address, and who opens it; the reader of a new kind of store is one more line here."""


def open_store(
    url: str,
    *,
    environment: Mapping[str, str],
    say: Say,
    chance: Chance,
    options: StoreOptions = DEFAULTS,
) -> Store:
    """Open the store that an address names: `file:./evidence`, a plain path, `s3://bucket/prefix`, `vcap:service`.

    Nothing is written or asked for yet. `chance` gives a fresh random word at each call; `environment` is looked at
    for VCAP_SERVICES only, as boto3 reads its AWS_* variables itself. Raises `UsageError` for an address it cannot use.
    """
    # One letter is a Windows drive, and what has no colon is a path.
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", url)
    name = scheme[1] if scheme else "file"
    if name not in STORES:
        near = difflib.get_close_matches(name.lower(), STORES, n=1, cutoff=0.3)
        raise UsageError(
            f"unknown kind of store: {name}:",
            hint=f"did you mean {near[0]}:" if near else f"there are: {', '.join(f'{known}:' for known in STORES)}",
        )
    given = Given(environment=environment, options=options, say=say, chance=chance)
    return STORES[name](url, given)
