"""Makes the pictures of the docs out of what a demo left behind: ``python tools/make_pictures.py demo``.

Run `make demo` first. Pictures are JPEG below 600 kB each, so that the repository stays small.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
MOST_BYTES = 600_000
_WIDEST = 1600


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


def main() -> int:
    """Write ``docs/pictures/contact_sheet.jpg`` from a demo's contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="the folder that `make demo` wrote")
    sheet = parser.parse_args().demo / "contact_sheet.png"
    if not sheet.is_file():
        raise SystemExit(f"There is no {sheet}. Run first: make demo OUT={sheet.parent}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    target = PICTURES / "contact_sheet.jpg"
    target.write_bytes(shrunk(sheet))
    sys.stdout.write(f"wrote docs/pictures/{target.name}, {target.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
