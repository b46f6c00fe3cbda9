"""`collect demo`: the whole main job on a simulated foundation, offline."""

import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collector import __version__
from collector.cli.ask import code_of, show
from collector.cli.lines import sources_in
from collector.cli.wiring import collect_live, world_of
from collector.cli.world import World, whole_second
from collector.reports import ARTIFACTS
from collector.reports.context import Context
from collector.resources import CONTROLS, TEMPLATES
from collector.run import Evidence, Question, judge, read_catalog, render
from collector.sandbox import Foundation, demo_platform, demo_world, healthy_platform, healthy_world
from collector.settings import Settings, load
from collector.sources.cloud_controller import TOPICS
from collector.transport import bosh_prefix

DIRECTORY = Path("demo-evidence")
IDENTITY = "global-auditor"
_DECLARED = {
    "system.id": "demo",
    "system.name": "Demonstration system",
    "system.scope": "both",
    "system.marking": "SAMPLE: a simulated foundation",
    "boundary.spaces": ["agency-a/*", "agency-b/*"],
    "boundary.environments": {"production": ["*/prod"], "staging": ["*/staging"]},
}


def demo(given: Mapping[str, Any]) -> int:
    """0 when every artefact was made, whatever the verdicts; the code that `collect` would return is printed."""
    outside = world_of(given)
    begun = whole_second(outside.clock.now())
    world, platform = (healthy_world, healthy_platform) if given["healthy"] else (demo_world, demo_platform)
    with Foundation(world(begun), platform(begun)) as foundation:
        variables = variables_of(foundation)
        _whole_job(given, World(variables, outside.manners, remembers=False))
        if given["serve"]:
            _serve(variables, data=sys.stdout if given["format_"] == "table" else sys.stderr)
    return 0


def variables_of(foundation: Foundation) -> dict[str, str]:
    """Everything that leads to a simulated foundation: Cloud Controller, directors and feeds."""
    credential = foundation.credentials[IDENTITY]
    variables = {
        "COLLECT_CF_API": foundation.api,
        "COLLECT_CF_CLIENT_ID": credential.client_id,
        "COLLECT_CF_CLIENT_SECRET": credential.client_secret,
    }
    for environment, director in foundation.directors.items():
        prefix = bosh_prefix(environment)
        variables |= {
            f"{prefix}_URL": director.url,
            f"{prefix}_CLIENT": director.client,
            f"{prefix}_CLIENT_SECRET": director.client_secret,
        }
    return variables | {f"COLLECT_FEEDS_{name.upper()}": url for name, url in foundation.feeds.items()}


def _whole_job(given: Mapping[str, Any], world: World) -> None:
    """Snapshot, assessment, artefacts, answer."""
    with tempfile.TemporaryDirectory(prefix="cf-evidence-") as temporary:
        settings = _settings(given, world, Path(temporary))
        sources = sources_in(settings, world.environment, ())
        snapshot = collect_live({}, settings, world, TOPICS - {"ssh"}, parent=Path(temporary), sources=sources)
        evidence = Evidence(Path(snapshot.root))
        catalog = read_catalog(settings, CONTROLS)
        assessment = judge(evidence, Question(), catalog, settings, TEMPLATES, __version__)
        directory = given["output"] or DIRECTORY
        written = render(assessment, ARTIFACTS, directory, Context(), evidence)
    show(assessment, given["format_"], world)
    world.note(f"wrote {len(written)} files into {directory}; begin with {directory}/evidence.html")
    world.say(f"on a real foundation this answer would return exit code {code_of(assessment, given)}")


def _settings(given: Mapping[str, Any], world: World, nowhere: Path) -> Settings:
    """The demonstration's own settings, and those of --config; what lies about in the folder is left alone."""
    return load(
        flags=_DECLARED if given["config"] is None else {},
        environment=world.environment,
        config=given["config"],
        here=nowhere,
        user_dir=nowhere,
    )


def _serve(variables: Mapping[str, str], data: Any) -> None:  # noqa: ANN401  a text stream
    """Wait until somebody has seen enough."""
    for name, value in variables.items():
        print(f"export {name}={value}", file=data)
    print(
        "# the foundation runs until you press Ctrl-C; in another terminal: collect --control SI-2",
        file=data,
        flush=True,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
