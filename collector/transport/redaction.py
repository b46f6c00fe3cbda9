"""What must never be printed is masked here: tokens, passwords, keys, and every secret that was ever used."""

import logging
import re
from urllib.parse import quote, quote_plus

MASK = "***"

# A shorter value is not masked by itself: it would blank ordinary words. NIST SP 800-63B asks for 8 characters or more.
_SHORTEST = 8

_known: set[str] = set()

_QUOTED = r'"(?:[^"\\]|\\.)*"?|\'(?:[^\'\\]|\\.)*\'?'
_NAMES = (
    r"password|passwd|passcode|passphrase|secret|token|assertion|credential|signature"
    r"|api[_-]?key|access[_-]?key|private[_-]?key"
)
_GAP = r"[\w-]{0,40}[\"']?\s*"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}"), MASK),
    (re.compile(r"\b(authorization[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b(bearer|basic)(\s+|%20|\+)[^\s\"',;&]+", re.IGNORECASE), rf"\1\2{MASK}"),
    # The second form is for a password with a slash in it, which is no address but is what people paste.
    (re.compile(r"(://)(?:[^/\s?#]*|[^\s/@:]*:[^\s@]*)@"), rf"\1{MASK}@"),
    (re.compile(rf"((?:{_NAMES}){_GAP}(?:=|:|%3D)\s*)(?:{_QUOTED}|[^\s&\"',;]+)", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"([?&](?:code|sig|key|auth)=)[^\s&\"']+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), MASK),
)


def remember(value: str) -> None:
    """From now on mask a secret wherever it turns up in this process.

    This is kept for the whole process on purpose: the log filter and the last line of an error do not know who logged
    in. A set's `add` is atomic, so threads may call it.
    """
    if len(value) >= _SHORTEST:
        _known.update((value, quote(value, safe=""), quote_plus(value)))


def redact(text: str, *secrets: str) -> str:
    """The text without anything that looks like a secret, or is one that was remembered or is named here."""
    for secret in sorted({*tuple(_known), *filter(None, secrets)}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    return text


def one_line(text: str, *secrets: str, limit: int = 200) -> str:
    """What somebody else wrote, fit to be shown: printable, one line, redacted, cut to `limit` characters."""
    # 20 times the limit is enough to look at, and keeps a page of megabytes from costing seconds.
    printable = "".join(char if char.isprintable() else " " for char in text[: 20 * limit])
    line = redact(" ".join(printable.split()), *secrets)
    return line if len(line) <= limit else line[: limit - 1] + "…"


class RedactionFilter(logging.Filter):
    """Redacts every record that passes, its arguments and its traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record; it is rewritten in place."""
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True
