"""Logging in and staying logged in: every grant, every refusal, and what never leaves."""

import traceback
from datetime import timedelta

import pytest

from collector.errors import LoginError, Refused, RemoteError
from collector.model import Identity
from collector.transport.login import token_url
from collector.transport.tokens import Token

SECRET = "correct horse/battery+staple"
CLIENT = {"COLLECT_CF_CLIENT_ID": "evidence", "COLLECT_CF_CLIENT_SECRET": "client-s3cr3t-value"}


def grants(server) -> list[str]:
    return [asked.form["grant_type"] for asked in server.asked if asked.target == "/oauth/token"]


def test_a_password_becomes_a_token(foundation, world, say) -> None:
    """Discovery without a token, then the password grant as the client that every foundation has."""
    tokens = world.login(foundation.url)
    root, post = foundation.asked
    assert (root.method, root.target, "authorization" in root.headers) == ("GET", "/", False)
    assert (post.method, post.target) == ("POST", "/oauth/token")
    assert post.headers["authorization"] == "Basic Y2Y6"
    assert post.form == {"grant_type": "password", "username": "auditor", "password": SECRET}
    assert tokens.identity == Identity(name="auditor", grant="password", scopes=("cloud_controller.read", "openid"))
    session = world.session(foundation.url, tokens)
    session.fetch(say.ask())
    assert foundation.asked[-1].headers["authorization"] == tokens.header()
    assert tokens.header().startswith("bearer eyJ")


def test_a_client_secret_goes_in_the_body_and_is_used_again(foundation, world, uaa_token) -> None:
    """Client credentials have no refresh token: the next token is asked for like the first."""
    claims = {"user_name": None, "client_id": "evidence", "scope": ["cloud_controller.global_auditor"]}
    foundation.on("/oauth/token", uaa_token("first", **claims))
    tokens = world.login(foundation.url, CLIENT)
    world.time += timedelta(seconds=540)
    tokens.header()
    expected = {"grant_type": "client_credentials", "client_id": "evidence", "client_secret": "client-s3cr3t-value"}
    assert [asked.form for asked in foundation.asked[1:]] == [expected, expected]
    assert "authorization" not in foundation.asked[1].headers
    assert tokens.identity == Identity(
        name="evidence", grant="client_credentials", scopes=("cloud_controller.global_auditor",)
    )


def test_the_login_server_may_be_named_as_uaa_only(server, world, say, uaa_token) -> None:
    """Without links.login the link to uaa serves; a path in it is kept."""
    server.on("/", say.page({"links": {"login": None, "uaa": {"href": f"{server.url}/uaa/"}}}))
    server.on("/uaa/oauth/token", uaa_token("first"))
    world.login(server.url)
    assert server.asked[1].target == "/uaa/oauth/token"


def test_a_token_that_ends_in_mid_run_is_renewed_once(foundation, world, say) -> None:
    """401 with code 1000: one renewal, and the question is asked again; no attempt is used up."""
    foundation.on("/v3/apps", say.complaint(401, "CF-InvalidAuthToken", 1000), say.page({"n": 1}))
    tokens = world.login(foundation.url)
    session = world.session(foundation.url, tokens, attempts=1)
    assert session.fetch(say.ask()).page == {"n": 1}
    assert grants(foundation) == ["password", "refresh_token"]
    assert (session.requests, world.slept) == (2, [])


def test_a_second_401_ends_the_run(foundation, world, say) -> None:
    """A token that is refused right after it was renewed is not renewed for ever."""
    foundation.on("/v3/apps", say.complaint(401, "CF-InvalidAuthToken", 1000, "Invalid Auth Token"))
    session = world.session(foundation.url, world.login(foundation.url))
    with pytest.raises(LoginError) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == (
        "cloud-controller does not accept the login: 401 CF-InvalidAuthToken: Invalid Auth Token"
    )
    assert "`cf login`" in caught.value.hint
    assert grants(foundation) == ["password", "refresh_token"]


def test_a_401_of_another_kind_is_not_worth_a_new_token(foundation, world, say) -> None:
    """10002 means that no login was understood at all."""
    foundation.on("/v3/apps", say.complaint(401, "CF-NotAuthenticated", 10002))
    session = world.session(foundation.url, world.login(foundation.url))
    with pytest.raises(LoginError, match="401 CF-NotAuthenticated"):
        session.fetch(say.ask())
    assert grants(foundation) == ["password"]


