"""BOSH directors: how one logs in, which 401 is which, and that nothing is shown or sent elsewhere."""

import base64
import traceback
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest

from collector.errors import LoginError, Refused, RemoteError, UsageError
from collector.model import Identity
from collector.transport import find_bosh_secrets

SECRET = "director-s3cr3t/välue"
BASIC = "Basic " + base64.b64encode(f"evidence:{SECRET}".encode()).decode()
NOT_AUTHORIZED = (b"Not authorized: '/events'\n", "text/html;charset=utf-8")
NO_SCOPE = b'{"code":600000,"description":"Require one of the scopes: bosh.admin, bosh.5f2d.admin, bosh.read"}'
PAIR = {"COLLECT_BOSH_PRODUCTION_CLIENT": "evidence", "COLLECT_BOSH_PRODUCTION_CLIENT_SECRET": SECRET}


def targets(server) -> list[str]:
    return [asked.target for asked in server.asked]


def test_a_client_becomes_a_token(director, world, say) -> None:
    """/info without a login, then client credentials as a Basic header, then questions with the token."""
    session = world.director(director.url)
    assert session.fetch(say.ask("/events", object_type="deployment")).page == []
    info, grant, events = director.asked
    assert targets(director) == ["/info", "/oauth/token", "/events?object_type=deployment"]
    assert "authorization" not in info.headers
    assert (grant.method, grant.headers["authorization"]) == ("POST", BASIC)
    assert grant.form == {"grant_type": "client_credentials"}
    assert events.headers["authorization"].startswith("bearer eyJ")
    assert (session.source, session.api, session.requests) == ("bosh-production", director.url, 1)


def test_the_token_says_who_is_logged_in(director, world) -> None:
    """Client and scopes, for the record."""
    identity = world.bosh_login(director.url).identity
    assert identity == Identity(name="evidence", grant="client_credentials", scopes=("bosh.read",))


def test_the_path_of_the_uaa_is_kept(server, world, say, uaa_token) -> None:
    """A UAA below a path is asked there."""
    server.on("/info", say.info(type="uaa", options={"url": f"{server.url}/uaa"}))
    server.on("/uaa/oauth/token", uaa_token("first"))
    world.bosh_login(server.url)
    assert targets(server) == ["/info", "/uaa/oauth/token"]


def test_a_token_that_ends_in_mid_run_is_renewed_once(director, world, say) -> None:
    """401 with the text: one renewal by the secret, and the question is asked again; no attempt is used up."""
    director.on("/events", say.answer(401, *NOT_AUTHORIZED), say.page([1]))
    session = world.director(director.url, attempts=1)
    assert session.fetch(say.ask("/events")).page == [1]
    assert targets(director) == ["/info", "/oauth/token", "/events", "/oauth/token", "/events"]
    assert [asked.form for asked in director.asked if asked.form] == [{"grant_type": "client_credentials"}] * 2
    assert world.slept == []


def test_a_second_401_ends_the_conversation(director, world, say) -> None:
    """A new token that is refused too is a login error that names the variables."""
    director.on("/events", say.answer(401, *NOT_AUTHORIZED))
    session = world.director(director.url)
    with pytest.raises(LoginError) as caught:
        session.fetch(say.ask("/events"))
    assert str(caught.value) == "bosh-production does not accept the login: 401 Unauthorized: Not authorized: '/events'"
    assert "COLLECT_BOSH_PRODUCTION_CLIENT and COLLECT_BOSH_PRODUCTION_CLIENT_SECRET" in caught.value.hint
    assert targets(director) == ["/info", "/oauth/token", "/events", "/oauth/token", "/events"]


@pytest.mark.parametrize("media", ["text/html;charset=utf-8", "application/json", "text/plain", ""])
def test_a_missing_scope_is_no_matter_of_the_token(director, world, say, media) -> None:
    """401 with code 600000 is a refusal of this one thing, by its body: nothing is renewed, the rest is asked."""
    director.on("/stemcells", say.answer(401, NO_SCOPE, media))
    session = world.director(director.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask("/stemcells"))
    assert str(caught.value) == ("401 Unauthorized: Require one of the scopes: bosh.admin, bosh.5f2d.admin, bosh.read")
    assert (caught.value.http_status, caught.value.hint) == (401, "give the client the authority bosh.read")
    assert session.fetch(say.ask("/events")).page == []
    assert targets(director) == ["/info", "/oauth/token", "/stemcells", "/events"]


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"", b'{"code":600001,"description":"no"}'])
def test_a_401_of_another_kind_is_not_worth_a_new_token(director, world, say, body) -> None:
    """A proxy in front that wants a login of its own is told at once."""
    director.on("/events", say.answer(401, body, "text/html"))
    session = world.director(director.url)
    with pytest.raises(LoginError, match=r"^bosh-production does not accept the login: 401 Unauthorized"):
        session.fetch(say.ask("/events"))
    assert targets(director) == ["/info", "/oauth/token", "/events"]


