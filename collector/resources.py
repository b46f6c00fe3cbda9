"""Where the shipped control files and report templates are: the one place that knows."""

from importlib.readers import MultiplexedPath
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

_PACKAGE: Final = files("collector")
# In a wheel the two folders sit inside the package; in a checkout, beside it.
_HOME: Final = _PACKAGE if _PACKAGE.joinpath("controls").is_dir() else _PACKAGE.joinpath("..")

CONTROLS: Final[Traversable] = _HOME.joinpath("controls")
TEMPLATES: Final[Traversable] = _HOME.joinpath("report_templates")


def templates_in(folder: Path | None) -> Traversable:
    """The templates of a folder, and the shipped ones for what it does not hold."""
    return TEMPLATES if folder is None else MultiplexedPath(folder, Path(str(TEMPLATES)))
