"""How long a token is good for, and who renews it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from collector.errors import LoginError
from collector.model import Identity
from collector.transport import Tokens
from collector.transport.tokens import Token


def grants(server) -> list[str]:
    return [asked.form["grant_type"] for asked in server.asked if asked.target == "/oauth/token"]


@pytest.mark.parametrize("expires_in", [None, -1, 0, True, "soon", [], 1e300])
def test_a_token_of_unknown_life_is_renewed_when_it_is_refused(foundation, world, uaa_token, expires_in) -> None:
    """Without a sensible expires_in and without exp nothing is assumed."""
    foundation.on("/oauth/token", uaa_token("first", expires_in))
    tokens = world.login(foundation.url)
    world.time += timedelta(days=365)
    tokens.header()
    assert grants(foundation) == ["password"]


@pytest.mark.parametrize("exp", [None, True, "tomorrow", 1e300, float("-1e300")])
def test_an_end_that_is_none_is_not_believed(foundation, world, uaa_token, exp) -> None:
    """A strange exp in a token does no harm."""
    foundation.on("/oauth/token", uaa_token("first", None, exp=exp))
    tokens = world.login(foundation.url)
    assert tokens.header() == tokens.header()
    assert grants(foundation) == ["password"]


def test_the_end_in_the_token_counts_where_the_answer_states_none(foundation, world, uaa_token, say) -> None:
    """exp, minus a minute."""
    foundation.on("/oauth/token", uaa_token("first", None, exp=say.noon.timestamp() + 600), uaa_token("second"))
    tokens = world.login(foundation.url)
    world.time += timedelta(seconds=539)
    tokens.header()
    assert grants(foundation) == ["password"]
    world.time += timedelta(seconds=1)
    tokens.header()
    assert grants(foundation) == ["password", "refresh_token"]


def test_a_wrong_clock_does_not_hammer_the_login_server(foundation, world, uaa_token, say) -> None:
    """A token that by our clock is over at birth is used until it is refused."""
    foundation.on("/oauth/token", uaa_token("first", None, exp=say.noon.timestamp() - 3600))
    tokens = world.login(foundation.url)
    for _ in range(3):
        tokens.header()
    assert grants(foundation) == ["password"]


def test_a_short_life_is_halved(foundation, world, uaa_token) -> None:
    """A token of 30 s is renewed after 15, not before every request."""
    foundation.on("/oauth/token", uaa_token("first", "30"))
    tokens = world.login(foundation.url)
    world.time += timedelta(seconds=14)
    tokens.header()
    assert len(grants(foundation)) == 1
    world.time += timedelta(seconds=1)
    tokens.header()
    assert len(grants(foundation)) == 2


@pytest.mark.parametrize("access", ["opaque-token", "a.b.c", "a.!!!.c", "a..c", "a.W10.c"])
def test_a_token_that_is_no_jwt_will_do(foundation, world, say, access) -> None:
    """What cannot be read as a JWT is used as it is, under the name that logged in."""
    foundation.on("/oauth/token", say.page({"access_token": access}))
    tokens = world.login(foundation.url)
    assert tokens.header() == f"bearer {access}"
    assert tokens.identity == Identity(name="auditor", grant="password")


def test_odd_claims_name_nobody(foundation, world, uaa_token) -> None:
    """Names and scopes of other types are left out; a scope written as one string is split."""
    foundation.on("/oauth/token", uaa_token("x", user_name=5, client_id=["a"], cid="reader\n", scope="b a"))
    assert world.login(foundation.url).identity == Identity(name="reader", grant="password", scopes=("a", "b"))


def test_a_token_is_refreshed_a_minute_before_it_ends(foundation, world) -> None:
    """599 seconds: not renewed after 538, renewed by its refresh token after 539, then by the next one."""
    tokens = world.login(foundation.url)
    first = tokens.header()
    world.time += timedelta(seconds=538)
    assert tokens.header() == first
    world.time += timedelta(seconds=1)
    second = tokens.header()
    assert second not in {first, ""}
    assert foundation.asked[-1].form == {"grant_type": "refresh_token", "refresh_token": "first-refresh-r"}
    world.time += timedelta(seconds=539)
    tokens.header()
    assert foundation.asked[-1].form["refresh_token"] == "second-refresh-r"


def test_a_lost_refresh_token_falls_back_to_the_password(foundation, world, say, uaa_token) -> None:
    """A refresh token that was revoked costs one more request, not the run."""
    refused = say.page({"error": "invalid_token", "error_description": "The token expired"}, 401)
    foundation.on("/oauth/token", uaa_token("first"), refused, uaa_token("second"))
    tokens = world.login(foundation.url)
    world.time += timedelta(seconds=600)
    tokens.header()
    assert grants(foundation) == ["password", "refresh_token", "password"]


def test_threads_renew_once(foundation, world, say) -> None:
    """Four threads whose token is refused at the same moment share one new token."""
    barrier = threading.Barrier(4)

    def old(handler) -> None:
        barrier.wait(5)
        say.complaint(401, "CF-InvalidAuthToken", 1000)(handler)

    foundation.on("/v3/apps", old, old, old, old, say.page({"n": 1}))
    session = world.session(foundation.url, world.login(foundation.url), concurrency=4)
    with ThreadPoolExecutor(4) as pool:
        pages = [one.page for one in pool.map(session.fetch, [say.ask()] * 4)]
    assert pages == [{"n": 1}] * 4
    assert grants(foundation) == ["password", "refresh_token"]


def test_a_login_refused_in_mid_run_is_refused_for_all_threads(world) -> None:
    """When renewing fails because the password was changed, the other threads do not try it again."""
    tries = []

    def obtain(refresh: str) -> Token:
        tries.append(refresh)
        if len(tries) > 1:
            raise LoginError("the login was refused: bad credentials")
        return Token("opaque", "again")

    tokens = Tokens(obtain, name="auditor", grant="password", now=world.now)
    header = tokens.header()
    for _ in range(3):
        with pytest.raises(LoginError, match="bad credentials"):
            tokens.renew(header)
    assert tries == ["", "again"]
