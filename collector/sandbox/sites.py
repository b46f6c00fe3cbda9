"""Where directors and feeds listen: one port for each director, its UAA, and the feeds."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import formatdate

from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.http import Api
from collector.sandbox.bosh.scopes import clients
from collector.sandbox.faults import Faults
from collector.sandbox.feeds.records import Feeds
from collector.sandbox.feeds.server import PLACES, FeedServer
from collector.sandbox.listen import Listener, Request, logged
from collector.sandbox.records import Identity
from collector.sandbox.uaa import Uaa
from collector.sandbox.wire import Answer, Asked


def _nothing() -> Mapping[str, str]:
    return {}


class DirectorSite:
    """A director and its UAA at ports of their own; `client` has `bosh.read`.

    With `basic` there is no UAA: a local user may do everything.
    """

    def __init__(  # noqa: PLR0913 - one parameter for each thing that it does not make itself
        self,
        name: str,
        director: Director,
        *,
        clock: Callable[[], float],
        tick: Callable[[], None],
        log: list[Request],
        lifetime: float,
        basic: bool = False,
        identities: Iterable[Identity] = (),
    ) -> None:
        self.name, self.director, self.faults = name, director, Faults()
        self._tick, self._log = tick, log
        self.uaa = Uaa(tuple(identities) or clients(director.uuid), clock, lifetime=lifetime)
        self.user, self.password = "collector", self.uaa.credentials["read"].secret
        self.api = Api(director, None if basic else self.uaa, (self.user, self.password), lambda: self.url)
        self.listeners = [Listener(self._answer, _nothing), Listener(self._answer_uaa)]
        self.url, self.uaa_url = (listener.url for listener in self.listeners)
        self.api.uaa_url = self.uaa.issuer = self.uaa_url

    def start(self) -> None:
        """Begin to answer."""
        for listener in self.listeners:
            listener.start()

    def stop(self) -> None:
        """Stop answering."""
        for listener in self.listeners:
            listener.stop()

    @property
    def client(self) -> str:
        """Return the id of the client that may read."""
        return self.uaa.credentials["read"].client_id

    @property
    def client_secret(self) -> str:
        """Return its secret."""
        return self.uaa.credentials["read"].client_secret

    def token(self, name: str = "read", lifetime: float | None = None) -> str:
        """Return an access token of one of the clients without asking the UAA over HTTP."""
        return self.uaa.issue(name, lifetime)

    def _answer(self, asked: Asked) -> Answer:
        self._tick()
        answer = self.faults.answer(asked, lambda: self.api.answer(asked))
        return logged(self._log, f"bosh-{self.name}", asked, answer)

    def _answer_uaa(self, asked: Asked) -> Answer:
        answer = self.faults.answer(asked, lambda: self.uaa.answer(asked))
        return logged(self._log, f"bosh-{self.name}-uaa", asked, answer)


class FeedSite:
    """All feeds at one port; `places` has the URL of each by the name of its setting."""

    def __init__(self, feeds: Feeds, now: Callable[[], datetime], log: list[Request]) -> None:
        self.feeds, self.faults = feeds, Faults()
        self._server, self._log = FeedServer(feeds, now), log
        listener = Listener(self._answer, lambda: {"date": formatdate(now().timestamp(), usegmt=True)})
        self.listeners = [listener]
        self.places = {name: listener.url + path for name, path in PLACES.items()}

    def _answer(self, asked: Asked) -> Answer:
        answer = self.faults.answer(asked, lambda: self._server.answer(asked))
        return logged(self._log, "feeds", asked, answer)
