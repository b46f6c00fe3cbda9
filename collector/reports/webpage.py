"""The page, evidence.html: one file for people, drawn by Jinja2 as a stream, without a request to anywhere."""

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from collector.errors import UsageError
from collector.model import Action, ApplicationLine, Assessment, Observation, Status, Verdict
from collector.reports import charts, text, webpage_month, words
from collector.reports.context import Context
from collector.reports.figures import figures
from collector.reports.month_words import number
from collector.reports.patching import name_of, observed, of_platform
from collector.reports.webpage_platform import NAMES, platform_view

# Long lists that are no work list end here; what is left out is counted, and named with the file that has it.
LISTED: Final = 200
# No text of a foundation is longer on this page. Cloud Controller's own names end at 255 characters.
LONGEST: Final = 400
IN_A_ROW: Final = 160
_TWO_DAYS: Final = 48.0

_URL: Final = re.compile(r"https://[^\s<>\"']+")
_WORD: Final = re.compile(r"[^a-z0-9]+")

# The tone is the border and the colour of report.css; it never stands without a word and a glyph.
_TONES: Final[Mapping[Status | Verdict, str]] = {
    "pass": "ok",
    "satisfied": "ok",
    "fail": "bad",
    "not-satisfied": "bad",
    "unknown": "open",
    "not-assessed": "open",
    "not-applicable": "off",
    "not-tested": "off",
    "inherited": "off",
}
# What a chip says: tone, glyph, word.
_CHIPS: Final[Mapping[str, tuple[str, str, str]]] = {
    **{
        key: (_TONES[key], words.MARK[key], word.capitalize())
        for key, word in (*words.STATUS.items(), *words.VERDICT.items())
    },
    "complete": ("ok", "✓", "Complete"),
    "partial": ("open", "?", "Partial"),
    "failed": ("bad", "✗", "Failed"),
    "shipped": ("off", "–", "Shipped"),
    "overridden": ("open", "!", "Overridden"),
    "waived": ("open", "!", "Waived"),
    "active": ("off", "–", "Active"),
    "unused": ("open", "!", "Unused"),
    "expired": ("bad", "✗", "Expired"),
    "not yet valid": ("open", "!", "Not yet valid"),
    "exit-0": ("ok", "✓", "Shown to be inside every window"),
    "exit-1": ("bad", "✗", "Findings to act on"),
    "exit-3": ("open", "?", "Incomplete evidence"),
    "exit-6": ("bad", "✗", "Damaged evidence"),
}
_ORDER: Final[tuple[Status, ...]] = ("fail", "unknown", "pass", "not-applicable")


class Group(NamedTuple):
    """What one owner has to do in one space; `actions` are those that are listed, out of `total`."""

    owner: str
    org: str
    space: str
    production: bool
    total: int
    actions: list[Action]

    @property
    def platform(self) -> bool:
        """Whether it is no space, but what lies below all of them."""
        return not self.org and not self.space and of_platform(self.actions[0].subject)


