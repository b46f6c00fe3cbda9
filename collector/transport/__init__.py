"""The only door to HTTP: where a login comes from, how a token stays fresh, and how an API is asked politely."""

from collector.transport.credentials import Secrets, cf_cli_target, find_secrets
from collector.transport.login import login
from collector.transport.redaction import RedactionFilter, one_line, redact
from collector.transport.session import Answer, RateLimit, Session
from collector.transport.tokens import Tokens
from collector.transport.urls import check_api_url, path_and_query

__all__ = [
    "Answer",
    "RateLimit",
    "RedactionFilter",
    "Secrets",
    "Session",
    "Tokens",
    "cf_cli_target",
    "check_api_url",
    "find_secrets",
    "login",
    "one_line",
    "path_and_query",
    "redact",
]
