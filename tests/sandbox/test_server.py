"""The foundation as a server: keep-alive, compression, its log and its count of requests in flight."""

import ast
import gzip
import http.client
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import collector.sandbox
from collector.sandbox import Foundation, crowded_world, healthy_world
from tests.sandbox.http_client import ask, fetch


def test_one_connection_serves_many_requests(fresh):
    """Connections are kept alive, and every answer has a request id of its own."""
    connection = http.client.HTTPConnection(fresh.api.removeprefix("http://"), timeout=5)
    ids, socks = set(), set()
    for _ in range(3):
        connection.request("GET", "/v3")
        socks.add(connection.sock)
        response = connection.getresponse()
        response.read()
        ids.add(response.headers["x-vcap-request-id"])
    connection.close()
    assert (len(ids), len(socks)) == (3, 1)


def test_the_log_has_every_request_in_order(fresh):
    """The log says which server was asked for what, how it answered, and whether a token came along."""
    ask(fresh, "/", None)
    ask(fresh, "/v3/apps?per_page=1")
    fetch(fresh.login, "/oauth/token", {}, "grant_type=x")
    assert [tuple(asked) for asked in fresh.requests] == [
        ("api", "GET", "/", "", 200, False),
        ("api", "GET", "/v3/apps", "per_page=1", 200, True),
        ("uaa", "POST", "/oauth/token", "", 400, False),
    ]


def test_requests_in_flight_are_counted(now):
    """The peak says how many requests a client had open at once."""
    with Foundation(healthy_world(now), latency=0.05) as foundation, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(foundation, "/v3/apps").status, range(8)))
        assert answers == [200] * 8
        assert foundation.in_flight_peak == 4


def test_bodies_are_compressed_for_those_who_ask(now):
    """With the option a client that accepts gzip gets it, and the same body."""
    with Foundation(crowded_world(now, 50), gzip=True) as foundation:
        plain = ask(foundation, "/v3/apps")
        connection = http.client.HTTPConnection(foundation.api.removeprefix("http://"), timeout=5)
        token = foundation.token("global-auditor")
        connection.request("GET", "/v3/apps", headers={"Authorization": f"bearer {token}", "Accept-Encoding": "gzip"})
        response = connection.getresponse()
        packed = response.read()
        connection.close()
    assert "content-encoding" not in plain.headers
    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed).decode() == plain.body


def test_links_name_another_host(demo):
    """Hrefs carry the external domain, never the address that was asked."""
    assert "127.0.0.1" not in ask(demo, "/v3/apps?per_page=10").body
    assert ask(demo, "/v3/apps").pagination["first"]["href"].startswith("https://api.sandbox.example/v3/apps?")


def test_links_can_be_followed_as_they_are_where_that_is_wanted(now):
    """With the loopback address as its domain, a foundation serves clients that follow links blindly."""
    with Foundation(healthy_world(now), domain=None) as foundation:
        following = ask(foundation, "/v3/apps?per_page=3").pagination["next"]["href"]
        assert following.startswith(foundation.api)
        assert len(ask(foundation, following.removeprefix(foundation.api)).resources) == 3


def test_the_sandbox_imports_the_standard_library_only():
    """What shares no code with the tool cannot share a mistake with it."""
    folder = Path(collector.sandbox.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            found = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            for name in found:
                assert name.startswith("collector.sandbox") or name.split(".")[0] in sys.stdlib_module_names
