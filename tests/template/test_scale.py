"""The figures of docs/scaling.md are those that scripts/scale computes, and follow from the quotas."""

import pathlib
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).parents[2]


def computed(*options):
    done = subprocess.run([PROJECT / "scripts/scale", *options], capture_output=True, text=True, check=True)
    return done.stdout


def figures(text, row):
    [line] = [line for line in text.splitlines() if line.strip("| ").startswith(row)]
    return [float(cell.replace(",", "")) for cell in line.strip("|").split("|")[1:]]


def test_the_page_holds_what_the_script_computes():
    page = (PROJECT / "docs/scaling.md").read_text()
    between = [
        page.partition(f"<!-- {mark} -->\n")[2].partition(f"\n<!-- /{mark} -->")[0]
        for mark in ("scale-one", "scale-stream")
    ]
    assert "\n\n".join(between) + "\n" == computed(), "docs/scaling.md is stale: run scripts/scale"


def test_the_rates_at_which_quotas_are_reached_follow_from_them():
    # A failed request has an access-log event and two of its execution log; twenty make a batch.
    assert figures(computed(), "PutMetricData")[3] == round(500 * 20 / 3)
    assert figures(computed(), "concurrent executions")[3] == round(1000 / 0.03 * 20 / 3)
    raised = figures(computed("--put", "1000"), "PutMetricData")
    assert raised == pytest.approx([2 * rate for rate in figures(computed(), "PutMetricData")], abs=1)


def test_no_quota_is_reached_below_api_gateways_own_while_one_in_twenty_fails():
    text = computed()
    gateway = figures(text, "API Gateway's throttle")
    for quota in "PutMetricData", "concurrent executions":
        assert all(ours > theirs for ours, theirs in list(zip(figures(text, quota), gateway))[:3]), quota


def test_a_stream_to_the_scale_of_the_internet_stays_within_its_quotas():
    text = computed()
    assert max(figures(text, "shards")) <= 1_000
    assert max(figures(text, "invocations and PutMetricData")) <= 500
    # One execution environment at a time reads a shard, so there are no more processors at work than shards.
    for processors, shards in zip(figures(text, "processors at work"), figures(text, "shards")):
        assert processors <= shards


def test_shards_carry_the_bytes_and_the_records_of_the_stream():
    text = computed()
    # A million requests a second: 49,800 log events of 600 bytes that gzip makes 90 of, in batches of twenty.
    assert figures(text, "log events a second")[2] == 49_800
    assert figures(text, "shards")[2] == -(-49_800 * 90 // 1_000_000) == 5
    # With tiny log events the records are what fills a shard.
    assert figures(computed("--event-bytes", "10"), "shards")[2] == -(-49_800 // 20 // 1_000) == 3


def test_a_million_requests_a_second_are_as_much_as_one_alarm_can_look_at():
    metrics = figures(computed(), "metrics")
    assert metrics[2] <= 10_000 < metrics[3]
