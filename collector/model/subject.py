"""What an observation is about."""

from typing import Literal

from collector.model.base import Slim


class Subject(Slim, frozen=True, kw_only=True):
    """What an observation is about; unused names stay empty and are not written."""

    type: Literal["app", "stemcell", "notice", "system"]
    guid: str = ""
    name: str = ""
    space: str = ""
    org: str = ""
    environment: str = ""
    deployment: str = ""

    @property
    def label(self) -> str:
        """`org/space/app`, or the bare name."""
        return "/".join(part for part in (self.org, self.space, self.name) if part)
