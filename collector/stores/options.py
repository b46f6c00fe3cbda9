"""What a person may choose about a store, beside its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Say = Callable[[str], None]
"""Takes one line for the person; the caller decides where it goes."""

Chance = Callable[[], str]
"""A fresh random word of at least 16 letters and digits; names probe objects and unfinished files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """Choices that only buckets look at, save for the defaults all of them.

    `kms_key` asks for aws:kms with this key, else AES256 is asked for. `encryption="none"` asks for none at all and is
    taken only by servers that are not AWS: the default is that a server that does not encrypt is refused. `fips`
    demands an endpoint that is FIPS by its name; in us-gov-* regions one is used anyway. `owner` is the account id
    that must own the bucket. `attempts` counts retries after the first try; the timeouts are seconds.
    """

    kms_key: str = ""
    encryption: Literal["required", "none"] = "required"
    fips: bool = False
    owner: str = ""
    attempts: int = 4
    connect_timeout: float = 10.0
    read_timeout: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """All that an opener is handed beside the address."""

    environment: Mapping[str, str]
    options: StoreOptions
    say: Say
    chance: Chance
