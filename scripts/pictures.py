"""Take the pictures of docs/pictures/ from the pages that `make demo MODULES=all` has made, with a headless Chromium.

.venv/bin/python scripts/pictures.py [--demo build/demo]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
)
SCALE = 1.25  # pixels of the picture for one of the page
COLOURS = 56  # the pages are text and a few flat colours
MARGIN = 24
LARGEST = 100_000  # bytes
SECONDS = 120


@dataclass(frozen=True)
class Shot:
    """Name a page of the demo, below its folder, and the part of it to show (in the page's own pixels)."""

    name: str
    page: str
    width: int
    height: int


SHOTS = (
    Shot("leaderboard", "staff/site/index.html", 1000, 980),
    Shot("report", "staff/reports/dan/activations/ta.html", 1000, 1621),
    Shot("report-student", "staff/reports/dan/activations/student.html", 1000, 1259),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of docs/pictures/ from the pages of the demo.")
    parser.add_argument("--demo", type=Path, default=ROOT / "build" / "demo", help="folder of the demo")
    demo = parser.parse_args().demo.absolute()
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"none of {', '.join(BROWSERS)} is installed; Debian and Ubuntu: sudo apt-get install -y chromium")
    missing = [shot.page for shot in SHOTS if not (demo / shot.page).is_file()]
    if missing:
        sys.exit(f"{demo} has no {missing[0]}; run `make demo MODULES=all` first, or name its folder with --demo")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        size = take(browser, shot, demo)
        print(f"{(PICTURES / shot.name).relative_to(ROOT)}.png  {size:,} bytes")


def take(browser: str, shot: Shot, demo: Path) -> int:
    """Write one picture; return its size in bytes."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as scratch:
        raw = Path(scratch, "raw.png")
        command = [browser, *QUIET.split(), f"--user-data-dir={scratch}/profile", f"--screenshot={raw}"]
        command += [f"--window-size={shot.width},{shot.height}", f"--force-device-scale-factor={SCALE}"]
        command.append((demo / shot.page).as_uri())
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        if not raw.is_file():
            sys.exit(f"{browser} took no picture of {shot.page}: {done.stderr[-2000:]}")
        with Image.open(raw) as picture:
            small = without_empty_end(picture.convert("RGB")).quantize(COLOURS, dither=Image.Dither.NONE)
    beside = PICTURES / f".{shot.name}.tmp"
    small.save(beside, format="PNG", optimize=True)
    size = beside.stat().st_size
    if size > LARGEST:
        sys.exit(f"{shot.name} takes {size:,} bytes, more than {LARGEST:,}: show less of the page, or fewer colours")
    beside.replace(PICTURES / f"{shot.name}.png")
    return size


def without_empty_end(picture: Image.Image) -> Image.Image:
    """Cut the picture below its last row that is not background, and keep a margin."""
    background = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    box = ImageChops.difference(picture, background).getbbox()
    end = picture.height if box is None else min(picture.height, box[3] + round(MARGIN * SCALE))
    return picture.crop((0, 0, picture.width, end))


if __name__ == "__main__":
    main()
