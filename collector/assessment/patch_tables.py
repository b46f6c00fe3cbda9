"""The tables of patches and stemcells, worst first, their figures, and what is to be done about them."""

from collections.abc import Mapping, Sequence
from typing import Final

from collector.assessment.checks.patches import attribution
from collector.assessment.checks.stemcells import staged
from collector.assessment.judgement import RANK, Judgement, Span, worst
from collector.assessment.judging import Judged, Question
from collector.assessment.patching.applying import priorities
from collector.assessment.patching.records import LinePatch, PatchRecord, StemcellRecord
from collector.assessment.patching.stages import ENDLESS, span
from collector.assessment.rollouts import version_key
from collector.assessment.tally import Desk
from collector.assessment.words import DAY, HOUR, hours, plural
from collector.model import Action, Interval, PatchLine, StageFigures, Status, StemcellLine, Subject

LATENCY: Final = "os-patch-latency"
OWNER: Final = "platform operator"

EXACT: Final = HOUR
"""How exactly a latency must be known to stand among the figures, in seconds."""

_STAGES: Final = {
    "packaging": "stemcell-packaging",
    "staging": None,
    "deployment": "stemcell-deployment",
    "total": "os-patch",
}


class PatchSheet:
    """What is shown of each notice and each stemcell; nothing where no check of the scope asks about them."""

    def __init__(self, question: Question, judged: Judged, found: Mapping[str, str]) -> None:
        self._desks = judged.desks
        self._board = judged.board
        self._hole = found.get(LATENCY, "")
        self._limit = judged.board.limit("os-patch")
        self._windows = question.catalog.windows
        notices = [desk for desk in judged.desks.values() if desk.check.kind == "notice"]
        stemcells = [desk for desk in judged.desks.values() if desk.check.kind == "stemcell"]
        self._patches = self._notice_lines(notices)
        self._stemcells = self._stemcell_lines(stemcells)

    def patches(self) -> tuple[PatchLine, ...]:
        """Worst first: by verdict, then by how far outside, then the newest."""
        return tuple(
            sorted((line for line, _ in self._patches), key=lambda row: (RANK[row.status], -(row.over_hours or 0.0)))
        )

    def stemcells(self) -> tuple[StemcellLine, ...]:
        """Worst first, then newest first."""
        return tuple(
            sorted((line for line, _ in self._stemcells), key=lambda row: (RANK[row.status], -(row.over_hours or 0.0)))
        )

    def actions(self) -> tuple[Action, ...]:
        """One thing to do for each flagged stemcell and notice; there is no command for it."""
        every: list[tuple[PatchLine | StemcellLine, Sequence[str]]] = [*self._stemcells, *self._patches]
        return tuple(
            Action(
                owner=OWNER,
                org="",
                space="",
                subject=line.subject,
                checks=tuple(names),
                what=f"{line.detail}: {line.next_step}" if line.next_step else line.detail,
                command="",
                over_hours=line.over_hours,
                production=line.subject.environment != "staging",
                waived_by=self._waived(line.subject, names),
            )
            for line, names in sorted(every, key=lambda row: -(row[0].over_hours or 0.0))
            if names and line.next_step
        )

    def _waived(self, subject: Subject, names: Sequence[str]) -> str | None:
        """The accepted risk that covers all of a subject's flags, None where one is not covered."""
        found = [seen.waived_by for name in names for seen in self._desks[name].observations if seen.subject == subject]
        return found[0] if found and all(found) else None

    def sentence(self) -> str:
        """`OS patches: 3 of 4 in production within 4 days, 1 not known`; "" where none is asked about."""
        desk = self._desks.get(LATENCY)
        if desk is None or not desk.reported:
            return ""
        counts = desk.own.counts
        total = counts["pass"] + counts["fail"] + counts["unknown"]
        if not total:
            return "" if self._hole else "OS patches: none to judge"
        waiting = sum(
            verdict.status == "pass" and any(patch.production.open for patch in record.lines)
            for record, verdict in zip(self._board.patches, desk.verdicts, strict=True)
        )
        limit = self._limit.seconds
        window = plural(limit / DAY, "day") if limit % DAY == 0 else plural(limit / HOUR, "hour")
        words = f"OS patches: {counts['pass'] - waiting} of {total} in production within {window}"
        words += f", {waiting} not yet, and still inside" if waiting else ""
        return words + (f", {counts['unknown']} not known" if counts["unknown"] else "")

    def stages(self) -> tuple[StageFigures, ...]:
        """The figures of each latency over all patches that apply."""
        if not self._patches:
            return ()
        patches = [patch for record in self._board.patches for patch in record.lines[:1]]
        return tuple(self._figures(name, window, patches) for name, window in _STAGES.items())

    def _figures(self, name: str, window: str | None, patches: Sequence[LinePatch]) -> StageFigures:
        limit = self._board.limit(window).seconds if window else ENDLESS
        opened = sum(name in patch.open for patch in patches)
        spans = [patch.spans.get(name) for patch in patches if name not in patch.open]
        known = sorted(one[0] for one in spans if one and one[1] - one[0] <= EXACT)
        return StageFigures(
            name=name,
            window=window,
            measured=len(known),
            inside=sum(seconds <= limit for seconds in known),
            open=opened,
            unknown=len(spans) - len(known),
            p50=_quantile(known, 0.5),
            p90=_quantile(known, 0.9),
            most=hours(known[-1]) if known else None,
        )

    # ------------------------------------------------------------ lines

    def _notice_lines(self, desks: Sequence[Desk]) -> list[tuple[PatchLine, Sequence[str]]]:
        rows = self._board.patches if desks else ()
        columns = list(zip(*(desk.verdicts for desk in desks), strict=True)) if desks else []
        return [_patch_line(record, verdicts, desks) for record, verdicts in zip(rows, columns, strict=False)]

    def _stemcell_lines(self, desks: Sequence[Desk]) -> list[tuple[StemcellLine, Sequence[str]]]:
        rows = self._board.stemcells if desks else ()
        columns = list(zip(*(desk.verdicts for desk in desks), strict=True)) if desks else []
        lines = [_stemcell_line(record, verdicts, desks) for record, verdicts in zip(rows, columns, strict=False)]
        order = {id(line): version_key(record.version) or () for (line, _), record in zip(lines, rows, strict=False)}
        return sorted(lines, key=lambda row: order[id(row[0])], reverse=True)


