#!/usr/bin/env python3
"""Takes docs/dashboard.png, a picture of the dashboard: its widgets where the template puts them, with made-up numbers, drawn
by headless Chromium. CloudWatch draws better; what the picture shows is what stands where.

    make picture

The picture carries the titles and places that it shows, so that a test can tell whether it is of the present dashboard.
"""

import html
import json
import pathlib
import random
import re
import sys
import tempfile

from day import chromium
from picture import stamped

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/dashboard.png"
TEMPLATE = ROOT / "template.yaml"

# Pixels of a cell of the grid, whose columns CloudWatch stretches over the window.
COLUMN, ROW = 54, 44

# What CloudFormation fills in.
FILLED = {"AWS::Region": "eu-west-1", "AWS::StackName": "why5xx", "Namespace": "Why5xx", "RunbookUrl": "docs/operating.md of why5xx"}

CAUSES = [
    ("orders", "prod", "lambda_permission", 14, "14:12", "5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a90"),
    ("orders", "prod", "lambda_timeout", 6, "13:05", "0b7e9c11-52d4-4f0c-8a6e-7d3f1c2b9e48"),
    ("stock", "live", "tls_certificate_expired", 41, "14:00", "c3a8f1e2-9b74-4d6f-b0c5-1e2d3f4a5b6c"),
    ("search", "prod", "backend_error_response", 3, "14:31", "7d2e4f60-8a1b-4c3d-9e5f-6a7b8c9d0e1f"),
]
COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b"]

STYLE = f"""
body {{ margin: 0; background: #f2f3f3; font: 11px sans-serif; color: #16191f; }}
main {{ display: grid; grid-template-columns: repeat(24, {COLUMN}px); grid-auto-rows: {ROW}px; gap: 4px; padding: 4px; }}
section {{ background: #fff; border: 1px solid #d5dbdb; padding: 5px 8px; overflow: hidden; }}
h2 {{ font-size: 12px; margin: 0 0 4px; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border-bottom: 1px solid #eaeded; text-align: left; padding: 2px 4px; vertical-align: top; }}
.alarm {{ display: inline-block; margin: 2px; padding: 4px 6px; border-left: 4px solid #1d8102; background: #f2f8f0; }}
.on {{ border-color: #d13212; background: #fdf3f1; }}
.number {{ display: inline-block; margin: 4px 28px 0 0; font-size: 26px; }} .number small {{ display: block; font-size: 11px; }}
"""


def body(text=None):
    """The dashboard as the template has it, with what CloudFormation fills in."""
    _, _, rest = (text or TEMPLATE.read_text()).partition("      DashboardBody: !Sub\n        - |\n")
    lines, _, more = rest.partition("      # /dashboard\n")[0].partition("\n        - ")
    # All alarms are there.
    for name, alarms in re.findall(r"(\w+): !If \[\w+, !Sub '(.*)', ''\]", more):
        lines = lines.replace(f"${{{name}}}", alarms)
    filled = re.sub(r"\$\{([^!}][^}]*)\}", lambda match: FILLED.get(match.group(1), match.group(1)), lines)
    return json.loads(filled.replace("${!", "${"))


def shown(dashboard):
    """Titles and places of the widgets."""
    return "; ".join(
        f"{each['x']},{each['y']} {each['width']}x{each['height']} {each['properties'].get('title', each['type'])}"
        for each in dashboard["widgets"]
    )


def rows(heads, cells):
    head = "".join(f"<th>{html.escape(each)}</th>" for each in heads)
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(str(each))}</td>" for each in row) + "</tr>" for row in cells)
    return f"<table><tr>{head}</tr>{lines}</table>"


