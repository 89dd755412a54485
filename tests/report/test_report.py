"""The page of `why5xx replay --html` as a browser shows it: wide and narrow, light and dark, and on paper.

Needs Chromium; `make report-test` runs it. What the page holds is tested without a browser, beside the code.
"""

import html
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import day
import picture

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTHS = (390, 1200)
HOSTILE = "<b class=hostile>x</b><script>document.title=1</script>"


def a_hostile_line():
    """A line of an access log whose API is called like a piece of HTML."""
    line = {"requestId": "r-1", "apiId": HOSTILE, "stage": HOSTILE, "status": "504", "integrationError": "x"}
    return json.dumps(line) + "\n"


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.page = picture.page(cls.folder)
        line, cls.hostile = cls.folder / "access.json", cls.folder / "hostile.html"
        line.write_text(a_hostile_line())
        command = [picture.PROGRAM, "replay", "--html", cls.hostile, line]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)

    def chromium(self, *arguments):
        return day.chromium(self.folder, *arguments)

    def probed(self, page, *arguments):
        """What the probe finds in frames of all widths."""
        frames = "".join(f'<iframe src="{page.as_uri()}" width="{width}" height="800"></iframe>' for width in WIDTHS)
        probe = (pathlib.Path(__file__).parent / "probe.js").read_text()
        window = self.folder / "window.html"
        window.write_text(f'<meta charset="utf-8"><pre id="found"></pre>{frames}<script>{probe}</script>')
        document = self.chromium("--dump-dom", *arguments, window.as_uri())
        found = re.search(r'<pre id="found">(.+?)</pre>', document, re.DOTALL)
        self.assertIsNotNone(found, "the probe ran")
        return dict(zip(WIDTHS, json.loads(html.unescape(found[1])), strict=True))

    def test_the_page_fits_a_phone_and_a_desk(self):
        for width, found in self.probed(self.page).items():
            with self.subTest(width=width):
                self.assertLessEqual(found["overflow"], 0)
                self.assertGreaterEqual(found["smallest"], 12)
                self.assertEqual(found["unreachable"], 0)
                self.assertEqual(found["dead"], 0)

    def test_every_chart_is_drawn_and_has_its_table(self):
        for width, found in self.probed(self.page).items():
            with self.subTest(width=width):
                self.assertEqual(len(found["charts"]), 1)
                self.assertEqual(found["tables"], 1)
                self.assertGreater(found["charts"][0], 150)

    def test_text_and_bars_stand_out_in_light_and_dark(self):
        papers = set()
        for scheme in (0, 1):
            found = self.probed(self.page, f"--blink-settings=preferredColorScheme={scheme}")[1200]
            papers.add(found["paper"])
            for what, ratio in found["contrasts"].items():
                with self.subTest(paper=found["paper"], what=what):
                    self.assertGreaterEqual(ratio, 3 if what.startswith("chart") else 4.5)
        self.assertEqual(len(papers), 2, "one is light and one is dark")

    def test_names_from_a_log_stay_text(self):
        found = self.probed(self.hostile)[1200]
        self.assertEqual(found["foreign"], 0)
        self.assertTrue(any("<script>" in name for name in found["names"]), found["names"])

    def test_the_picture_in_the_readme_is_of_the_present_program(self):
        kept = picture.stamp(picture.PICTURE.read_bytes())
        wanted = picture.shown(self.page).encode("latin-1", "replace").decode("latin-1")
        self.assertEqual(kept, wanted, "docs/report.png is stale: run `make picture`")

    def test_it_prints(self):
        paper = self.folder / "page.pdf"
        self.chromium("--no-pdf-header-footer", f"--print-to-pdf={paper}", self.page.as_uri())
        pages = re.findall(rb"/Type\s*/Page\b", paper.read_bytes())
        self.assertGreater(len(pages), 2, "remedies are open on paper")


if __name__ == "__main__":
    unittest.main()
