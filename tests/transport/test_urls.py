"""Addresses: what may be asked, and what a link is good for."""

import pytest

from collector.errors import Malformed, UsageError
from collector.transport import check_api_url, path_and_query
from collector.transport.urls import url_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://api.fr.cloud.gov", "https://api.fr.cloud.gov"),
        ("https://API.fr.cloud.gov/\n", "https://api.fr.cloud.gov"),
        ("https://api.example.gov:8443/", "https://api.example.gov:8443"),
        ("HTTPS://api.example.gov:", "https://api.example.gov"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_is_scheme_host_and_port(text, expected) -> None:
    """A slash at the end and capitals go; nothing is added."""
    assert check_api_url(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "has no scheme"),
        ("api.fr.cloud.gov", "has no scheme"),
        ("api.fr.cloud.gov:443", "has no scheme"),
        ("ftp://api.example.gov", "is not https"),
        ("file:///etc/passwd", "is not https"),
        ("http://api.example.gov", "is not encrypted"),
        ("http://localhost.example.gov", "is not encrypted"),
        ("http://127.0.0.1.example.gov", "is not encrypted"),
        ("http://127.1", "is not encrypted"),
        ("http://10.0.0.1", "is not encrypted"),
        ("http://0.0.0.0", "is not encrypted"),
        ("https://user:sesame@api.example.gov", "must not hold a user name or password"),
        ("http://127.0.0.1@evil.example", "must not hold a user name or password"),
        ("https://api.example.gov/v3", "has a path"),
        ("https://api.example.gov?x=1", "does not belong there"),
        ("https://api.example.gov#x", "does not belong there"),
        ("https://api.example.gov\\x", "does not belong there"),
        ("https://api.exa mple.gov", "does not belong there"),
        ("https://api.exa\tmple.gov", "does not belong there"),
        ("https://", "names no host"),
        ("https://:443", "names no host"),
        ("https://api.example.gov:0", "names no host and port"),
        ("https://api.example.gov:99999", "is not well formed"),
        ("https://api.example.gov:x", "is not well formed"),
        ("https://[::1", "is not well formed"),
        ("https://bücher.example", "names no host"),
    ],
)
def test_what_is_no_safe_address_is_a_usage_error(text, expected) -> None:
    """Each with a reason, none with the password in it."""
    with pytest.raises(UsageError, match=expected) as caught:
        check_api_url(text)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("http://localhost/v3/apps?page=2&per_page=50", ("/v3/apps", {"page": "2", "per_page": "50"})),
        ("https://evil.example/v3/apps?created_ats%5Bgte%5D=2026-11-01T00%3A00%3A00Z&x=",
         ("/v3/apps", {"created_ats[gte]": "2026-11-01T00:00:00Z", "x": ""})),
        ("/v3/apps", ("/v3/apps", {})),
        ("//evil.example/v3/apps", ("/v3/apps", {})),
    ],
)  # fmt: skip
def test_a_link_is_followed_on_our_own_host(href, expected) -> None:
    """Only path and query of a link count; its host is somebody's configuration."""
    assert path_and_query(href) == expected


@pytest.mark.parametrize(
    "href", ["", "v3/apps", "mailto:x", "http://localhost", "http://[::1/v3", "/x?a", "/x?a=1&a=2"]
)
def test_a_link_that_leads_nowhere_is_malformed(href) -> None:
    """A link without a path, or with a query that cannot be repeated as it is."""
    with pytest.raises(Malformed, match=r"^the link "):
        path_and_query(href)


def test_a_batch_of_guids_fits_in_a_request_line() -> None:
    """200 guids, commas left as they are, stay below the 7,900 bytes that servers take."""
    guids = ",".join(f"{number:08x}-b882-4e4e-960b-e2d5b632396a" for number in range(200))
    url = url_of("https://api.example.gov", "/v3/droplets", {"guids": guids, "per_page": "200"})
    assert url.startswith("https://api.example.gov/v3/droplets?guids=00000000-b882-4e4e-960b-e2d5b632396a,00000001-")
    assert len(url) == 7454
