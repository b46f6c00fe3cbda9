"""A director's own authority: as a path or as text, for the director and for its UAA."""

import re
from pathlib import Path

import pytest

from collector.errors import RemoteError, UsageError
from collector.transport import find_bosh_secrets
from collector.transport.wire import Wire

NAME = "COLLECT_BOSH_PRODUCTION_CA_CERT"
PAIR = {"COLLECT_BOSH_PRODUCTION_CLIENT": "evidence", "COLLECT_BOSH_PRODUCTION_CLIENT_SECRET": "s3cr3t-value"}


@pytest.fixture
def tls_director(tls_server, say, uaa_token):
    """A director and its UAA on TLS, and the path of their certificate."""
    server, certificate = tls_server
    server.on("/info", say.info(type="uaa", options={"url": server.url}))
    server.on("/oauth/token", uaa_token("first"))
    server.on("/events", say.page([1]))
    return server, certificate


@pytest.mark.parametrize("form", ["path", "text", "file", "text with words"])
def test_an_own_authority_is_trusted(tls_director, world, say, form) -> None:
    """For all three: /info, the token and the questions."""
    server, certificate = tls_director
    text = Path(certificate).read_text()
    given = {"path": certificate, "text": text, "file": certificate, "text with words": f"# Zürich\n{text}"}[form]
    variable = f"{NAME}_FILE" if form == "file" else NAME
    session = world.director(server.url, {**PAIR, variable: given})
    assert session.fetch(say.ask("/events")).page == [1]
    assert [asked.target for asked in server.asked] == ["/info", "/oauth/token", "/events"]


def test_without_it_nothing_is_sent(tls_director, world) -> None:
    """A TLS failure is told at once, with the variable that names an authority."""
    server, _ = tls_director
    with pytest.raises(RemoteError, match=r"^TLS to 127\.0\.0\.1 failed: ") as caught:
        world.director(server.url, PAIR)
    assert NAME in caught.value.hint
    assert (server.asked, world.slept) == ([], [])


def test_an_own_authority_is_the_only_one(tls_director, another_authority, world, monkeypatch) -> None:
    """With it, the authorities of the environment do not count: another one's certificate is not accepted."""
    server, certificate = tls_director
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    with pytest.raises(RemoteError, match=r"^TLS to 127\.0\.0\.1 failed: "):
        world.director(server.url, {**PAIR, NAME: another_authority})


def test_text_lies_in_a_file_for_as_long_as_it_is_needed(tls_server) -> None:
    """And is gone with the connections."""
    text = Path(tls_server[1]).read_text()
    wire = Wire(connections=1, timeout=(1.0, 1.0), ca_bundle=text)
    path = Path(str(wire._verify))
    assert path.read_text() == text
    wire.close()
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("nowhere/ca.pem", "no such file or directory"),
        ("MIIBqzCCAVGgAwIBAgIU" * 200, "file name too long"),
        ("a\0b", "no certificate"),
        (__file__, "no certificate"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "no certificate"),
        ("-----BEGIN PRIVATE KEY-----\nc2VzYW1l\n-----END PRIVATE KEY-----", "no certificate"),
        ("-----BEGIN CERTIFICATE-----\nü\n-----END CERTIFICATE-----", "no certificate"),
    ],
)
def test_an_authority_that_is_none_names_its_variable(value, why) -> None:
    """And does not repeat what was given, which may be a key."""
    with pytest.raises(UsageError) as caught:
        find_bosh_secrets("production", {**PAIR, NAME: value})
    assert str(caught.value) == f"{NAME} is neither PEM text nor the path of a PEM file: {why}"


def test_a_folder_of_authorities_is_a_path_too(tmp_path) -> None:
    """As requests takes it."""
    assert find_bosh_secrets("production", {**PAIR, NAME: str(tmp_path)}).ca_bundle == str(tmp_path)


def test_lines_that_a_setting_joined_are_not_guessed(tls_server) -> None:
    """PEM text whose line feeds are gone holds no certificate."""
    joined = re.sub(r"\n", " ", Path(tls_server[1]).read_text())
    with pytest.raises(UsageError, match="no certificate"):
        find_bosh_secrets("production", {**PAIR, NAME: joined})
