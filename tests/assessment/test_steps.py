"""What to do: a command only where it would help, and safe to type."""

import pytest

from collector.assessment.steps import next_step
from collector.assessment.words import command
from collector.model import Build, Event
from tests.assessment.builders import FS4, PYTHON, TOPICS, ago, app, change, droplet, facts, pack, record_of

COMMAND = "cf target -o agency-a -s prod; cf restage --strategy rolling app-a1"
UNUSED = (
    "push the running commit again: a newer droplet (2026-11-19 12:00 UTC) is not in use, and a restage would deploy it"
)


def build(state, at, made=None) -> Build:
    """A build of the app a1."""
    return Build(guid="b", app="a1", state=state, created_at=at, droplet=made)


def staged(at, made) -> Event:
    """An event that a droplet of the app a1 was staged."""
    return Event(type="audit.app.build.staged", created_at=at, target="a1", data={"droplet_guid": made})


@pytest.mark.parametrize(
    ("known", "step"),
    [
        (facts([app()], [droplet()]), COMMAND),
        (facts([app()], [droplet()], builds={"a1": (build("STAGED", ago(10.1), "d-a1"),)}), COMMAND),
        (facts([app()], [droplet()], events=[staged(ago(9.9), "d-a1")]), COMMAND),
        (facts([app()], [droplet(), droplet(guid="d-new", created_at=ago(1))]), UNUSED),
        (
            facts([app()], [droplet()], builds={"a1": (build("FAILED", ago(1)),)}),
            "mend the staging that failed at 2026-11-19 12:00 UTC, then push again",
        ),
        (
            facts([app()], [droplet()], builds={"a1": (build("STAGING", ago(1)),)}),
            "a staging began at 2026-11-19 12:00 UTC: look again when it has ended",
        ),
        (
            facts([app()], [droplet()], builds={"a1": (build("STAGED", ago(1), "d-new"),)}),
            (
                "push the running commit again: what was built at 2026-11-19 12:00 UTC is not in use, "
                "and a restage would deploy it"
            ),
        ),
        (
            facts([app()], [droplet()], events=[staged(ago(1), "d-new")]),
            "push the running commit again: what was staged at 2026-11-19 12:00 UTC is not in use",
        ),
        (
            facts([app(buildpacks=("https://x/y#v1.2",))], [droplet()]),
            "change the pin of https://x/y#v1.2, then restage: a restage alone cannot update it",
        ),
        (
            facts([app()], [droplet(package=None, stack=None, buildpacks=())]),
            "push the application again: its droplet was uploaded, a restage would not rebuild it",
        ),
        (
            facts([app()], [droplet(package=None, buildpacks=(pack(version=None),))]),
            "push the application again: its droplet was copied, a restage would not rebuild it",
        ),
        (
            facts([app()], [droplet()], stacks={"cflinuxfs4": change(FS4, state="DISABLED")}),
            "choose a supported stack and push the application again",
        ),
        (
            facts([app()], [droplet()], buildpacks=(change(PYTHON, enabled=False),)),
            "choose a buildpack that the platform offers, and push the application again",
        ),
        (facts([app()], [droplet()], read=TOPICS - {"buildpacks"}), COMMAND),
        (facts([app(droplet=None)]), "push the application: it was never staged"),
        (
            facts([app()], [droplet(buildpacks=None)]),
            "build the image again from a patched base image and push it: a restage does not patch an image",
        ),
    ],
)
def test_command_only_where_it_would_help(known, step) -> None:
    """A restage builds the newest package; where that is not what runs, other words take its place."""
    assert step == next_step(record_of(known))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("my app", "'my app'"),
        ("a;rm -rf", "'a;rm -rf'"),
        ("it's", "'it'\"'\"'s'"),
        ("$(x)", "'$(x)'"),
        ("größe", "'größe'"),
    ],
)
def test_command_is_quoted(name, typed) -> None:
    """A name is one word to a shell, whatever it holds."""
    assert f"cf target -o o -s s; cf restage --strategy rolling {typed}" == command("o", "s", name)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2J", "-f", "a\u202eb", "", "\ttab"])
def test_name_that_cannot_be_typed_has_no_command(name) -> None:
    """Control characters, direction marks and leading dashes are no command."""
    assert command("o", "s", name) == ""


def test_app_that_cannot_be_typed_is_named_by_its_guid() -> None:
    """The words take the place of the command."""
    step = next_step(record_of(facts([app(name="x\ny")], [droplet()])))
    assert step == "restage the application with guid a1: its name cannot be typed safely"
