"""Makes the pictures of the docs out of what a demo left behind: ``python tools/make_pictures.py demo``.

Run `make demo` first. Pictures are JPEG below 600 kB each, so that the repository stays small. With ``--page FILE`` it
makes the one of a change list instead, below 300 kB; that needs Chromium, which draws it.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
MOST_BYTES = 600_000
_MOST_OF_A_PAGE = 300_000
_WIDEST = 1600
_PAGE = (1200, 1290)  # pixels: four shots
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def shrunk(picture: Path, most: int = MOST_BYTES) -> bytes:
    """The picture as the best JPEG of at most ``most`` bytes."""
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, round(image.height * _WIDEST / image.width)), Image.Resampling.LANCZOS)
    for quality in range(92, 20, -2):
        held = io.BytesIO()
        image.save(held, "JPEG", quality=quality, optimize=True, progressive=True)
        if held.tell() <= most:
            return held.getvalue()
    raise SystemExit(f"{picture.name} does not fit into {most} bytes.")


def photographed(page: Path, out: Path) -> Path:
    """The top of a page as a browser shows it by day, as PNG in ``out``."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), "")
    if not browser:
        raise SystemExit(f"No browser to draw {page.name} with: install one of {', '.join(_BROWSERS)}.")
    picture = out / "page.png"
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={out}/browser"]
    size = f"--window-size={_PAGE[0]},{_PAGE[1]}"
    subprocess.run(  # noqa: S603 - a browser on our own page
        [browser, *options, size, f"--screenshot={picture}", page.resolve().as_uri()], check=True, capture_output=True
    )
    return picture


def main() -> int:
    """Write ``docs/pictures/contact_sheet.jpg`` from a demo's contact sheet, or ``change_list.jpg`` from a list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="the folder that `make demo` wrote")
    parser.add_argument("--page", type=Path, help="a change list, .html")
    asked = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    if asked.page:
        target = PICTURES / "change_list.jpg"
        with tempfile.TemporaryDirectory() as folder:
            target.write_bytes(shrunk(photographed(asked.page, Path(folder)), _MOST_OF_A_PAGE))
    else:
        sheet = asked.demo / "contact_sheet.png"
        if not sheet.is_file():
            raise SystemExit(f"There is no {sheet}. Run first: make demo OUT={sheet.parent}")
        target = PICTURES / "contact_sheet.jpg"
        target.write_bytes(shrunk(sheet))
    sys.stdout.write(f"wrote docs/pictures/{target.name}, {target.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
