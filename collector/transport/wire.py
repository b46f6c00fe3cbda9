"""The one place that speaks HTTP: timeouts always, redirects and cookies never, and every failure by one name."""

import gzip
import ssl
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import NamedTuple

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from collector import __version__
from collector.errors import CollectError, RemoteError, UsageError
from collector.transport.patience import AttemptError
from collector.transport.redaction import one_line
from collector.transport.urls import is_loopback, origin

CA_HINT = "set REQUESTS_CA_BUNDLE to the PEM file of the authority that signed its certificate"

# JSON where there is a choice; feeds are XML, YAML and text too.
_ACCEPT = "application/json, */*;q=0.5"

# The first that is found in the chain of causes names the failure.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((requests.exceptions.ProxyError, urllib3.exceptions.ProxyError), "no connection through the proxy"),
    ((urllib3.exceptions.NameResolutionError,), "host name not found"),
    ((ConnectionRefusedError,), "connection refused"),
    ((requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError), "timeout"),
    ((urllib3.exceptions.ProtocolError, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError), "connection cut"),
)


class Reply(NamedTuple):
    """One answer, its body content-decoded; header names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Http(requests.Session):
    """A session that follows no redirect, not even to look where it would lead."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere, ever: a token must not travel to a host that an answer names."""


class Wire:
    """Keeps at most `connections` connections to a server and sends one request at a time over each; thread-safe.

    `timeout` is (connect, read) in seconds. `ca_bundle` is a path or PEM text, `ca_hint` the next step when a
    certificate is not accepted. Proxies and, without `ca_bundle`, the authorities come from the environment in
    requests' own way, but nothing goes through a proxy to loopback.
    """

    def __init__(
        self, *, connections: int, timeout: tuple[float, float], ca_bundle: str | None, ca_hint: str = CA_HINT
    ) -> None:
        self._closing = ExitStack()
        self._ca_hint = ca_hint
        self._timeout = timeout
        self._verify: str | bool = True if ca_bundle is None else self._bundle(ca_bundle)
        self._http = self._closing.enter_context(_Http())
        self._http.headers.update(
            {"User-Agent": f"cf-evidence/{__version__}", "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
        )
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, pool_block=True)
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)

    def close(self) -> None:
        """Close all connections."""
        self._closing.close()

    def get(self, url: str, authorization: str = "", condition: Mapping[str, str] | None = None) -> Reply:
        """Send a GET, under a condition where there is one (If-None-Match, If-Modified-Since).

        Raises `AttemptError` for what may pass, `RemoteError` for TLS, `UsageError` for settings.
        """
        return self._send("GET", url, partial(_authorize, authorization), headers=condition)

    def post(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> Reply:
        """Send the one POST there is, that for a token; same errors as `get`."""
        # As bytes: requests would write text in Latin-1, or not at all.
        auth = partial(_authorize, "") if basic is None else (basic[0].encode(), basic[1].encode())
        return self._send("POST", url, auth, form=form)

    def _bundle(self, ca_bundle: str) -> str:
        """The path of the authorities; those given as text get a file that lasts as long as the connections."""
        if is_pem(ca_bundle):
            folder = self._closing.enter_context(tempfile.TemporaryDirectory(prefix="cf-evidence-"))
            path = Path(folder) / "authorities.pem"
            path.write_text(ca_bundle, encoding="utf-8")
            return str(path)
        if not Path(ca_bundle).exists():
            raise UsageError(f"the certificate bundle {ca_bundle} does not exist", hint=self._ca_hint)
        return ca_bundle

    def _send(
        self,
        method: str,
        url: str,
        auth: object,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        host = origin(url).host
        try:
            with self._http.request(
                method,
                url,
                data=form,
                headers=headers,
                # Always given: without it requests takes a password from ~/.netrc and drops our header.
                auth=auth,  # type: ignore[arg-type]  # the stubs know no callable that takes a request
                proxies={"no_proxy": host} if is_loopback(host) else None,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as response:
                # Half the time of `.content`, which joins 10 KB pieces (measured: 1.8 times).
                body = response.raw.read(decode_content=False)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _fault(error, host, self._ca_hint) from error
        except OSError as error:  # requests' plain one, for a bundle that is not there
            raise UsageError(one_line(str(error)), hint=self._ca_hint) from error
        return Reply(response.status_code, response.headers, _decoded(body, response.headers))


def is_pem(text: str) -> bool:
    """Whether a text is certificates themselves, not the path of some."""
    return "-----BEGIN" in text


def _decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    # Not urllib3's decoder: it takes a gzip body without its end, and so without its checksum, for a whole one.
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip"}:
        raise AttemptError("undecodable body")
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise AttemptError("undecodable body") from error


def _authorize(header: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    if header:
        request.headers["Authorization"] = header
    return request


def _fault(error: BaseException, host: str, ca_hint: str) -> CollectError | AttemptError:
    if isinstance(error, ValueError):  # an address, a proxy or a header that cannot be
        return UsageError(f"cannot ask {host}: {one_line(str(error))}")
    chain = tuple(_chain(error))
    for link in chain:
        # A connection that ends in the handshake is a tired load balancer, not a wrong certificate.
        if isinstance(link, ssl.SSLError) and not isinstance(link, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            why = getattr(link, "verify_message", "") or link.reason or "handshake failed"
            return RemoteError(f"TLS to {host} failed: {one_line(str(why))}", hint=ca_hint)
    for kinds, reason in _REASONS:
        if any(isinstance(link, kinds) for link in chain):
            return AttemptError(reason)
    return AttemptError("no connection")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