def test_a_client_secret_that_was_changed_in_mid_run_ends_it(director, world, say, uaa_token) -> None:
    """When renewing is refused the reason is UAA's, and it is not tried again."""
    bad = say.page({"error": "invalid_client", "error_description": "Bad credentials"}, 401)
    director.on("/oauth/token", uaa_token("first"), bad)
    session = world.director(director.url)
    world.time += timedelta(seconds=600)
    for _ in range(3):
        with pytest.raises(LoginError, match=r"^the login was refused: bad credentials$") as caught:
            session.fetch(say.ask("/events"))
    assert caught.value.hint.startswith("check COLLECT_BOSH_PRODUCTION_CLIENT and ")
    assert targets(director) == ["/info", "/oauth/token", "/oauth/token"]


def test_a_token_is_renewed_before_it_ends(director, world, say) -> None:
    """A minute before its end, without waiting for a refusal."""
    session = world.director(director.url)
    world.time += timedelta(seconds=538)
    session.fetch(say.ask("/events"))
    assert targets(director).count("/oauth/token") == 1
    world.time += timedelta(seconds=1)
    session.fetch(say.ask("/events"))
    assert targets(director).count("/oauth/token") == 2


def test_a_refresh_token_is_left_alone(director, world, say, uaa_token) -> None:
    """A director refuses tokens that were refreshed: each new one is made from the secret."""
    director.on("/oauth/token", uaa_token("first"), uaa_token("second"))
    director.on("/events", say.answer(401, *NOT_AUTHORIZED), say.page([]))
    world.director(director.url).fetch(say.ask("/events"))
    assert [asked.form for asked in director.asked if asked.form] == [{"grant_type": "client_credentials"}] * 2


def local_users(handler, asked, say) -> None:
    """/info of a director without UAA: it names the user whose password was right."""
    user = "evidence" if asked.headers.get("authorization") == BASIC else None
    say.page({"uuid": "5f2d", "user": user, "user_authentication": {"type": "basic", "options": {}}})(handler)


def test_a_director_with_local_users_gets_name_and_password(server, world, say) -> None:
    """Type basic: the same pair goes along with each question, after /info has shown that it is right."""
    server.on("/info", lambda handler: local_users(handler, server.asked[-1], say))
    server.on("/events", say.page([]))
    session = world.director(server.url)
    session.fetch(say.ask("/events"))
    assert [(asked.target, asked.headers.get("authorization")) for asked in server.asked] == [
        ("/info", None),
        ("/info", BASIC),
        ("/events", BASIC),
    ]
    assert world.bosh_login(server.url).identity == Identity(name="evidence", grant="basic")


def test_a_wrong_password_of_a_local_user_is_told_at_once(server, world, say) -> None:
    """/info answers 200 then too, but names no user; nothing else is asked with that password."""
    server.on("/info", lambda handler: local_users(handler, server.asked[-1], say))
    wrong = {**PAIR, "COLLECT_BOSH_PRODUCTION_CLIENT_SECRET": "something else"}
    with pytest.raises(LoginError, match=r"^the login was refused: the director does not know this") as caught:
        world.bosh_login(server.url, wrong)
    assert caught.value.hint.startswith("check COLLECT_BOSH_PRODUCTION_CLIENT and ")
    assert targets(server) == ["/info", "/info"]


def test_a_local_user_who_is_refused_later_is_not_tried_again(server, world, say) -> None:
    """A password cannot be renewed: one refusal ends it."""
    server.on("/info", lambda handler: local_users(handler, server.asked[-1], say))
    server.on("/events", say.answer(401, *NOT_AUTHORIZED))
    session = world.director(server.url)
    with pytest.raises(LoginError, match=r"^the login was refused: "):
        session.fetch(say.ask("/events"))
    assert targets(server) == ["/info", "/info", "/events"]


