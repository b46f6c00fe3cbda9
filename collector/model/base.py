"""What all nouns share: immutability, and the closed lists of words."""

from typing import Literal

import msgspec

Status = Literal["pass", "fail", "unknown", "not-applicable"]
Verdict = Literal["satisfied", "not-satisfied", "not-assessed", "not-tested", "inherited"]
Role = Literal["decides", "detects", "flags", "informs"]
Part = Literal["customer", "provider"]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the nouns: immutable, keyword-only, comparable."""


class Slim(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Base of the nouns that exist by the hundred thousand: not tracked by the garbage collector."""
