"""The page is valid HTML, by a validator of other people's."""

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.model import Assessment
from collector.reports import webpage
from collector.reports.context import Context
from tests.reports.builders import example_assessment
from tests.reports.month_builders import month_assessment
from tests.reports.platform_builders import platform_assessment

VALIDATOR = shutil.which("html-validate") or ""
pytestmark = pytest.mark.skipif(
    not VALIDATOR, reason="html-validate is not on PATH: npm install --global html-validate"
)


def validated(folder: Path, page: bytes) -> tuple[int, str]:
    """What the validator's recommended rules say of a page."""
    (folder / ".htmlvalidate.json").write_text('{"root": true, "extends": ["html-validate:recommended"]}')
    (folder / "evidence.html").write_bytes(page)
    command = [VALIDATOR, "--formatter", "json", "evidence.html"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("made", [example_assessment, platform_assessment, month_assessment])
def test_the_page_is_valid(made: Callable[[], Assessment], tmp_path: Path) -> None:
    """Hostile names and all; with patches and with a month, too."""
    out = io.BytesIO()
    webpage.write(made(), out, Context())
    code, told = validated(tmp_path, out.getvalue())
    assert (code, json.loads(told or "[]")) == (0, [])


def test_the_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    """A page with one row header outside of any table is not passed over."""
    code, told = validated(
        tmp_path, b"<!DOCTYPE html>\n<html lang=en><title>x</title><body><th scope=row>x</th></html>\n"
    )
    assert code == 1
    assert "evidence.html" in told
