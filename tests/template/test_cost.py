"""The figures of docs/cost.md are those that scripts/cost computes."""

import pathlib
import subprocess

PROJECT = pathlib.Path(__file__).parents[2]


def computed(*options):
    done = subprocess.run([PROJECT / "scripts/cost", *options], capture_output=True, text=True, check=True)
    return done.stdout


def figures(text, row):
    [line] = [line for line in text.splitlines() if line.strip("| *").startswith(row)]
    return [float(cell.strip(" *").replace(",", "")) for cell in line.strip("|").split("|")[1:]]


def test_the_page_holds_what_the_script_computes():
    page = (PROJECT / "docs/cost.md").read_text()
    _, _, rest = page.partition("<!-- cost -->\n")
    assert rest.partition("<!-- /cost -->")[0] == computed(), "docs/cost.md is stale: run scripts/cost"


def test_prices_and_traffic_are_options():
    dear = figures(computed("--ingestion", "1.00"), "access logs")
    assert dear[4] == 2 * figures(computed(), "access logs")[4]
    assert figures(computed("--pairs", "100"), "live") == [812, 244]


def test_log_ingestion_outweighs_the_function_where_there_is_traffic():
    text = computed()
    logs, own = figures(text, "access logs"), figures(text, "why5xx without")
    assert all(ours < theirs for ours, theirs in list(zip(own, logs))[4:])


def test_metrics_beyond_ten_thousand_are_cheaper():
    assert figures(computed(), "worst")[1] == round(10_000 * 0.30 + (500 * 2 * 46 + 12 - 10_000) * 0.10)
