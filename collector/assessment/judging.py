"""Every check on every subject, in one pass over the apps."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from collector.assessment.catalog import POLICY, Catalog
from collector.assessment.checks import CHECKS
from collector.assessment.checks.accuracy import BASELINE_CHECKS
from collector.assessment.checks.evidence import STATUS_CHECKS, Scene
from collector.assessment.columns import Row
from collector.assessment.declared import Declared, Patterns
from collector.assessment.judgement import Judgement
from collector.assessment.lines import AGE, Sheet
from collector.assessment.patching.board import Board
from collector.assessment.patching.sight import TOPICS, Sight
from collector.assessment.period.stemcells import CURRENT, held_stemcells
from collector.assessment.remediation import remediations
from collector.assessment.risks import Accepted
from collector.assessment.rollup import Ledger
from collector.assessment.subjects import Platform, records
from collector.assessment.tally import Desk, in_scope, names_used
from collector.model import (
    AcceptedRisk,
    Control,
    Facts,
    Gap,
    Month,
    Observation,
    Part,
    PlatformFacts,
    RiskLine,
    Snapshot,
    Status,
    Subject,
    System,
)
from collector.model.base import Value


class Question(Value, frozen=True, kw_only=True):
    """What is asked of which facts."""

    facts: Facts
    snapshot: Snapshot
    catalog: Catalog
    controls: tuple[Control, ...]
    as_of: datetime
    system: System
    declared: Declared
    patterns: Patterns
    gaps: tuple[Gap, ...]
    missing: tuple[str, ...]
    below: PlatformFacts = PlatformFacts()
    earlier: tuple[Snapshot, ...] = ()
    risks: tuple[AcceptedRisk, ...] = ()
    month: Month | None = None


class Judged(Value, frozen=True, kw_only=True):
    """The verdicts of all checks, and the sheet of applications.

    `ages` counts app-restage-age, asked for or not; `seen` counts the apps, `existed` those of them that there were at
    the instant asked about. `risks` are all exceptions, with what each covers. `month` holds stemcells, too.
    """

    ledger: Ledger
    desks: Mapping[str, Desk]
    platform: Platform
    board: Board
    ages: Mapping[Status, int]
    seen: int
    existed: int
    sheet: Sheet
    risks: tuple[RiskLine, ...] = ()
    month: Month | None = None

    def observations(self) -> tuple[Observation, ...]:
        """By check, then by org, space and name."""
        return _observations(self.desks)

    def topic(self, topic: str) -> str:
        """Why a topic was not wholly read, or "", wherever it comes from."""
        return self.board.sight.topic(topic) if topic in TOPICS else self.platform.unread.topic(topic)


def judge(question: Question) -> Judged:
    """Judge every app, notice and stemcell by every check, then the evidence as a whole."""
    sight = Sight(question.below, question.snapshot.sources)
    platform = Platform(
        question.facts,
        question.gaps,
        question.declared,
        question.as_of,
        question.snapshot.finished_at,
        below=question.below,
        sight=sight,
        windows=question.catalog.windows,
        since=question.month.period.begin if question.month else None,
    )
    board = platform.board
    question = msgspec.structs.replace(question, month=_with_stemcells(question, board))
    accepted = Accepted(question.risks, question.controls, question.system.scope, question.as_of)
    desks = _desks(question, accepted)
    ledger = Ledger(question.controls, question.catalog, desks, question.system.scope)
    by_app = [desk for desk in desks.values() if desk.check.kind == "app"]
    rows = list(records(platform, question.patterns))
    for desk in by_app:
        desk.judge(rows)
    for desk in desks.values():
        if desk.check.kind == "notice":
            desk.judge(board.patches)
        elif desk.check.kind == "stemcell":
            desk.judge(board.stemcells)
    undetermined, unread = _undetermined([desks[name].verdicts for name in STATUS_CHECKS if name in desks])
    parts = _parts(question.system.scope)
    measured = "latency-measured" in desks
    restaged, unmeasured = remediations(rows) if measured and "customer" in parts else (0, [])
    provided = measured and "provider" in parts
    scene = Scene(
        facts=question.facts,
        snapshot=question.snapshot,
        declared=question.declared,
        as_of=question.as_of,
        read=platform.unread,
        windows=question.catalog.windows,
        policy=f"sha256:{question.catalog.digests[POLICY]}" if POLICY in question.catalog.digests else "",
        missing=question.missing,
        seen=len(rows),
        undetermined=undetermined,
        unread=unread,
        parts=parts,
        restaged=restaged,
        unmeasured=unmeasured,
        patches=board.patches if provided else (),
        below=sight.topic("directors") or sight.topic("notices") or sight.topic("stemcell-releases")
        if provided
        else "",
        month=question.month,
        acknowledged=question.declared.acknowledged,
        compared={name: desks[name].verdicts for name in BASELINE_CHECKS if name in desks},
        first_seen=question.below.first_seen,
    )
    subject = Subject(type="system", name=question.system.id)
    for desk in desks.values():
        if desk.check.kind == "system":
            desk.judge_scene(subject, scene)
    looked_at: list[Row] = [*rows, *board.patches, *board.stemcells] if question.risks else []
    return Judged(
        ledger=ledger,
        desks=desks,
        platform=platform,
        board=board,
        ages=desks[AGE].own.counts,
        seen=len(rows),
        existed=sum(row.app.created_at <= question.as_of for row in rows),
        sheet=Sheet(question.declared, by_app, rows),
        risks=accepted.lines(_observations(desks), looked_at, question.catalog.windows),
        month=question.month,
    )


def _with_stemcells(question: Question, board: Board) -> Month | None:
    """The month, with how production's stemcells were held in it where that is asked about."""
    month = question.month
    if month is None or CURRENT not in names_used(question.controls, question.system.scope):
        return month
    return msgspec.structs.replace(month, held={**month.held, **held_stemcells(board, month.period)})


def _observations(desks: Mapping[str, Desk]) -> tuple[Observation, ...]:
    return tuple(observation for desk in desks.values() if desk.reported for observation in desk.observations)


def _parts(scope: str) -> frozenset[Part]:
    every: tuple[Part, ...] = ("customer", "provider")
    return frozenset(part for part in every if in_scope(part, scope))


def _undetermined(columns: Sequence[Sequence[Judgement]]) -> tuple[int, int]:
    """How many apps have an unknown verdict among some, and how many of those because evidence was not read."""
    count = unread = 0
    for verdicts in zip(*columns, strict=True):
        if any(verdict.status == "unknown" for verdict in verdicts):
            count += 1
            unread += any(verdict.unread for verdict in verdicts)
    return count, unread


def _desks(question: Question, accepted: Accepted) -> dict[str, Desk]:
    used = names_used(question.controls, question.system.scope)
    names = used if AGE in used else [AGE, *used]  # the table of applications shows ages whatever is asked
    windows = question.catalog.windows
    desks = {}
    for name in names:
        window = CHECKS[name].window
        desks[name] = Desk(
            name,
            windows[window] if window else None,
            reported=name in used,
            month=question.month,
            waivers=accepted if question.risks else None,
        )
    return desks
