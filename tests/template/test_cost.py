"""The figures of docs/cost.md are those that scripts/cost computes."""

import pathlib
import re
import subprocess

import pytest

from expansion import TEMPLATE, Stack

PROJECT = pathlib.Path(__file__).parents[2]


def computed(*options):
    done = subprocess.run([PROJECT / "scripts/cost", *options], capture_output=True, text=True, check=True)
    return done.stdout


def figures(text, row):
    [line] = [line for line in text.splitlines() if line.strip("| *").startswith(row)]
    return [float(cell.strip(" *").replace(",", "")) for cell in line.strip("|").split("|")[1:]]


@pytest.mark.parametrize("mark, option", [("cost", []), ("lambda-cost", ["--lambda"])])
def test_the_page_holds_what_the_script_computes(mark, option):
    page = (PROJECT / "docs/cost.md").read_text()
    _, _, rest = page.partition(f"<!-- {mark} -->\n")
    assert rest.partition(f"<!-- /{mark} -->")[0] == computed(*option), "docs/cost.md is stale: run scripts/cost --write"


def test_prices_and_traffic_are_options():
    dear = figures(computed("--ingestion", "1.00"), "access logs")
    assert dear[4] == 2 * figures(computed(), "access logs")[4]
    assert figures(computed("--pairs", "100"), "live") == [412, 124]
    assert figures(computed("--pairs", "100"), "with both logs") == [812, 244]


def test_a_second_log_of_an_api_costs_more_than_the_one_that_is_advised():
    text = computed()
    one, both = figures(text, "why5xx without"), figures(text, "the same, both logs")
    assert all(few < many for few, many in zip(one, both))


def test_the_pages_say_what_a_stack_costs_that_counts_nothing():
    [least, *_] = figures(computed("--pairs", "0"), "why5xx without")
    assert f"at least {least} for a stack that counts nothing" in (PROJECT / "docs/cost.md").read_text()
    assert f" {least} " in (PROJECT / "README.md").read_text()


def test_log_ingestion_outweighs_the_function_where_there_is_traffic():
    text = computed()
    logs, own = figures(text, "access logs"), figures(text, "why5xx without")
    assert all(ours < theirs for ours, theirs in list(zip(own, logs))[4:])


def test_a_hundred_requests_a_second_of_which_one_in_a_thousand_fails_cost_ten_dollars():
    text = computed()
    parts = [figures(text, row)[2] for row in ("function", "PutMetricData", "its own log")]
    assert sum(parts) <= 10, parts


def test_the_functions_own_log_costs_by_its_retention():
    of_a_month, of_a_year = (figures(computed("--retention", days), "its own log")[2] for days in ("30", "365"))
    assert of_a_month < of_a_year < 1.2 * of_a_month


def test_log_events_of_requests_that_succeeded_bring_no_request():
    many, few = (figures(computed("--passing", part), "PutMetricData")[2] for part in ("0.2", "0.02"))
    assert many <= few


def test_metrics_beyond_ten_thousand_are_cheaper():
    assert figures(computed(), "worst")[1] == round(10_000 * 0.30 + (500 * 2 * 51 + 12 - 10_000) * 0.10)


def of_lambda(*options):
    """The rows of the function alone: by log and batch, the figures behind them."""
    rows = [line.strip("|").split("|") for line in computed("--lambda", *options).splitlines()[2:]]
    number = lambda cell: float(cell.replace(",", ""))
    return {(row[0].strip(), int(number(row[1]))): [number(cell) for cell in row[2:]] for row in rows}


def test_a_part_of_a_processor_takes_its_time():
    # Without waiting, 128 MB take 1,769 / 128 times the CPU time, rounded up for each of a thousand batches.
    for (log, batch), (cpu_ms, least_ms, *_) in of_lambda("--wait", "0", "--few", "1000").items():
        assert 0 <= least_ms - cpu_ms * 1769 / 128 <= 1000 + 1769 / 128, (log, batch)


def test_dollars_follow_from_milliseconds_and_prices():
    for cpu_ms, least_ms, least, best_mb, best_ms, best in of_lambda("--invocation", "0", "--compute", "1").values():
        assert least == pytest.approx(least_ms / 1000 * 128 / 1024, abs=1e-4)
        assert best == pytest.approx(best_ms / 1000 * best_mb / 1024, abs=1e-4)
        assert best <= least * 1.1 + 1e-4 and best_ms <= least_ms


def test_the_smallest_size_is_best_where_nothing_may_be_dearer():
    assert {row[3] for row in of_lambda("--dearer", "0", "--wait", "1000").values()} == {128}


def test_the_alarms_that_are_no_query_look_at_as_many_metrics_as_the_script_says():
    looked_at = 0
    for alarm in Stack(TEMPLATE).of_type("AWS::CloudWatch::Alarm").values():
        metrics = alarm.get("Metrics")
        if not any("SELECT" in each.get("Expression", "") for each in metrics or []):
            looked_at += sum("MetricStat" in each for each in metrics) if metrics else 1
    [stated] = re.findall(r'"alarms": \((\d+),', (PROJECT / "scripts/cost").read_text())
    assert looked_at == int(stated)


def test_the_most_that_the_script_names_holds_for_every_cause_there_is():
    causes = re.findall(r"^## [a-z_]+$", (PROJECT / "docs/causes.md").read_text(), re.MULTILINE)
    [stated] = re.findall(r'"all_causes": \((\d+),', (PROJECT / "scripts/cost").read_text())
    assert 40 < len(causes) <= int(stated)
