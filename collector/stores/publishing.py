"""A finished run goes from its local folder into a store: data first, manifest last, four files at a time."""

import os
import shlex
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

from collector.errors import CollectError, IntegrityError, UsageError
from collector.evidence.store import Store
from collector.stores.files import told
from collector.stores.names import checked_prefix

LAST = ("manifest.dsse.json", "SHA256SUMS", "manifest.json")
"""Put after everything else, one after the other in this order: for readers a run without a manifest does not exist."""

WORKERS = 4


def publish(store: Store, folder: Path, prefix: str, *, workers: int = WORKERS) -> None:
    """Copy all files of a finished run below a prefix; the local files stay.

    Done again it goes on where it ended, as a file that is there with the same bytes is passed over. An error that
    trying again may mend carries the command that does so.
    """
    data, last = _sorted_out(folder)
    below = checked_prefix(prefix)
    try:
        _put_all(store, folder, below, data, workers)
        for name in last:
            store.put_file(f"{below}{name}", folder / name)
    except IntegrityError:
        raise  # trying again mends nothing
    except CollectError as error:
        resume = f"collect publish {shlex.quote(str(folder))} {shlex.quote(store.url)}"
        first = f"{error.hint}, then: " if error.hint else ""
        raise type(error)(str(error), hint=f"{first}{resume} (the local copy is kept)") from error


def _sorted_out(folder: Path) -> tuple[list[str], list[str]]:
    """The names below a run folder: data in order, then those that end a run."""
    names: list[str] = []
    with told("read", folder):
        for place, _, files in os.walk(folder, onerror=_raise):
            names += [(Path(place) / name).relative_to(folder).as_posix() for name in files]
    if "manifest.json" not in names:
        raise UsageError(f"not a finished run, it has no manifest.json: {folder}", hint="collect snapshot --resume")
    links = sorted(name for name in names if (folder / name).is_symlink())
    if links:
        raise UsageError(f"a run holds files, not links: {folder / links[0]}", hint="put the file itself there")
    return sorted(name for name in names if name not in LAST), [name for name in LAST if name in names]


def _put_all(store: Store, folder: Path, below: str, names: Sequence[str], workers: int) -> None:
    stopped = Event()

    def put(name: str) -> None:
        if stopped.is_set():
            return
        try:
            store.put_file(f"{below}{name}", folder / name)
        except BaseException:
            stopped.set()
            raise

    pool = ThreadPoolExecutor(workers, thread_name_prefix="publish")
    try:
        puts = [pool.submit(put, name) for name in names]
        wait(puts, return_when=FIRST_EXCEPTION)
    finally:
        # After an error or Ctrl-C: puts under way end, those that wait never start.
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
    _raise_worst(puts)


def _raise_worst(puts: Sequence[Future[None]]) -> None:
    errors = [error for put in puts if not put.cancelled() and (error := put.exception())]
    for error in sorted(errors, key=lambda error: not isinstance(error, IntegrityError)):
        raise error


def _raise(error: OSError) -> None:
    raise error
