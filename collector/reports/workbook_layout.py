"""The sheets of the workbook as report_templates/workbook.toml states them."""

from importlib.resources.abc import Traversable
from typing import Final, Literal

import msgspec

from collector.errors import UsageError

Kind = Literal["text", "wrap", "status", "number", "integer", "date", "key", "input", "day"]

PERSON: Final = ("input", "day")
"""The kinds of the columns that a person fills in."""


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column: its header, the field of a row that it shows, and how; `width` in characters.

    `shown` says when it is there: always, or only of a month.
    """

    header: str
    field: str
    kind: Kind
    width: int
    shown: Literal["always", "month"] = "always"


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One data sheet: one table from A1; `printed` columns go on paper, 0 for all.

    `shown` says when it is there: always, where the platform was asked about, or where it has any row.
    """

    name: str
    about: str
    columns: tuple[Column, ...] = msgspec.field(name="column")
    printed: int = 0
    shown: Literal["always", "platform", "any"] = "always"

    @property
    def table(self) -> str:
        """The name of its table: letters only, so that every formula language takes it."""
        return "".join(word.capitalize() for word in self.name.split())

    def of_instant(self) -> "Sheet":
        """The sheet without the columns that only a month has."""
        kept = [column.shown == "always" for column in self.columns]
        return msgspec.structs.replace(
            self,
            columns=tuple(column for column, keep in zip(self.columns, kept, strict=True) if keep),
            printed=sum(kept[: self.printed]),
        )


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All data sheets, in order."""

    sheets: tuple[Sheet, ...] = msgspec.field(name="sheet")


def read_layout(templates: Traversable) -> Layout:
    """Read workbook.toml from a templates folder."""
    try:
        return msgspec.toml.decode(templates.joinpath("workbook.toml").read_bytes(), type=Layout)
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"workbook.toml cannot be read: {error}", hint="compare it with the one in report_templates/"
        ) from error
