"""The HTTP API of a director: paths, scopes, filters, and content types that often do not say what a body is."""

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Literal
from urllib.parse import parse_qsl, unquote

from collector.sandbox.bosh import views
from collector.sandbox.bosh.director import Director
from collector.sandbox.bosh.journal import Row
from collector.sandbox.bosh.records import Deployment, Task
from collector.sandbox.bosh.scopes import Caller, admins, caller, readers
from collector.sandbox.uaa import Uaa
from collector.sandbox.wire import Answer, Asked, JsonObject

HTML = "text/html;charset=utf-8"
JSON = "application/json"
_KNOWN = ("info", "events", "deployments", "stemcells", "releases", "tasks", "locks", "configs", "orphaned_vms")
_FILTERS = ("task", "deployment", "instance", "user", "action", "object_type", "object_name")
# Without another `verbose` these kinds of tasks are not listed.
_QUIET = {"vms", "scan"}
_TOO_LONG = 64

Query = dict[str, str]


class RefusalError(Exception):
    """An answer that ends the request where it stands."""

    def __init__(self, status: int, body: str, content_type: str = HTML) -> None:
        super().__init__(body)
        self.answer = Answer(status=status, body=body.encode(), content_type=content_type)


def problem(status: int, code: int, description: str) -> RefusalError:
    """Return an error in the director's own form: JSON under text/html."""
    return RefusalError(status, views.dump({"code": code, "description": description}))