def test_a_token_without_a_scope_reads_nothing(foundation, world, say) -> None:
    """403 on one resource is Refused; whoever asks decides whether that is a gap."""
    foundation.on("/v3/apps", say.complaint(403, "CF-NotAuthorized", 10003))
    session = world.session(foundation.url, world.login(foundation.url))
    with pytest.raises(Refused, match=r"^403 CF-NotAuthorized$"):
        session.fetch(say.ask())


def test_a_wrong_password_is_tried_once(foundation, world, say) -> None:
    """Bad credentials are told at once and not repeated, for some servers lock an account."""
    foundation.on("/oauth/token", say.page({"error": "unauthorized", "error_description": "Bad credentials"}, 401))
    with pytest.raises(LoginError) as caught:
        world.login(foundation.url)
    assert str(caught.value) == "the login was refused: bad credentials"
    assert caught.value.hint == "check COLLECT_CF_USERNAME and COLLECT_CF_PASSWORD"
    assert grants(foundation) == ["password"]


def test_a_password_that_ran_out_says_how_to_make_a_new_one(foundation, world, say) -> None:
    """403 access_denied after 90 days names the commands."""
    foundation.on(
        "/oauth/token",
        say.page(
            {
                "error": "access_denied",
                "error_description": "Your current password has expired. Please reset your password.",
            },
            403,
        ),
    )
    with pytest.raises(LoginError) as caught:
        world.login(foundation.url)
    assert str(caught.value) == "the password has expired"
    assert (
        "`cf delete-service-key <service> <key>; cf create-service-key <service> <key>; cf service-key <service> <key>`"
    ) in caught.value.hint


def test_an_api_elsewhere_cannot_send_a_password_to_loopback() -> None:
    """Plain http to loopback is for an API that is on loopback itself."""
    assert token_url("http://127.0.0.1:1", "http://localhost:2/") == "http://localhost:2/oauth/token"
    assert token_url("https://api.example.gov", "https://login.example.gov") == "https://login.example.gov/oauth/token"
    with pytest.raises(LoginError, match=r"^the login server http://127\.0\.0\.1 that .* is not encrypted$"):
        token_url("https://api.example.gov", "http://127.0.0.1")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_login_server_is_tried_again(foundation, world, say, uaa_token, status) -> None:
    """UAA's bad moments pass."""
    foundation.on("/oauth/token", say.answer(status), say.answer(status), uaa_token("first"))
    world.login(foundation.url)
    assert world.slept == [1.0, 2.0]


def test_a_limited_login_server_is_waited_for(foundation, world, say, uaa_token) -> None:
    """Retry-After counts for UAA too."""
    foundation.on("/oauth/token", say.answer(429, Retry_After="30"), uaa_token("first"))
    world.login(foundation.url)
    assert world.slept == [30.0]
    assert world.said[0].startswith(f"the login server of {foundation.url}: 429 rate limited; waiting 30 s")


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"<html>sign in</html>", "text/html"),
        (b'{"access_token": "eyJ', "application/json"),
        (b'{"token_type": "bearer"}', "application/json"),
        (b'{"access_token": 7}', "application/json"),
        (b'{"access_token": ""}', "application/json"),
        (b'{"access_token": "with\\nnewline"}', "application/json"),
        (b"[]", "application/json"),
    ],
)
def test_an_answer_without_a_usable_token_is_no_login(foundation, world, say, body, media) -> None:
    """HTML, half JSON and tokens that could not stand in a header are failed attempts, then a RemoteError."""
    foundation.on("/oauth/token", say.answer(200, body, media))
    with pytest.raises(RemoteError, match=r"^no login: no token in the answer after 5 attempts$"):
        world.login(foundation.url)


def test_a_login_server_that_never_recovers_is_a_remote_error(foundation, world, say) -> None:
    """After all attempts the reason stands in the error."""
    foundation.on("/oauth/token", say.answer(503, b"<html>", "text/html"))
    with pytest.raises(RemoteError, match=r"^no login: 503 after 5 attempts$"):
        world.login(foundation.url)


def test_a_login_server_that_says_nothing_times_out(foundation, world) -> None:
    """The token request has timeouts too."""
    foundation.on("/oauth/token", foundation.slow)
    with pytest.raises(RemoteError, match=r"^no login: timeout after 1 attempt$"):
        world.login(foundation.url, timeout=(0.05, 0.05), attempts=1)


