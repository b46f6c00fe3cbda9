"""The only door to HTTP: where a login comes from, how a token stays fresh, and how a server is asked politely."""

from collector.transport.answer import Answer
from collector.transport.cache import Cache
from collector.transport.credentials import (
    BoshSecrets,
    Secrets,
    bosh_address,
    bosh_prefix,
    cf_cli_target,
    find_bosh_secrets,
    find_secrets,
)
from collector.transport.director import bosh_login
from collector.transport.local import LocalFolder
from collector.transport.login import login
from collector.transport.manners import CLOUD_CONTROLLER, Manner
from collector.transport.manners import director as director_manner
from collector.transport.manners import feed as feed_manner
from collector.transport.places import open_director, open_feed
from collector.transport.redaction import RedactionFilter, one_line, redact
from collector.transport.session import RateLimit, Session
from collector.transport.tokens import Login, Tokens
from collector.transport.urls import check_api_url, path_and_query

__all__ = [
    "CLOUD_CONTROLLER",
    "Answer",
    "BoshSecrets",
    "Cache",
    "LocalFolder",
    "Login",
    "Manner",
    "RateLimit",
    "RedactionFilter",
    "Secrets",
    "Session",
    "Tokens",
    "bosh_address",
    "bosh_login",
    "bosh_prefix",
    "cf_cli_target",
    "check_api_url",
    "director_manner",
    "feed_manner",
    "find_bosh_secrets",
    "find_secrets",
    "login",
    "one_line",
    "open_director",
    "open_feed",
    "path_and_query",
    "redact",
]
