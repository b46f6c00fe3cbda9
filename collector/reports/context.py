"""What a report is given beside the assessment."""

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from collector.resources import TEMPLATES

OSCAL_VERSION: Final = "1.2.1"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Where the templates lie, and how the reports are wanted.

    `artifacts` maps the files of this run that are already written to their SHA-256 in hex: the assessment plan comes
    before the results that point at it, and README.txt, the last, names them all.
    """

    templates: Traversable = TEMPLATES
    html_max_rows: int = 1000
    oscal_version: str = OSCAL_VERSION
    artifacts: Mapping[str, str] = {}