@pytest.mark.parametrize(
    ("authentication", "kind"),
    [({"type": "saml"}, "saml"), ({}, "None"), ({"type": "uaa", "options": {}}, "uaa"), ({"type": "uaa"}, "uaa")],
)
def test_a_login_of_another_kind_is_named(server, world, say, authentication, kind) -> None:
    """What is not spoken is said, and no secret is sent."""
    server.on("/info", say.info(**authentication))
    with pytest.raises(
        LoginError, match=f"^the production director wants a login of kind {kind}, which is not spoken$"
    ):
        world.bosh_login(server.url)
    assert targets(server) == ["/info"]


def test_an_address_without_info_is_no_director(server, world) -> None:
    """A 404 at /info names the variable."""
    with pytest.raises(RemoteError) as caught:
        world.bosh_login(server.url)
    assert str(caught.value) == f"there is no BOSH director at {server.url}: 404 CF-NotFound"
    assert "COLLECT_BOSH_PRODUCTION_URL" in caught.value.hint


def test_a_website_in_the_place_of_a_director_is_told(server, world, say) -> None:
    """HTML at /info is a failed attempt, then an error, before any secret was sent."""
    server.on("/info", say.answer(200, b"<html>welcome</html>", "text/html"))
    with pytest.raises(RemoteError, match=r"^no login: no director in the answer after 5 attempts$"):
        world.bosh_login(server.url)


def test_a_director_that_moved_names_its_variable(server, other, world, say) -> None:
    """A redirect of /info is not followed."""
    server.on("/info", say.answer(302, Location=f"{other.url}/info"))
    with pytest.raises(RemoteError, match=r"^no login: 302 redirect to 127\.0\.0\.1, not followed$") as caught:
        world.bosh_login(server.url)
    assert caught.value.hint == "set COLLECT_BOSH_PRODUCTION_URL to the address of the director itself"
    assert other.asked == []


@pytest.mark.parametrize("href", ["http://uaa.example.gov", "ftp://127.0.0.1", "https://me:pw@uaa.example.gov", "uaa"])
def test_a_uaa_that_is_not_safe_gets_no_secret(server, world, say, href) -> None:
    """It must be https or on loopback, whatever the director says."""
    server.on("/info", say.info(type="uaa", options={"url": href}))
    with pytest.raises(LoginError, match=r"^the login server that http://127\.0\.0\.1:\d+ names cannot be used: "):
        world.bosh_login(server.url)
    assert targets(server) == ["/info"]


@pytest.mark.parametrize(
    "url", ["http://10.0.0.6:25555", "https://10.0.0.6:25555/x", "10.0.0.6", "https://a:b@10.0.0.6"]
)
def test_a_director_must_be_asked_safely(world, url) -> None:
    """https, or loopback; no path and no password in the address."""
    with pytest.raises(UsageError, match=r"^(the|an) address "):
        world.bosh_login(url)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((404, b'{"code":70000,"description":"Deployment \'nope\' doesn\'t exist"}', "text/html;charset=utf-8"),
         "404 Not Found: Deployment 'nope' doesn't exist"),
        ((404, b"Not Found: /nope", "text/plain"), "404 Not Found: /nope"),
        ((404, b"Event not found", "application/json"), "404 Not Found: Event not found"),
        ((400, b"Invalid after parameter: 'yesterday' ", "application/json"),
         "400 Bad Request: Invalid after parameter: 'yesterday'"),
        ((400, b'{"code": "x", "description": 7}', "application/json"), "400 Bad Request"),
        # Python 3.13 calls it otherwise than 3.12.
        ((416, b"\n", "text/html"), f"416 {HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE.phrase}"),
    ],
)  # fmt: skip
def test_a_no_is_read_by_its_body(director, world, say, answer, expected) -> None:
    """JSON comes as HTML and text as JSON; whatever the type says, the words are shown."""
    status, body, media = answer
    director.on("/deployments/nope", say.answer(status, body, media))
    session = world.director(director.url)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask("/deployments/nope"))
    assert (str(caught.value), caught.value.http_status) == (expected, status)