class Api:
    """Answers requests about one director; with a UAA by bearer tokens, without one to a local user."""

    def __init__(self, director: Director, uaa: Uaa | None, user: tuple[str, str], base: Callable[[], str]) -> None:
        self.director, self.uaa, self.user, self.base = director, uaa, user, base
        self.uaa_url = ""

    def answer(self, asked: Asked) -> Answer:
        """Answer one request as far as it may be answered."""
        with self.director.lock:
            try:
                made = self._answer(asked)
            except RefusalError as refused:
                made = refused.answer
        headers = {"date": self.director.now.astimezone(self.director.zone).strftime("%a, %d %b %Y %H:%M:%S %z")}
        if not asked.path.startswith("/info"):
            headers["www-authenticate"] = 'Basic realm="BOSH Director"'
        if made.content_type == "text/plain":
            headers = {}
        return replace(made, headers={**headers, **made.headers})

    def _answer(self, asked: Asked) -> Answer:
        parts = [unquote(part) for part in asked.path.split("/") if part]
        head = parts[0] if parts else ""
        if head not in _KNOWN:
            raise RefusalError(404, f"Not Found: {asked.path}", "text/plain")
        who = caller(asked.headers, self.uaa, self.user)
        if head == "info":
            return _json(views.info(self.director, who.name if who else None, self._authentication()))
        if who is None:
            raise RefusalError(401, f"Not authorized: '{asked.path}'\n")
        if len(asked.headers.get("x-bosh-context-id", "")) > _TOO_LONG:
            raise problem(400, 70010, "X-Bosh-Context-Id cannot be more than 64 characters in length")
        query = dict(parse_qsl(asked.query, keep_blank_values=True))
        made: Answer = getattr(self, f"_{head}")(who, parts[1:], query, asked)
        return made

    def _authentication(self) -> JsonObject:
        if self.uaa is None:
            return {"type": "basic", "options": {}}
        return {"type": "uaa", "options": {"url": self.uaa_url, "urls": [self.uaa_url]}}

    def _require(self, who: Caller, wanted: Collection[str]) -> None:
        if not who.scopes & set(wanted):
            raise problem(401, 600000, f"Require one of the scopes: {', '.join(wanted)}")

    def _may_list(self, who: Caller, *, level: Literal["read", "admin"] = "admin") -> None:
        """Let in who may read, and who has a scope of this level for any team."""
        if any(scope.startswith("bosh.teams.") and scope.endswith(f".{level}") for scope in who.scopes):
            return
        if level == "read" and who.teams:
            return
        self._require(who, readers(self.director.uuid))

    def _sees_all(self, who: Caller) -> bool:
        return bool(who.scopes & set(readers(self.director.uuid)))

    # -------------------------------------------------------------- events

    def _events(self, who: Caller, rest: list[str], query: Query, _: Asked) -> Answer:
        if len(rest) > 1:
            raise RefusalError(404, "Event not found")
        if rest:
            self._require(who, admins(self.director.uuid))
            row = self.director.journal.find(rest[0])
            if row is None:
                raise RefusalError(404, "Event not found", JSON)
            return _json(row)
        self._may_list(who, level="read")
        wanted = self._wanted(query)
        before = int(number[0]) if (number := re.match(r"\d+", query.get("before_id", "0"))) else 0
        return _json(self.director.journal.page(wanted, before if "before_id" in query else None))

    def _wanted(self, query: Query) -> Callable[[Row], bool]:
        equal = {key: query[key] for key in _FILTERS if key in query}
        after = _time(query, "after", self.director.zone)
        before = _time(query, "before", self.director.zone)

        def wanted(row: Row) -> bool:
            at = int(str(row["timestamp"]))
            timely = (after is None or at >= after + 1) and (before is None or at < before)
            return timely and all(row.get(key) == value for key, value in equal.items())

        return wanted

    # -------------------------------------------------------------- deployments

    def _deployments(self, who: Caller, rest: list[str], query: Query, asked: Asked) -> Answer:
        if rest:
            return self._deployment(who, rest, query, asked)
        self._may_list(who)
        excluded = {key.removeprefix("exclude_") for key, value in query.items() if value == "true"}
        known = [one for _, one in sorted(self.director.deployments.items()) if one.manifest or one.stemcells]
        seen = known if self._sees_all(who) else [one for one in known if who.admin_of(one.teams)]
        return _html([views.deployment(self.director, one, excluded) for one in seen])

    def _deployment(self, who: Caller, rest: list[str], query: Query, asked: Asked) -> Answer:
        known = self.director.deployments.get(rest[0])
        if known is None:
            raise problem(404, 70000, f"Deployment '{rest[0]}' doesn't exist")
        self._require(who, readers(self.director.uuid, known.teams))
        what = rest[1] if len(rest) > 1 else ""
        if not what:
            return _html({"manifest": known.manifest})
        if what == "certificate_expiry":
            return _html([])
        if what not in {"vms", "instances"}:
            raise RefusalError(404, f"Endpoint '{asked.path}' not found.")
        if query.get("format") == "full":
            return self._full(who, known)
        last: JsonObject = {"active": True, "permanent_nats_credentials": True}
        if what == "instances":
            last = {"expects_vm": True}
        shown = [one for one in known.instances if one.vm or what == "instances"]
        return _html([views.vm(one, last=last) for one in shown])

    def _full(self, who: Caller, known: Deployment) -> Answer:
        task = self.director.task("vms", "retrieve vm-stats", who.name, known.name)
        return Answer(status=302, content_type=HTML, headers={"location": f"{self.base()}/tasks/{task.id}"})

    # -------------------------------------------------------------- lists

    def _stemcells(self, who: Caller, rest: list[str], _query: Query, asked: Asked) -> Answer:
        self._no_more(rest, asked)
        self._may_list(who)
        # By name only: within a name the order is the database's own.
        rows = sorted(self.director.stemcells, key=lambda one: (one.name, one.cid))
        return _html([views.stemcell(self.director, one) for one in rows])

    def _releases(self, who: Caller, rest: list[str], _query: Query, _asked: Asked) -> Answer:
        self._may_list(who)
        if not rest:
            return _html(views.releases(self.director))
        if rest[0] not in self.director.releases:
            raise problem(404, 30005, f"Release '{rest[0]}' doesn't exist")
        return _json(views.release(self.director, rest[0]))

    def _locks(self, who: Caller, rest: list[str], _query: Query, asked: Asked) -> Answer:
        self._no_more(rest, asked)
        self._require(who, readers(self.director.uuid))
        return _json([views.lock(one.deployment, one.until, one.task.id) for one in self.director.locks])

    def _configs(self, who: Caller, rest: list[str], query: Query, _: Asked) -> Answer:
        self._may_list(who, level="read")
        known = self.director.configs if self._sees_all(who) else []
        if rest:
            found = [one for one in known if one["id"] == rest[0]]
            if not found:
                raise problem(404, 440010, f"Config {rest[0]} not found")
            return _html(found[0])
        return _html([one for one in known if query.get("type", one["type"]) == one["type"]])

    def _orphaned_vms(self, who: Caller, _rest: list[str], _query: Query, _asked: Asked) -> Answer:
        self._require(who, admins(self.director.uuid))
        return _json([])

    def _no_more(self, rest: list[str], asked: Asked) -> None:
        if rest:
            raise RefusalError(404, f"Endpoint '{asked.path}' not found.")

    # -------------------------------------------------------------- tasks

    def _tasks(self, who: Caller, rest: list[str], query: Query, asked: Asked) -> Answer:
        if not rest:
            self._may_list(who)
            return _json([views.task(one) for one in self._listed(who, query)])
        if not re.fullmatch(r"\d+", rest[0]):
            raise RefusalError(500, "")
        task = self.director.tasks.get(int(rest[0]))
        if task is None:
            raise problem(404, 10000, f"Task {rest[0]} not found")
        if len(rest) > 1:
            return self._output(who, task, query, asked)
        if not who.admin_of(task.teams):
            self._require(who, readers(self.director.uuid))
        shown = views.task(task)
        self._polled(task)
        return _json(shown)

    def _polled(self, task: Task) -> None:
        """Bring a task that reads VMs one state on; when it is done, its output is there."""
        if task.kind != "vms" or task.over:
            return
        task.polls += 1
        if task.state == "queued":
            task.state, task.started_at = "processing", self.director.now
        if task.polls >= self.director.vms_polls:
            known = self.director.deployments.get(task.deployment or "")
            lines = [views.full(one) for one in (known.instances if known else ()) if one.vm]
            task.output = "".join(f"{line}\n" for line in lines) + "\n"
            task.state, task.ended_at, task.result = "done", self.director.now, ""

    def _listed(self, who: Caller, query: Query) -> list[Task]:
        tasks = sorted(self.director.tasks.values(), key=_newest)
        if not self._sees_all(who):
            tasks = [one for one in tasks if who.admin_of(one.teams)]
        if query.get("verbose", "1") == "1":
            tasks = [one for one in tasks if one.kind not in _QUIET]
        if "state" in query:
            tasks = [one for one in tasks if one.state in query["state"].split(",")]
        if "deployment" in query:
            tasks = [one for one in tasks if one.deployment == query["deployment"]]
        limit = query.get("limit", "")
        return tasks[: max(1, int(limit))] if limit.isdigit() else tasks

    def _output(self, who: Caller, task: Task, query: Query, asked: Asked) -> Answer:
        kind = query.get("type", "debug")
        if kind == "none":
            return Answer(status=204, content_type="")
        if kind in {"debug", "cpi"}:
            self._require(who, admins(self.director.uuid))
        elif kind not in {"event", "result"}:
            raise problem(401, 600000, f"Unknown type {kind}")
        else:
            self._require(who, readers(self.director.uuid, task.teams))
        return _ranged(task.output.encode() if kind == "result" else b"", asked)


