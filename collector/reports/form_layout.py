"""The workbooks whose sheets and headers somebody else has fixed, as files of report_templates/ state them."""

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from collector.errors import UsageError

Kind = Literal["text", "day"]

_LONGEST_LIST: Final = 255
"""Of the values of a column, with a comma between them: a spreadsheet takes no more."""


class FormColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column: its exact header, the field of a row that fills it ("": left blank for a person), and how.

    `width` in characters; `values` are those that a person may choose from, all where there is none.
    """

    header: str
    field: str
    width: Annotated[int, Meta(ge=1, le=255)]
    kind: Kind = "text"
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a list that a spreadsheet cannot hold."""
        if any("," in value or '"' in value for value in self.values) or len(self.listed) > _LONGEST_LIST:
            raise ValueError(f'column {self.header!r}: a list holds 255 characters, and neither , nor " in a value')

    @property
    def listed(self) -> str:
        """The values as a spreadsheet's list has them."""
        return ",".join(self.values)


class FormCell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fixed cell, by its place (`B2`): its exact text, or the field that fills it."""

    at: Annotated[str, Meta(pattern="^[A-Z]{1,3}[1-9][0-9]{0,6}$")]
    text: str = ""
    field: str = ""
    kind: Kind = "text"
    look: Literal["title", "label", "value"] = "value"

    def __post_init__(self) -> None:
        """Refuse a cell that says nothing, or two things."""
        if bool(self.text) == bool(self.field):
            raise ValueError(f"cell {self.at}: either a text or a field")


class FormSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sheet: fixed cells or lines of text, and below `header_row` the `rows` of that name.

    `frozen` columns stay in view; the columns take so many `pages` on paper.
    """

    name: Annotated[str, Meta(pattern=r"^[^\[\]:*?/\\]{1,31}$")]
    rows: str = ""
    columns: str = ""
    header_row: Annotated[int, Meta(ge=0)] = 0
    first_column: Annotated[int, Meta(ge=1)] = 1
    frozen: Annotated[int, Meta(ge=0)] = 0
    pages: Annotated[int, Meta(ge=1)] = 1
    hidden: bool = False
    cells: tuple[FormCell, ...] = msgspec.field(name="cell", default=())
    lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse columns without a row for their headers, and rows without columns."""
        if bool(self.columns) != bool(self.header_row) or (self.rows and not self.columns):
            raise ValueError(f"sheet {self.name!r}: columns go with a header_row, and rows with both")


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A workbook: its title, what a reader must know of it, its lists of columns by name, and its sheets in order."""

    title: str
    columns: Mapping[str, tuple[FormColumn, ...]]
    sheets: tuple[FormSheet, ...] = msgspec.field(name="sheet")
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse sheets that have the same name, and columns that are not there."""
        names = [sheet.name.casefold() for sheet in self.sheets]
        if not names or self.sheets[0].hidden or len(set(names)) != len(names):
            raise ValueError("sheets: at least one, the first in view, each with a name of its own")
        for sheet in self.sheets:
            if sheet.columns and not self.columns.get(sheet.columns):
                raise ValueError(f"sheet {sheet.name!r}: there are no columns named {sheet.columns!r}")

    def columns_of(self, sheet: FormSheet) -> tuple[FormColumn, ...]:
        """The columns of a sheet, from left to right; none of one that holds only cells or lines."""
        return self.columns.get(sheet.columns, ())


def read_form(templates: Traversable, name: str) -> Form:
    """Read `<name>.toml` from a templates folder."""
    try:
        return msgspec.toml.decode(templates.joinpath(f"{name}.toml").read_bytes(), type=Form)
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"{name}.toml cannot be read: {error}", hint="compare it with the one in report_templates/"
        ) from error
