#!/usr/bin/env python3
"""Takes docs/report.png, the picture in the README: the first chart of the page of a simulated day, in headless Chromium.

    make picture

The picture carries the text that it shows, so that a test can tell whether it is of the present program.
"""

import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

from day import LOG_GROUP, a_day, chromium

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/report.png"
PROGRAM = ROOT / "target/debug/why5xx"

# The chart and its heading: the page's width, where they begin on it, and how high they are.
WIDTH, TOP, HEIGHT = 1000, 326, 458
FRAME = """<body style="margin: 0; overflow: hidden">
<iframe src="{page}" style="border: 0; width: {width}px; height: 2000px; margin-top: -{top}px" scrolling="no"></iframe>
"""

# A chunk for text, and its keyword: Portable Network Graphics, 11.3.4.3. It stands before the last chunk, which is empty.
TEXT = b"tEXt"
KEYWORD = b"Description"
END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def page(folder):
    """The page of the day."""
    day, made = folder / "day.txt", folder / "page.html"
    day.write_text("".join(a_day()))
    command = [PROGRAM, "replay", "--log-group", LOG_GROUP, "--html", made, "day.txt"]
    # The page shows the time of this machine beside UTC, the picture none of it.
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, env=os.environ | {"TZ": "UTC"})
    return made


def shown(page):
    """The text of the page down to the first chart, without its tags."""
    body = page.read_text().partition("<h1>")[2].partition("</figure>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def stamped(png, text):
    chunk = TEXT + KEYWORD + b"\0" + text.encode("latin-1", "replace")
    assert png.endswith(END)
    return png[: -len(END)] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + END


def stamp(png):
    """The text that a picture carries."""
    _, _, rest = png.partition(TEXT + KEYWORD + b"\0")
    return rest[: -len(END) - 4].decode("latin-1")


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        made, frame, taken = page(folder), folder / "frame.html", folder / "taken.png"
        frame.write_text(FRAME.format(page=made.name, width=WIDTH, top=TOP))
        chromium(folder, f"--screenshot={taken}", f"--window-size={WIDTH},{HEIGHT}", "--hide-scrollbars", frame.as_uri())
        PICTURE.write_bytes(stamped(taken.read_bytes(), shown(made)))
    print(f"{PICTURE.relative_to(ROOT)} is taken", file=sys.stderr)


if __name__ == "__main__":
    main()