def _patch_line(
    record: PatchRecord, verdicts: Sequence[Judgement], desks: Sequence[Desk]
) -> tuple[PatchLine, Sequence[str]]:
    status, first, flags = _standing(verdicts, desks)
    patch = record.lines[0] if record.lines else None
    fix = patch.applied.first if patch else None
    failing = patch is not None and "fail" in {row.status for row in verdicts}
    line = PatchLine(
        subject=record.subject,
        status=status,
        flags=flags,
        title=record.notice.title,
        line=patch.line if patch else "",
        fixed_in=fix.version if fix else "",
        priorities=priorities(fix, record.notice.id),
        cves=record.notice.cves,
        due=record.due,
        stages=patch.stages() if patch else {},
        hours=_least(patch.spans) if patch else {},
        open=patch.open if patch else (),
        over_hours=_over(verdicts, desks),
        held_by=attribution(record, patch) if patch and failing else "",
        detail=first.detail if first else "",
        next_step=first.next_step if first else "",
        evidence=tuple(dict.fromkeys((*record.evidence, *(first.evidence if first else ())))),
    )
    return line, flags


def _stemcell_line(
    record: StemcellRecord, verdicts: Sequence[Judgement], desks: Sequence[Desk]
) -> tuple[StemcellLine, Sequence[str]]:
    status, first, flags = _standing(verdicts, desks)
    stages: dict[str, Interval | None] = {"published": record.released, "released": record.released}
    spans: dict[str, Span] = {}
    at, as_of = record.released, record.board.as_of
    if record.production:
        behind = staged(record)
        stages |= {"staging": behind.interval, "production": record.arrived.interval}
        if at is not None:
            spans["deployment"] = span(at, record.arrived, as_of, at.not_before)
    else:
        stages |= {"staging": record.arrived.interval}
        if at is not None:
            spans["staging"] = span(at, record.arrived, as_of, at.not_before)
    line = StemcellLine(
        subject=record.subject,
        status=status,
        flags=flags,
        state=record.state,
        stages=stages,
        hours=_least(spans),
        notices=len((record.release.notices if record.release else None) or ()),
        over_hours=_over(verdicts, desks),
        detail=first.detail if first else "",
        next_step=first.next_step if first else "",
        evidence=tuple(dict.fromkeys((*record.evidence, *(first.evidence if first else ())))),
    )
    return line, flags


def _standing(verdicts: Sequence[Judgement], desks: Sequence[Desk]) -> tuple[Status, Judgement | None, tuple[str, ...]]:
    """The worst status among the checks that count, the first verdict that has it, and the checks that are failed."""
    pairs = [(desk, row) for desk, row in zip(desks, verdicts, strict=True) if desk.counts]
    status = worst(row.status for _, row in pairs)
    first = next((row for _, row in pairs if row.status == status), None)
    flags = tuple(desk.name for desk, row in pairs if row.status == "fail")
    return status, first if status != "pass" else None, flags


def _over(verdicts: Sequence[Judgement], desks: Sequence[Desk]) -> float | None:
    overs = [row.over for desk, row in zip(desks, verdicts, strict=True) if desk.counts and row.over is not None]
    return max(overs, default=None)


def _least(spans: Mapping[str, Span]) -> dict[str, float]:
    return {name: hours(one[0]) for name, one in spans.items()}


def _quantile(known: Sequence[float], share: float) -> float | None:
    """The smallest of sorted seconds that at least a share of them does not exceed, in hours."""
    if not known:
        return None
    rank = max(0, -(-len(known) * round(share * 100) // 100) - 1)
    return hours(known[rank])
