"""Asking the UAA for tokens, and what becomes of them."""

import base64
import json
from urllib.parse import urlencode

import pytest

from collector.sandbox import Foundation, healthy_world
from tests.sandbox.http_client import ask, fetch

CF = {"Authorization": "Basic " + base64.b64encode(b"cf:").decode()}


def token(foundation, headers=CF, **form):
    named = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return fetch(foundation.login, "/oauth/token", named, urlencode(form))


def password(foundation, name, **form):
    one = foundation.credentials[name]
    return token(foundation, grant_type="password", username=one.username, password=one.password, **form)


def claims(access_token):
    middle = access_token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def apps(foundation, access_token):
    return fetch(foundation.api, "/v3/apps", {"Authorization": f"bearer {access_token}"})


def test_the_root_says_where_the_uaa_is(demo):
    """Login and UAA are another port than the API, as they are other hosts on a real foundation."""
    links = ask(demo, "/", None).json["links"]
    assert links["login"]["href"] == links["uaa"]["href"] == demo.login
    assert demo.login != demo.api
    assert links["self"]["href"] == "https://api.sandbox.example"


def test_a_user_gets_tokens_for_a_password(demo):
    """The password grant gives an access token in the form of a JWT, and a refresh token."""
    got = password(demo, "space-auditor")
    assert got.status == 200
    assert got.json["token_type"] == "bearer"
    assert got.json["expires_in"] == 600
    assert got.json["refresh_token"]
    said = claims(got.json["access_token"])
    assert said["user_name"] == demo.credentials["space-auditor"].username
    assert said["client_id"] == "cf"
    assert said["exp"] - said["iat"] == 600
    assert "cloud_controller.read" in said["scope"]
    assert apps(demo, got.json["access_token"]).status == 200


@pytest.mark.parametrize("in_body", [True, False])
def test_a_client_gets_a_token_for_its_secret(demo, in_body):
    """Client credentials are taken from the body or from Basic; there is no refresh token."""
    one = demo.credentials["global-auditor"]
    if in_body:
        form = {"client_id": one.client_id, "client_secret": one.client_secret}
        got = token(demo, {}, grant_type="client_credentials", **form)
    else:
        pair = base64.b64encode(f"{one.client_id}:{one.client_secret}".encode()).decode()
        got = token(demo, {"Authorization": f"Basic {pair}"}, grant_type="client_credentials")
    assert got.status == 200
    assert "refresh_token" not in got.json
    said = claims(got.json["access_token"])
    assert said["scope"] == ["cloud_controller.global_auditor"]
    assert "user_name" not in said


def test_a_passcode_works_once(demo):
    """Who signs in elsewhere sends a passcode instead of a password, and needs another one next time."""
    passcode = demo.credentials["org-user"].passcode
    assert token(demo, grant_type="password", passcode=passcode).status == 200
    again = token(demo, grant_type="password", passcode=passcode)
    assert (again.status, again.json["error"]) == (401, "unauthorized")


def test_a_refresh_token_gives_a_new_access_token(demo):
    """A refresh token stands in for the password."""
    first = password(demo, "org-manager").json
    second = token(demo, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status == 200
    assert second.json["access_token"] != first["access_token"]
    assert apps(demo, second.json["access_token"]).status == 200


def test_a_wrong_password_is_refused(demo):
    """A wrong password, an unknown user and a wrong client secret are told in the same words."""
    refusal = {"error": "unauthorized", "error_description": "Bad credentials"}
    name = demo.credentials["space-auditor"].username
    for got in (
        token(demo, grant_type="password", username=name, password="wrong"),
        token(demo, grant_type="password", username="nobody", password="wrong"),
        token(demo, {}, grant_type="client_credentials", client_id="evidence-collector", client_secret="wrong"),
        token(demo, {"Authorization": "Basic ???"}, grant_type="password", username=name, password="wrong"),
        token(demo, {}, grant_type="password", username=name, password="wrong"),
    ):
        assert (got.status, got.json) == (401, refusal)


def test_an_expired_password_is_told_from_a_wrong_one(demo):
    """An expired password is 403 and asks for a new one."""
    got = password(demo, "expired-password")
    assert got.status == 403
    assert got.json == {
        "error": "access_denied",
        "error_description": "Your current password has expired. Please reset your password.",
    }


def test_other_requests_are_refused(demo):
    """A bad refresh token is 401, an unknown grant 400, another page 404, another method 405."""
    bad = token(demo, grant_type="refresh_token", refresh_token="bad")
    assert (bad.status, bad.json["error"]) == (401, "invalid_token")
    unknown = token(demo, grant_type="urn:other")
    assert (unknown.status, unknown.json["error"]) == (400, "unsupported_grant_type")
    assert fetch(demo.login, "/info").status == 404
    assert fetch(demo.login, "/oauth/token").status == 405


def test_credentials_are_made_anew_for_each_foundation(demo, fresh):
    """No two foundations share a secret."""
    mine = {name: one.secret for name, one in demo.credentials.items()}
    others = {name: one.secret for name, one in fresh.credentials.items()}
    assert set(mine) == set(others)
    assert not set(mine.values()) & set(others.values())


def test_tokens_expire_by_the_servers_clock(now):
    """After its lifetime a token is refused as invalid; a refreshed one passes."""
    clock = [now.timestamp()]
    with Foundation(healthy_world(now), clock=lambda: clock[0], token_lifetime=120) as foundation:
        got = password(foundation, "space-auditor").json
        assert got["expires_in"] == 120
        clock[0] += 119
        assert apps(foundation, got["access_token"]).status == 200
        clock[0] += 1
        refused = apps(foundation, got["access_token"])
        assert refused.status == 401
        assert refused.json["errors"][0]["code"] == 1000
        again = token(foundation, grant_type="refresh_token", refresh_token=got["refresh_token"])
        assert apps(foundation, again.json["access_token"]).status == 200
        clock[0] += 43200
        late = token(foundation, grant_type="refresh_token", refresh_token=got["refresh_token"])
        assert late.status == 401


def test_tokens_can_be_revoked(fresh):
    """One switch revokes the access tokens, another the refresh tokens too."""
    got = password(fresh, "space-auditor").json
    fresh.uaa.revoke_access_tokens()
    assert apps(fresh, got["access_token"]).status == 401
    again = token(fresh, grant_type="refresh_token", refresh_token=got["refresh_token"])
    assert again.status == 200
    fresh.uaa.revoke_all()
    assert apps(fresh, again.json["access_token"]).status == 401
    assert token(fresh, grant_type="refresh_token", refresh_token=got["refresh_token"]).status == 401


def test_a_token_that_was_never_given_out_is_refused(demo):
    """A made-up token and a refresh token used as an access token are refused alike."""
    for text in ("a.b.c", password(demo, "space-auditor").json["refresh_token"]):
        assert apps(demo, text).json["errors"][0]["code"] == 1000
