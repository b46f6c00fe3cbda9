"""Where the shipped control files and report templates are: the one place that knows."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_PACKAGE: Final = files("collector")
# In a wheel the two folders sit inside the package; in a checkout, beside it.
_HOME: Final = _PACKAGE if _PACKAGE.joinpath("controls").is_dir() else _PACKAGE.joinpath("..")

CONTROLS: Final[Traversable] = _HOME.joinpath("controls")
TEMPLATES: Final[Traversable] = _HOME.joinpath("report_templates")