class Reason(NamedTuple):
    """Why a check could not be answered, and for how many subjects."""

    check: str
    detail: str
    subjects: int


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write the page; the same assessment, templates and row limit give the same bytes."""
    templates = context.templates
    style = _embedded(templates, "report.css") + _page_style(assessment)
    if observed(assessment):
        style += _embedded(templates, "platform.css")
    if webpage_month.told(assessment):
        style += _embedded(templates, "month.css")
    script = _embedded(templates, "report.js")
    try:
        page = _environment(templates).get_template("report.html.j2")
        stream = page.stream(
            style=Markup(style),  # noqa: S704 - ours, and free of an end tag
            script=Markup(script),  # noqa: S704 - likewise
            csp=_policy(style, script),
            **_view(assessment, context),
        )
        stream.enable_buffering(64)
        stream.dump(out, "utf-8")
    except TemplateError as error:
        raise UsageError(
            f"the page cannot be drawn from its templates: {error}",
            hint="compare report.html.j2 and macros.html.j2 with those that the tool ships",
        ) from error


def visible(foreign: str, longest: int = LONGEST) -> str:
    """The text with everything unprintable shown, and cut visibly when it is too long."""
    shown = text.visible(foreign[:longest])
    return shown if len(foreign) <= longest else f"{shown}… [{len(foreign) - longest:,} more characters]"


def span(hours: float) -> str:
    """A limit in the unit in which it was set: whole days from two days on, hours below."""
    return f"{hours / 24:g} days" if hours >= _TWO_DAYS and hours % 24 == 0 else f"{hours:g} h"


def days(hours: float) -> str:
    """An age in days, as all reports print it; the least excess over a window still shows."""
    shown = words.days(hours)
    return "under 0.1" if hours > 0 and shown == "0.0" else shown


def _environment(templates: Traversable) -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: _file(templates, name)),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "span": span,
        "days": days,
        "stamp": _stamp,
        "halves": _halves,
        "day": lambda at: _utc(at).strftime("%Y-%m-%d"),
        "thousands": lambda number: f"{number:,}",
        "slug": lambda name: _WORD.sub("-", name.lower()).strip("-"),
        "link": _link,
        "command": _command,
        "visible": visible,
        "name_of": name_of,
        "hours": number,
        "query": lambda query: "&".join(f"{key}={value}" for key, value in query.items()),
    }
    environment.globals |= {"mark": _mark, **NAMES, **webpage_month.NAMES}
    return environment


def _printed(value: object) -> object:
    """Everything a template prints goes through here: strings become visible text, and None is a fault."""
    if isinstance(value, str):
        return value if isinstance(value, Markup) else visible(value, 4_000)
    if value is None:
        raise UsageError("a template printed a value that is not there", hint="test for none before printing")
    return value


def _file(templates: Traversable, name: str) -> str | None:
    found = templates.joinpath(name)
    return found.read_text("utf-8") if found.is_file() else None


def _embedded(templates: Traversable, name: str) -> str:
    """A style or script that stands inside the page, where an end tag would end it."""
    part = _file(templates, name)
    if part is None:
        raise UsageError(f"the template {name} is missing", hint="copy it from those that the tool ships")
    if "</" in part or "<!--" in part:
        raise UsageError(f"the template {name} holds markup", hint='write "<\\/" where "</" is meant')
    return part


def _policy(style: str, script: str) -> str:
    """The content security policy: nothing but these very bytes."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(part: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()


def _page_style(assessment: Assessment) -> str:
    """The margins of a printed sheet: the marking on each, and what the sheet belongs to."""
    marking = _css_string(assessment.system.marking)
    belongs = _css_string(f"{_title(assessment)} · {assessment.foundation}")
    marks = f"@top-center{{content:{marking}}}@bottom-center{{content:{marking}}}" if assessment.system.marking else ""
    return f"@page{{{marks}@bottom-left{{content:{belongs}}}}}\n"


def _css_string(content: str) -> str:
    """A CSS string in which only letters and digits stand for themselves."""
    shown = (letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}" for letter in visible(content))
    return f'"{"".join(shown)}"'


def _title(assessment: Assessment) -> str:
    system = assessment.system.name or assessment.system.id
    return f"{system}, {assessment.period or _stamp_text(assessment.as_of)}"


def _view(assessment: Assessment, context: Context) -> dict[str, Any]:
    """Everything the template names. Counting and cutting happen here; verdicts come with the assessment."""
    applications = assessment.applications
    shown = max(context.html_max_rows, 0)
    listed = Counter(line.status for line in islice(applications, shown))
    reasons = _reasons(assessment.observations)
    return {
        "it": assessment,
        "title": _title(assessment),
        "shown": shown,
        "limit": LISTED,
        "figures": figures(assessment),
        "listed": {status: listed[status] for status in _ORDER},
        "rows": _rows(applications[:shown], assessment),
        "groups": _groups(assessment.actions, shown),
        "chart": charts.age_distribution(charts.ages(assessment), assessment.windows.get("restage")),
        "reasons": reasons[:LISTED],
        "reasons_total": len(reasons),
        "gaps": [(source, gap) for source in assessment.coverage.sources for gap in source.gaps],
        "elsewhere": _elsewhere(context),
        "platform": platform_view(assessment, shown),
        "month": webpage_month.month_view(assessment, min(shown, LISTED)),
        "canvas": (charts.WIDTH, charts.HEIGHT),
    }


def _elsewhere(context: Context) -> str:
    """Where a reader finds what this page leaves out; observations.csv is made on every run."""
    files = ("evidence.xlsx", "observations.csv") if "evidence.xlsx" in context.artifacts else ("observations.csv",)
    named = [f"{name} (sha256 {digest})" if (digest := context.artifacts.get(name)) else name for name in files]
    return " and in ".join(named)


def _reasons(observations: Iterable[Observation]) -> list[Reason]:
    """Why observations are unknown, the most frequent reason first."""
    counts = Counter((seen.check, seen.detail) for seen in observations if seen.status == "unknown")
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Reason(check, detail, subjects) for (check, detail), subjects in ordered]


