"""Pictures of the sample reports for the documentation: the page in a browser, the workbook on paper."""

import shutil
import subprocess
import tempfile
from pathlib import Path

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTH, HEIGHT = 1280, 1500
DOTS = 70
"""Of the workbook, an inch."""


def draw(reports: Path) -> list[str]:
    """Draw what the programs on this machine can: a browser, LibreOffice with pdftoppm; gives the names."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    drawn = []
    if CHROMIUM:
        drawn += _page(reports / "evidence.html", CHROMIUM)
    if shutil.which("soffice") and shutil.which("pdftoppm"):
        drawn.append(_workbook(reports / "evidence.xlsx"))
    return drawn


def _page(file: Path, chromium: str) -> list[str]:
    """Its beginning, in both colour schemes."""
    from playwright.sync_api import ViewportSize, sync_playwright  # noqa: PLC0415  only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            size = ViewportSize(width=WIDTH, height=HEIGHT)
            page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
            page.goto(file.resolve().as_uri())
            page.screenshot(path=str(PICTURES / f"page-{scheme}.png"))
        browser.close()
    return ["page-light.png", "page-dark.png"]


def _workbook(file: Path) -> str:
    """Its first sheet, as LibreOffice prints it."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as temporary:
        office = ["soffice", "--headless", f"-env:UserInstallation=file://{temporary}/profile", "--convert-to", "pdf"]
        subprocess.run([*office, "--outdir", temporary, str(file)], check=True, capture_output=True, timeout=120)
        printed = [str(Path(temporary) / "evidence.pdf"), str(PICTURES / "workbook")]
        first = ["-png", "-f", "1", "-l", "1", "-singlefile", "-r", str(DOTS)]
        subprocess.run(["pdftoppm", *first, *printed], check=True)  # noqa: S607 - where poppler put it
    return "workbook.png"
