"""What S3 and boto3 say, in one line and with a next step; server texts are left out, as they may echo anything."""

import contextlib
from collections.abc import Iterator

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from collector.errors import CollectError, RemoteError, UsageError

CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a vcap: store"
GRANT = "ask the bucket's owner for s3:PutObject, s3:GetObject and s3:ListBucket on this prefix"
LATER = "try again later"

CODES = {
    "AccessDenied": ("access is denied", GRANT),
    "AllAccessDisabled": ("access is denied", GRANT),
    "403": ("access is denied", GRANT),
    "InvalidAccessKeyId": ("the access key is not known there", "check the credentials and AWS_REGION"),
    "SignatureDoesNotMatch": ("the secret key is wrong", "check the credentials and AWS_REGION"),
    "ExpiredToken": ("the session has expired", "log in again"),
    "InvalidToken": ("the session token is not valid", "log in again, and check AWS_REGION"),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set the clock (NTP), then try again"),
    "NoSuchBucket": ("there is no such bucket", "check the bucket's name and AWS_REGION"),
    "PermanentRedirect": ("the bucket is in another region", "set AWS_REGION to the bucket's region"),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", "set AWS_REGION to the bucket's region"),
    "SlowDown": ("the server asks for fewer requests", LATER),
    "ServiceUnavailable": ("the server is not available", LATER),
    "InternalError": ("the server failed", LATER),
    "BadDigest": ("the bytes changed on the way", LATER),
    "EntityTooLarge": ("the file is larger than one put may be (5 GiB)", "leave this file out"),
    "NotImplemented": (
        "the server cannot do what evidence needs (conditional put, checksum or encryption)",
        "collect doctor tells what the store can do",
    ),
    "KMS.NotFoundException": ("the KMS key does not exist", "check kms_key"),
    "KMS.DisabledException": ("the KMS key is disabled", "check kms_key"),
}

NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.TokenRetrievalError,
    exceptions.SSOError,
    exceptions.MetadataRetrievalError,
)

SETTINGS = (
    exceptions.ProfileNotFound,
    exceptions.ConfigNotFound,
    exceptions.ConfigParseError,
    exceptions.NoRegionError,
    exceptions.InvalidRegionError,
    exceptions.InvalidConfigError,
    exceptions.ParamValidationError,
    exceptions.UnknownEndpointError,
)


@contextlib.contextmanager
def asking(where: str, doing: str) -> Iterator[None]:
    """Translate every complaint of boto3 in this block; `where` is the store's URL, `doing` completes "cannot …"."""
    try:
        yield
    except ClientError as error:
        raise _answered(where, doing, error) from error
    except BotoCoreError as error:
        raise _unanswered(where, doing, error) from error


def code_of(error: ClientError) -> str:
    """The S3 error code; for a bodiless answer to HEAD the status as a word."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _answered(where: str, doing: str, error: ClientError) -> CollectError:
    code, status = code_of(error), status_of(error)
    words, hint = CODES.get(code) or _by_status(status)
    said = " ".join(dict.fromkeys(word for word in (str(status or ""), _plain(code)) if word))
    return RemoteError(f"cannot {doing} in {where}: {words} ({said})", hint=hint)


def _by_status(status: int) -> tuple[str, str]:
    if status in {401, 403}:
        return CODES["AccessDenied"]
    if status == 501:  # noqa: PLR2004 -- HTTP's own number
        return CODES["NotImplemented"]
    return ("the server failed", LATER) if status >= 500 else ("the server refused", "collect doctor tests the store")  # noqa: PLR2004 -- likewise


def _plain(code: str) -> str:
    return code if code.isascii() and code.isprintable() and len(code) < 60 else ""  # noqa: PLR2004 -- a code is a word


def _unanswered(where: str, doing: str, error: BotoCoreError) -> CollectError:
    if isinstance(error, NO_CREDENTIALS):
        return RemoteError(f"cannot {doing} in {where}: no AWS credentials were found", hint=CREDENTIALS)
    if isinstance(error, SETTINGS):
        return UsageError(f"cannot {doing} in {where}: {_line(error)}", hint="check the AWS_* variables and files")
    if isinstance(error, exceptions.SSLError):
        return RemoteError(
            f"cannot {doing} in {where}: the server's certificate is not trusted, or TLS failed",
            hint="set AWS_CA_BUNDLE to the certificate authority's PEM file",
        )
    words = {
        exceptions.ProxyConnectionError: "the proxy did not answer",
        exceptions.ConnectTimeoutError: "the server did not answer in time",
        exceptions.ReadTimeoutError: "the server did not answer in time",
    }
    said = words.get(type(error), f"the server could not be reached ({type(error).__name__})")
    return RemoteError(f"cannot {doing} in {where}: {said}", hint="check network, proxy and AWS_ENDPOINT_URL_S3")


def _line(error: BotoCoreError) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return text[:1].lower() + text[1:]
