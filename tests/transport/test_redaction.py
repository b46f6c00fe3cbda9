"""What is masked wherever it stands."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.transport import RedactionFilter, one_line, redact
from collector.transport.redaction import remember

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJ1c2VyIjoieCJ9.c2lnbmF0dXJl"
KEY_ID = "AKIA" + "IOSFODNN7" + "EXAMPLE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: bearer abc.def", "Authorization: ***"),
        ("{'authorization': 'Basic Y2Y6'}", "{'authorization': '***'}"),
        ("sent bearer abc-def, then", "sent bearer ***, then"),
        (f"got {JWT} back", "got *** back"),
        (f"bearer%20{JWT}", "bearer%20***"),
        ("https://user:pass@host/x", "https://***@host/x"),
        ("https://token@github.com/x/y#v1", "https://***@github.com/x/y#v1"),
        ("proxy http://user:pa/ss@proxy:3128 is down", "proxy http://***@proxy:3128 is down"),
        ("password=abc&username=me", "password=***&username=me"),
        ("/x?code=abc&state=1&X-Amz-Signature=fff", "/x?code=***&state=1&X-Amz-Signature=***"),
        ('{"password": "a\\"b", "n": 1}', '{"password": ***, "n": 1}'),
        ('{"client_secret":"cut of', '{"client_secret":***'),
        ("aws_secret_access_key = abc/def+g", "aws_secret_access_key = ***"),
        ("AWS_SESSION_TOKEN=abc", "AWS_SESSION_TOKEN=***"),
        (f"key {KEY_ID} is off", "key *** is off"),
        ("-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\nend", "***\nend"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "***"),
        ("passcode%3Dabc", "passcode%3D***"),
    ],
)
def test_secrets_are_masked(text, expected) -> None:
    """Tokens, keys, user information and named values, in headers, addresses, JSON and assignments."""
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "403 CF-NotAuthorized",
        "set COLLECT_CF_USERNAME and COLLECT_CF_PASSWORD, or COLLECT_CF_CLIENT_ID",
        "the password has expired",
        "error code: 10002",
        "https://api.fr.cloud.gov/v3/apps?page=2&per_page=1000",
        "sha256:da253dcf, 39d49c21-b882-4e4e-960b-e2d5b632396a",
        "write to isso@example.gov",
    ],
)
def test_plain_words_stay(text) -> None:
    """Masking does not eat what people need to read."""
    assert redact(text) == text


_SECRETS = st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=8)


@given(before=st.text(), secret=_SECRETS, after=st.text())
def test_a_named_secret_never_comes_through(before, secret, after) -> None:
    """Whatever stands around it."""
    assert secret not in redact(before + secret + after, secret)


@given(st.text())
def test_one_line_is_one_short_printable_line(text) -> None:
    """Nothing in it moves the cursor, and it is never longer than asked."""
    line = one_line(text, limit=50)
    assert (line.isprintable(), len(line) <= 50) == (True, True)


def test_a_used_secret_is_masked_in_all_its_spellings() -> None:
    """Once a secret was used it is masked as it is, and as an address or a form would write it."""
    remember("p@ss word/1234")
    assert redact("p@ss word/1234 p%40ss%20word%2F1234 p%40ss+word%2F1234") == "*** *** ***"


def test_a_short_value_does_not_blank_words() -> None:
    """Below eight characters only the place tells that it is a secret."""
    remember("demo")
    assert redact("demo-evidence password=demo") == "demo-evidence password=***"


def test_a_long_page_costs_no_time() -> None:
    """A megabyte of word characters is cut before it is looked at."""
    assert one_line("secret" * 200_000, limit=20) == "secretsecretsecrets…"


def test_a_log_line_and_its_traceback_are_masked() -> None:
    """The filter rewrites message, arguments and exception."""
    try:
        int("token=abc")
    except ValueError as error:
        record = logging.LogRecord("x", logging.INFO, "x", 1, "got %s", ("bearer abc",), (ValueError, error, None))
    assert RedactionFilter().filter(record)
    shown = logging.Formatter().format(record)
    assert "abc" not in shown
    assert shown == "got bearer ***\nValueError: invalid literal for int() with base 10: 'token=***'"
