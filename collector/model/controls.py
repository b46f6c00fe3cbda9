"""What is asked: windows, controls, objectives, and how checks speak for them."""

from typing import Literal

from collector.model.base import Part, Role, Value


class Window(Value, frozen=True, kw_only=True):
    """A limit in hours, inclusive, with its authority; `limit_hours` None is one that each subject carries itself."""

    name: str
    expected_hours: float | None
    limit_hours: float | None
    kind: Literal["flag", "decides", "informs", "warns"]
    authority: str
    citation: str
    attributed_to: str = ""
    binding: bool = False
    overridden: bool = False


class CheckUse(Value, frozen=True, kw_only=True):
    """How a control uses a check: its role, the objective it speaks for, and the window that decides."""

    check: str
    role: Role
    objective: str = ""
    window: str = ""
    part: Part = "customer"


class Objective(Value, frozen=True, kw_only=True):
    """A leaf of NIST SP 800-53A; `human` says how a person tests what this tool does not."""

    id: str
    text: str
    human: str
    part: Part = "customer"


class Parameter(Value, frozen=True, kw_only=True):
    """An organization-defined parameter (ODP) with the value used, its authority and date."""

    id: str
    text: str
    value: str
    authority: str
    date: str = ""


class Control(Value, frozen=True, kw_only=True):
    """A control as `controls/<id>.toml` states it; `id` as printed (CM-2(2)), `oscal_id` as NIST writes it (cm-2.2)."""

    id: str
    oscal_id: str
    title: str
    summary: str
    parts: dict[str, str]
    narrative: str
    objectives: tuple[Objective, ...]
    parameters: tuple[Parameter, ...]
    checks: tuple[CheckUse, ...]
