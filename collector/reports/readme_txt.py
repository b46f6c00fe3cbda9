"""README.txt: what each file is, and how to check it without this tool."""

from collections.abc import Iterator
from textwrap import wrap
from typing import BinaryIO, Final

from collector.model import Assessment
from collector.reports.context import Context
from collector.reports.patching import sentence
from collector.reports.text import visible

_WIDTH: Final = 78
_INDENT: Final = 28
_FILES: Final = {
    "evidence.html": "the report to read: open it in any browser, it needs no network",
    "evidence.xlsx": "the same as a workbook: one table a sheet, with columns for you to fill in",
    "summary.md": "the answer on one screen",
    "action-plan.csv": "what to do, one row per flagged subject, with its command",
    "action-plan.md": "the same per owner and space, with the commands to copy",
    "observations.csv": "every check of every subject; text that starts like a formula has a leading '",
    "assessment.json": "the same for machines, schema cf-evidence/assessment/1",
    "assessment-plan.json": "OSCAL assessment plan: what was to be tested, and how",
    "assessment-results.json": "OSCAL assessment results, for a GRC tool",
    "component-definition.json": "OSCAL component definition: parameters and checks by control, for an SSP to import",
    "poam.json": "OSCAL plan of action and milestones: what is open at the end of the month, or was closed",
    "poam-fedramp.xlsx": "plan of action in the layout of FedRAMP's form, version 2.1",
    "poam-emass.xlsx": "plan of action in the layout of the eMASS import form of 2018, experimental",
    "inventory-fedramp.xlsx": "applications and stemcells in the layout of FedRAMP's Appendix M, experimental",
    "summary.json": "what later months need of this one: figures, and what was outside",
    "inputs.json": "the digest of everything these files were made from",
    "manifest.json": "every file with its size and SHA-256",
    "SHA256SUMS": "the same digests, for sha256sum",
    "README.txt": "this file",
}
_ALWAYS: Final = ("inputs.json", "manifest.json", "SHA256SUMS", "README.txt")


def write(assessment: Assessment, out: BinaryIO, context: Context) -> None:
    """Write the text; it names the files that are there: those of the context, and those that always are."""
    out.writelines(f"{line}\n".encode() for line in _lines(assessment, context))


def _lines(assessment: Assessment, context: Context) -> Iterator[str]:
    title = visible(f"{assessment.system.name or assessment.system.id}: patch and configuration evidence")
    if assessment.system.marking:
        yield visible(assessment.system.marking)
        yield ""
    yield title
    yield "=" * min(len(title), _WIDTH)
    yield ""
    yield f"As of       {assessment.as_of:%Y-%m-%d %H:%M:%S} UTC"
    if assessment.period:
        yield f"Period      {assessment.period}"
    yield f"Foundation  {visible(assessment.foundation)}"
    yield f"Made by     {assessment.tool} {assessment.version}"
    yield ""
    yield from wrap(visible(assessment.answer), _WIDTH)
    yield from wrap(visible(sentence(assessment)), _WIDTH)
    yield ""
    yield "The files"
    yield "---------"
    for name in _names(context):
        first, *more = wrap(_FILES.get(name, "an artefact of this run"), _WIDTH - _INDENT, break_on_hyphens=False)
        yield f"{name:<{_INDENT}}{first}"
        yield from (f"{'':<{_INDENT}}{line}" for line in more)
    yield ""
    yield from _how_to_check(assessment)


def _names(context: Context) -> list[str]:
    """Give the names in the order in which one would read them; unknown ones last."""
    there = {*context.artifacts, *_ALWAYS}
    return [name for name in _FILES if name in there] + sorted(there - _FILES.keys())


def _how_to_check(assessment: Assessment) -> Iterator[str]:
    yield "How to check them without this tool"
    yield "-----------------------------------"
    yield "1. In this folder: sha256sum -c SHA256SUMS"
    yield "   (macOS: shasum -a 256 -c SHA256SUMS). Every line must say OK."
    yield "2. The evidence is what the foundation answered, as received, gzip-compressed,"
    yield "   in the raw/ folder of the snapshot: in snapshot/ beside this file, or in the"
    yield "   store. An observation cites an answer by the SHA-256 of its bytes:"
    yield "   gzip -dc FILE | sha256sum"
    yield "3. The snapshots that were used, by the SHA-256 of their manifest.json:"
    for snapshot in assessment.snapshots:
        yield f"   {visible(snapshot.id)}"
        yield f"     {snapshot.sha256}"
    if assessment.attested:
        yield "4. What an operator stated was examined, not tested (method EXAMINE). It is"
        yield "   told under attestations in assessment.json, with author and expiry."