def test_a_login_server_that_redirects_gets_no_second_request(foundation, other, world, say) -> None:
    """The password is not carried to where a redirect points."""
    foundation.on("/oauth/token", say.answer(307, Location=f"{other.url}/oauth/token"))
    with pytest.raises(RemoteError, match=r"^no login: 307 redirect to 127\.0\.0\.1, not followed$"):
        world.login(foundation.url)
    assert other.asked == []


@pytest.mark.parametrize(
    "root",
    [b"<html>welcome</html>", b"{}", b'{"links": []}', b'{"links": {"login": {"href": ""}}}', b'{"links": {"uaa": 1}}'],
)
def test_a_root_that_names_no_login_server_is_no_cloud_controller(server, world, say, root) -> None:
    """A website in the place of the API is told as such after retries, before any secret was sent."""
    server.on("/", say.answer(200, root, "text/html"))
    with pytest.raises(RemoteError, match=r"^no login: no login server named in the answer after 5 attempts$"):
        world.login(server.url)


def test_an_address_that_has_no_root_is_no_cloud_controller(server, world) -> None:
    """A 404 at / names the setting."""
    with pytest.raises(RemoteError) as caught:
        world.login(server.url)
    assert str(caught.value) == f"there is no Cloud Controller at {server.url}: 404 CF-NotFound"
    assert "COLLECT_CF_API" in caught.value.hint


@pytest.mark.parametrize(
    "href",
    [
        "http://login.example.gov",
        "ftp://127.0.0.1",
        "https://user:pw@login.example.gov",
        "login.example.gov",
        "http://",
    ],
)
def test_a_login_server_that_is_not_safe_gets_no_password(server, world, say, href) -> None:
    """The login server must be https or on loopback, whatever the API says."""
    server.on("/", say.page({"links": {"login": {"href": href}}}))
    with pytest.raises(LoginError, match=r"^the login server that http://127\.0\.0\.1:\d+ names cannot be used: "):
        world.login(server.url)
    assert len(server.asked) == 1


def test_a_password_from_netrc_is_not_used(foundation, world, say, tmp_path, monkeypatch) -> None:
    """requests would replace our token by what ~/.netrc says; it is not asked to."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    tokens = world.login(foundation.url)
    session = world.session(foundation.url, tokens)
    session.fetch(say.ask())
    root, _, apps = foundation.asked
    assert ("authorization" in root.headers, apps.headers["authorization"]) == (False, tokens.header())


def test_a_token_stays_with_its_api(foundation, other, world, say) -> None:
    """A redirect of the API leads a token nowhere: the other server is never asked."""
    foundation.on("/v3/apps", say.answer(302, Location=f"{other.url}/v3/apps"))
    session = world.session(foundation.url, world.login(foundation.url))
    with pytest.raises(Refused, match=r"^302 redirect"):
        session.fetch(say.ask())
    assert other.asked == []


def test_no_error_shows_a_secret(foundation, world, say) -> None:
    """A server that echoes everything it was told cannot make us print it, not even in a traceback."""

    def echo(handler) -> None:
        told = foundation.asked[-1]
        say.page({"error": "unauthorized", "error_description": f"{told.form} {told.headers}"}, 401)(handler)

    foundation.on("/oauth/token", echo)
    with pytest.raises(LoginError) as caught:
        world.login(foundation.url)
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.hint + repr(caught.value)
    assert "the login was refused: " in shown
    for secret in (SECRET, "correct+horse", "Y2Y6", "battery"):
        assert secret not in shown


def test_no_error_shows_a_token(foundation, world, say) -> None:
    """The same for Cloud Controller and the token."""

    def echo(handler) -> None:
        say.complaint(400, "CF-Bad", 1, f"{foundation.asked[-1].headers['authorization']} was sent")(handler)

    foundation.on("/v3/apps", echo)
    tokens = world.login(foundation.url)
    session = world.session(foundation.url, tokens)
    with pytest.raises(Refused) as caught:
        session.fetch(say.ask())
    assert str(caught.value) == "400 CF-Bad: bearer *** was sent"
    token = tokens.header().removeprefix("bearer ")
    for shown in (repr(tokens), repr(session), repr(tokens._token), repr(Token("abc")), repr(tokens.identity)):
        assert token not in shown
    assert repr(Token("abc")) == "Token(***)"