def _groups(actions: Sequence[Action], limit: int) -> list[Group]:
    """Actions by owner and space in the order they come, no more than `limit` of them."""
    groups: dict[tuple[str, str, str], Group] = {}
    totals = Counter((action.owner, action.org, action.space) for action in actions)
    for action in actions[:limit]:
        key = (action.owner, action.org, action.space)
        if key not in groups:
            groups[key] = Group(*key, production=action.production, total=totals[key], actions=[])
        groups[key].actions.append(action)
    return list(groups.values())


def _mark(key: str, word: str = "") -> Markup:
    """A status as a chip: word, glyph and border."""
    tone, glyph, usual = _CHIPS[key]
    return Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>').format(
        tone, glyph, word or usual
    )


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _stamp_text(at: datetime) -> str:
    return _utc(at).strftime("%Y-%m-%d %H:%M UTC")


def _stamp(at: datetime, zone: str = " UTC") -> Markup:
    """An instant for people, to the minute, and for machines, to the second."""
    return Markup('<time datetime="{}">{}{}</time>').format(
        _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ"), _utc(at).strftime("%Y-%m-%d %H:%M"), zone
    )


def _halves(at: datetime) -> Markup:
    """Likewise, where the time may stand below the day; a day or a time is never broken."""
    return Markup('<time datetime="{}"><span class="pair">{}</span> <span class="pair">{}</span></time>').format(
        _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ"), _utc(at).strftime("%Y-%m-%d"), _utc(at).strftime("%H:%M")
    )


def _link(citation: str) -> Markup | str:
    """A citation that is an address and nothing else becomes a link; nothing is fetched from it."""
    if not _URL.fullmatch(citation):
        return citation
    return Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>').format(citation)


def _command(command: str) -> str | None:
    """A command as it may be pasted, or None when this page would have to change it."""
    return command if visible(command, 2_000) == command else None


def _rows(lines: Iterable[ApplicationLine], assessment: Assessment) -> Iterator[Markup]:
    """The rows of the applications, escaped here: five times faster than the same loop in the template."""
    for line in lines:
        added = "" if assessment.month is None else webpage_month.cells(assessment, line)
        yield Markup(_row(line, added))  # noqa: S704 - each value is escaped in _row


def _row(line: ApplicationLine, added: str) -> str:
    tone, glyph, word = _CHIPS[line.status]
    subject = line.subject
    place = f"{subject.org} / {subject.space}"
    # The next step of a flagged application is in the action plan, with its command.
    why = [part for part in (line.detail, "" if line.flags else line.next_step) if part]
    built = [part for part in (_versions(line.has, line.latest), line.stack) if part]
    return (
        f'<tr data-s="{line.status}"><td data-v="{_ORDER.index(line.status)}">'
        f'<span class="chip {tone}"><span aria-hidden="true">{glyph}</span> {word}</span></td>'
        f'<th scope="row"><bdi>{_safe(subject.name)}</bdi> <small>{_safe(place)}</small></th>'
        f"{_instant(line)}{_hours(line.age_hours)}{_hours(line.over_hours)}{added}"
        f"<td>{_safe(line.buildpack or line.kind)} <small>{_safe(' · '.join(built))}</small></td>"
        f"<td><bdi>{_safe(line.owner) or '–'}</bdi></td>"
        f"<td>{'<br>'.join(map(_safe, why)) or '–'}{_flags(line.flags)}</td></tr>\n"
    )


def _safe(foreign: str) -> str:
    return html.escape(visible(foreign, IN_A_ROW))


def _instant(line: ApplicationLine) -> str:
    if line.staged_at is None:
        return f'<td class="n" data-v="">{"–" if line.status == "not-applicable" else "not known"}</td>'
    at = _utc(line.staged_at)
    return (
        f'<td class="n" data-v="{at.timestamp():.0f}"><time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%Y-%m-%d %H:%M}'
        f"</time></td>"
    )


def _hours(hours: float | None) -> str:
    if hours is None:
        return '<td class="n" data-v="">–</td>'
    return f'<td class="n" data-v="{hours:.4f}">{days(hours)}</td>'


def _versions(before: str, after: str) -> str:
    if before and after and before != after:
        return f"{before} → {after}"
    return before


def _flags(flags: Sequence[str]) -> str:
    return f" <small>{_safe(', '.join(flags))}</small>" if flags else ""