def _newest(task: Task) -> tuple[int, float, int]:
    shown = views.task(task)["timestamp"]
    return (shown is not None, -float(str(shown or 0)), -task.id)


def _ranged(body: bytes, asked: Asked) -> Answer:
    asked_for = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("range", ""))
    if not asked_for or not body:
        return Answer(body=body, content_type=HTML)
    first, last = int(asked_for[1]), min(int(asked_for[2] or len(body)), len(body) - 1)
    if first > last:
        wrong = {"content-range": f"bytes */{len(body)}"}
        return Answer(status=416, body=b"Byte range unsatisfiable", content_type=HTML, headers=wrong)
    span = {"content-range": f"bytes {first}-{last}/{len(body)}"}
    return Answer(status=206, body=body[first : last + 1], content_type=HTML, headers=span)


def _time(query: Query, name: str, zone: tzinfo) -> float | None:
    """Read a time as the director does: whole epoch seconds, or a text that without a zone is in its own."""
    text = query.get(f"{name}_time")
    if text is None:
        return None
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    # An unencoded plus has become a space, and what follows it is lost.
    kept = re.sub(r" \d\d:?\d\d$", "", text)
    try:
        at = datetime.fromisoformat(kept)
    except ValueError as error:
        raise RefusalError(400, f"Invalid {name} parameter: '{text}' ", JSON) from error
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()


def _json(value: object) -> Answer:
    return Answer(body=views.dump(value).encode(), content_type=JSON)


def _html(value: object) -> Answer:
    return Answer(body=views.dump(value).encode(), content_type=HTML)