def test_a_500_without_a_body_is_tried_three_times(director, world, say) -> None:
    """As for Cloud Controller."""
    director.on("/tasks/abc", say.answer(500, b"", "text/html"))
    with pytest.raises(RemoteError, match=r"^500 after 3 attempts$"):
        world.director(director.url).fetch(say.ask("/tasks/abc"))


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 23 Nov 2026 12:01:30 GMT",
        "Mon, 23 Nov 2026 12:01:30 +0000",
        "Mon, 23 Nov 2026 12:01:30 -0000",
        "Mon, 23 Nov 2026 07:01:30 -0500",
        "Mon, 23 Nov 2026 17:31:30 +0530",
        "Mon, 23 Nov 2026 12:01:30 UTC",
    ],
)
def test_a_directors_clock_is_read_in_every_form(director, world, say, date) -> None:
    """Zones by name, as an offset from UTC or as a local one are the same moment."""
    director.on("/events", say.page([], Date=date))
    session = world.director(director.url)
    assert session.fetch(say.ask("/events")).server_date == datetime(2026, 11, 23, 12, 1, 30, tzinfo=UTC)
    assert session.clock_skew_seconds == 90.0


def test_no_error_shows_a_directors_secret(director, world, say) -> None:
    """A UAA that echoes everything it was told cannot make us print it, not even in a traceback."""

    def echo(handler) -> None:
        told = director.asked[-1]
        say.page({"error": "unauthorized", "error_description": f"{told.form} {told.headers} {SECRET}"}, 401)(handler)

    director.on("/oauth/token", echo)
    with pytest.raises(LoginError) as caught:
        world.bosh_login(director.url)
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.hint + repr(caught.value)
    assert "the login was refused: " in shown
    for secret in (SECRET, "s3cr3t", BASIC.removeprefix("Basic ")):
        assert secret not in shown


def test_no_error_shows_a_local_users_password(server, world, say) -> None:
    """A director that echoes the header cannot make us print it, encoded or not."""
    server.on("/info", lambda handler: local_users(handler, server.asked[-1], say))

    def echo(handler) -> None:
        header = server.asked[-1].headers["authorization"]
        say.answer(400, f"{header} {header.removeprefix('Basic ')} {SECRET}".encode(), "application/json")(handler)

    server.on("/events", echo)
    login = world.bosh_login(server.url)
    session = world.session(server.url, login)
    with pytest.raises(Refused, match=r"^400 Bad Request: Basic \*\*\* \*\*\* \*\*\*$"):
        session.fetch(say.ask("/events"))
    assert repr(login) == "BasicLogin('evidence')"


def test_the_variables_are_those_of_the_environment(tmp_path) -> None:
    """Capitals, with an underscore for everything else; each may lie in a file."""
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    found = find_bosh_secrets(
        "us-gov west",
        {
            "COLLECT_BOSH_US_GOV_WEST_CLIENT": "evidence",
            "COLLECT_BOSH_US_GOV_WEST_CLIENT_SECRET_FILE": str(file),
            "COLLECT_BOSH_US_GOV_WEST_URL": "https://10.0.0.6:25555\n",
            **PAIR,
        },
    )
    assert (found.prefix, found.url, found.ca_bundle) == ("COLLECT_BOSH_US_GOV_WEST", "https://10.0.0.6:25555", None)
    assert (found.client.name, found.client.reveal()) == ("evidence", "from a file")
    assert "from a file" not in repr(found)


@pytest.mark.parametrize(("given", "missing"), [("CLIENT", "CLIENT_SECRET"), ("CLIENT_SECRET", "CLIENT")])
def test_half_a_login_names_the_other_half(given, missing) -> None:
    """An empty variable is an unset one."""
    prefix = "COLLECT_BOSH_STAGING"
    with pytest.raises(UsageError) as caught:
        find_bosh_secrets("staging", {f"{prefix}_{given}": "something", f"{prefix}_{missing}": ""})
    assert str(caught.value) == f"{prefix}_{given} is set, but {prefix}_{missing} is not"
    assert caught.value.hint == f"set {prefix}_{missing} or {prefix}_{missing}_FILE"


def test_no_login_at_all_names_the_variables() -> None:
    """The login of another environment is none."""
    with pytest.raises(LoginError, match=r"^no login for the staging director$") as caught:
        find_bosh_secrets("staging", PAIR)
    for name in ("COLLECT_BOSH_STAGING_CLIENT ", "COLLECT_BOSH_STAGING_CLIENT_SECRET", "COLLECT_BOSH_STAGING_CA_CERT"):
        assert name in caught.value.hint