def of_log(query):
    if "as since" in query:
        cells = [(api, stage, cause, since, "14:43", request) for api, stage, cause, _, since, request in CAUSES]
        return rows(["apiId", "stage", "cause", "since", "newest", "newestRequest"], cells)
    if "unclassified" in query:
        return rows(["fingerprint", "shape", "failures", "newest"], [("9c1e", "Execution failed due to <…>: <…>", 2, "11:20")])
    cells = [("14:43", cause, api, stage, 500, request) for api, stage, cause, _, _, request in CAUSES]
    return rows(["@timestamp", "cause", "apiId", "stage", "status", "failedRequestId"], cells)


def of_text(markdown):
    lines = [line.strip("|").split(" | ") for line in markdown.splitlines() if line.startswith("| ")]
    links = lambda cell: re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell).strip()
    return rows([links(each) for each in lines[0]], [[links(each) for each in line] for line in lines[1:]])


def of_alarms(arns):
    on = {"BrokenExecutionAlarm", "BrokenAccessAlarm"}
    names = [arn.split(".")[0] for arn in arns]
    return "".join(f"<span class='alarm{' on' * (name in on)}'>{name}</span>" for name in names)


def lines_of(widget, title):
    """A chart of made-up series, the same each time."""
    rng = random.Random(title)
    width, height = widget["width"] * (COLUMN + 4) - 24, widget["height"] * (ROW + 4) - 50
    drawn = []
    for colour in COLOURS[: min(4, 1 + len(widget["properties"]["metrics"]))]:
        begin, level = rng.uniform(0, 0.7), rng.uniform(0.2, 0.8)
        points = []
        for step in range(61):
            x = step / 60
            y = level * rng.uniform(0.7, 1) if x > begin else 0.02 * rng.random()
            points.append(f"{x * width:.0f},{height - y * height:.0f}")
        drawn.append(f"<polyline points='{' '.join(points)}' fill='none' stroke='{colour}' stroke-width='1.5'/>")
    return f"<svg width='{width}' height='{height}'>{''.join(drawn)}<line x1='0' x2='{width}' y1='{height}' y2='{height}' stroke='#aab7b8'/></svg>"


def of_metrics(widget, title):
    view = widget["properties"]["view"]
    if view == "table":
        cells = [(f"{api} {stage} {cause}", count) for api, stage, cause, count, _, _ in CAUSES]
        return rows(["", "Sum"], cells)
    if view == "singleValue":
        return "".join(
            f"<span class='number'>{number}<small>{html.escape(str(metric[-1].get('label', metric[1])))}</small></span>"
            for number, metric in zip(["48,200", "1", "0"], widget["properties"]["metrics"])
        )
    return lines_of(widget, title)


def page(dashboard):
    sections = []
    for widget in dashboard["widgets"]:
        properties = widget["properties"]
        title = properties.get("title", "")
        inside = {
            "alarm": lambda: of_alarms(properties["alarms"]),
            "log": lambda: of_log(properties["query"]),
            "metric": lambda: of_metrics(widget, title),
            "text": lambda: of_text(properties["markdown"]),
        }[widget["type"]]()
        place = f"grid-column: {widget['x'] + 1} / span {widget['width']}; grid-row: {widget['y'] + 1} / span {widget['height']}"
        sections.append(f"<section style='{place}'><h2>{html.escape(title)}</h2>{inside}</section>")
    return f"<!doctype html><meta charset='utf-8'><style>{STYLE}</style><main>{''.join(sections)}</main>"


def main():
    dashboard = body()
    height = max(widget["y"] + widget["height"] for widget in dashboard["widgets"]) * (ROW + 4) + 8
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        made, taken = folder / "dashboard.html", folder / "taken.png"
        made.write_text(page(dashboard))
        size = f"{24 * (COLUMN + 4) + 8},{height}"
        chromium(folder, f"--screenshot={taken}", f"--window-size={size}", "--hide-scrollbars", made.as_uri())
        PICTURE.write_bytes(stamped(taken.read_bytes(), shown(dashboard)))
    print(f"{PICTURE.relative_to(ROOT)} is taken", file=sys.stderr)


if __name__ == "__main__":
    main()
