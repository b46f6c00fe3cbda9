"""Asking the tool about a platform that this project did not write."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.foreign.asking import Watched, places
from tests.cli.foreign.serving import Answer, Server, serving
from tests.cli.foreign.story import DAY, Story, tell
from tests.cli.running import Ran, this_second

Serve = Callable[[Answer], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Servers that stop when the test ends."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


@pytest.fixture
def about(monkeypatch) -> Callable[..., None]:
    """Set which directors and feeds to ask, and for which part of the controls."""

    def tell(
        directors: Mapping[str, str],
        feeds: Mapping[str, object],
        *,
        line: str = "ubuntu-jammy",
        scope: str = "provider",
    ) -> None:
        monkeypatch.setenv("COLLECT_SYSTEM_SCOPE", scope)
        tables = [f'[[bosh]]\nenvironment = "{name}"\nurl = "{url}"\n' for name, url in directors.items()]
        Path("collect.toml").write_text("".join(tables), encoding="utf-8")
        for name in directors:
            monkeypatch.setenv(f"COLLECT_BOSH_{name.upper()}_CLIENT", "collector")
            monkeypatch.setenv(f"COLLECT_BOSH_{name.upper()}_CLIENT_SECRET", "a-word-of-this-test")
        monkeypatch.setenv("COLLECT_FEEDS_STEMCELL_LINE", line)
        for name, place in feeds.items():
            monkeypatch.setenv(f"COLLECT_FEEDS_{name.upper()}", str(place))

    return tell


@pytest.fixture
def ask(run, healthy) -> Callable[..., Ran]:
    """Ask about a control."""

    def now(*words: object, control: str = "SI-2") -> Ran:
        ran: Ran = run("--control", control, "-f", "json", *words)
        return ran

    return now


@pytest.fixture
def story() -> Story:
    """Zero is 25 days ago; now is day 25."""
    return tell(this_second() - 25 * DAY)


@pytest.fixture
def watched(story, serve, about) -> Watched:
    """The story's servers, set as what to ask, in both lines as the directors name them."""
    servers = Watched(serve(story.production), serve(story.staging), serve(story.feeds))
    about({"production": servers.production.url, "staging": servers.staging.url}, places(servers.feeds.url), line="")
    return servers
