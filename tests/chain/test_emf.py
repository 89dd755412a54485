"""The reader of Embedded Metric Format refuses what the format does not allow."""

import copy
import json

import pytest

import emf

NOW_MS = 1_800_000_000_000


def line():
    return {
        "level": "INFO",
        "message": "batch published",
        "_aws": {
            "Timestamp": NOW_MS,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Why5xx",
                    "Dimensions": [["Function"]],
                    "Metrics": [{"Name": "Batches", "Unit": "Count"}, {"Name": "DeliveryDelay", "Unit": "Milliseconds"}],
                }
            ],
        },
        "Function": "why5xx",
        "Batches": 1,
        "DeliveryDelay": [900, 1200.5],
    }


def test_a_line_is_read_as_cloudwatch_logs_would():
    dimensions = (("Function", "why5xx"),)
    assert emf.metrics(json.dumps(line()), NOW_MS) == [
        ("Why5xx", "Batches", dimensions, "Count", NOW_MS, [1]),
        ("Why5xx", "DeliveryDelay", dimensions, "Milliseconds", NOW_MS, [900, 1200.5]),
    ]


@pytest.mark.parametrize("text", ["", "START RequestId: 1", "[]", '{"message": "exemplar"}'])
def test_other_lines_hold_no_metric(text):
    assert emf.metrics(text, NOW_MS) == []


def edited(edit):
    wrong = copy.deepcopy(line())
    edit(wrong, wrong["_aws"], wrong["_aws"]["CloudWatchMetrics"][0])
    return wrong


WRONG = {
    "no time": lambda root, meta, directive: meta.pop("Timestamp"),
    "a time as text": lambda root, meta, directive: meta.update(Timestamp="2027-01-15T08:00:00Z"),
    "a time in seconds": lambda root, meta, directive: meta.update(Timestamp=NOW_MS // 1000),
    "a time with a fraction": lambda root, meta, directive: meta.update(Timestamp=NOW_MS + 0.5),
    "a time ahead": lambda root, meta, directive: meta.update(Timestamp=NOW_MS + 3 * 3_600_000),
    "no directive": lambda root, meta, directive: meta.update(CloudWatchMetrics=[]),
    "a directive alone": lambda root, meta, directive: meta.update(CloudWatchMetrics=directive),
    "another member": lambda root, meta, directive: meta.update(Version=1),
    "empty metadata": lambda root, meta, directive: root.update(_aws=[]),
    "no namespace": lambda root, meta, directive: directive.pop("Namespace"),
    "an empty namespace": lambda root, meta, directive: directive.update(Namespace=""),
    "a namespace of AWS": lambda root, meta, directive: directive.update(Namespace="AWS/Lambda"),
    "a namespace that is too long": lambda root, meta, directive: directive.update(Namespace="n" * 1025),
    "no dimensions": lambda root, meta, directive: directive.pop("Dimensions"),
    "no set of dimensions": lambda root, meta, directive: directive.update(Dimensions=[]),
    "dimensions that are no sets": lambda root, meta, directive: directive.update(Dimensions=["Function"]),
    "a dimension without a value": lambda root, meta, directive: root.pop("Function"),
    "a dimension that is a number": lambda root, meta, directive: root.update(Function=1),
    "an empty dimension": lambda root, meta, directive: root.update(Function=""),
    "a dimension that is too long": lambda root, meta, directive: root.update(Function="f" * 1025),
    "a dimension twice": lambda root, meta, directive: directive.update(Dimensions=[["Function", "Function"]]),
    "31 dimensions": lambda root, meta, directive: (
        directive.update(Dimensions=[[f"d{n}" for n in range(31)]]),
        root.update({f"d{n}": "v" for n in range(31)}),
    ),
    "no metric": lambda root, meta, directive: directive.update(Metrics=[]),
    "101 metrics": lambda root, meta, directive: (
        directive.update(Metrics=[{"Name": f"m{n}"} for n in range(101)]),
        root.update({f"m{n}": 1 for n in range(101)}),
    ),
    "a metric without a name": lambda root, meta, directive: directive["Metrics"][0].pop("Name"),
    "a metric that is a text": lambda root, meta, directive: directive["Metrics"].append("Batches"),
    "a metric twice": lambda root, meta, directive: directive["Metrics"].append({"Name": "Batches", "Unit": "Count"}),
    "a metric that is a dimension": lambda root, meta, directive: directive["Metrics"].append({"Name": "Function"}),
    "another member of a metric": lambda root, meta, directive: directive["Metrics"][0].update(unit="Count"),
    "no such unit": lambda root, meta, directive: directive["Metrics"][0].update(Unit="count"),
    "no such resolution": lambda root, meta, directive: directive["Metrics"][0].update(StorageResolution=30),
    "a metric without a value": lambda root, meta, directive: root.pop("Batches"),
    "a value as text": lambda root, meta, directive: root.update(Batches="1"),
    "a value that is true": lambda root, meta, directive: root.update(Batches=True),
    "no value at all": lambda root, meta, directive: root.update(Batches=None),
    "a value that is no number": lambda root, meta, directive: root.update(Batches=float("nan")),
    "a value without an end": lambda root, meta, directive: root.update(Batches=float("inf")),
    "values with counts": lambda root, meta, directive: root.update(DeliveryDelay={"Values": [1], "Counts": [2]}),
    "an empty distribution": lambda root, meta, directive: root.update(DeliveryDelay=[]),
    "101 values": lambda root, meta, directive: root.update(DeliveryDelay=[1] * 101),
    "a text among the values": lambda root, meta, directive: root.update(DeliveryDelay=[1, "2"]),
    "a line that is too large": lambda root, meta, directive: root.update(message="m" * 1_048_576),
}


@pytest.mark.parametrize("edit", WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_refused(edit):
    with pytest.raises(emf.Wrong):
        emf.metrics(json.dumps(edited(edit)), NOW_MS)


@pytest.mark.parametrize("text", ["INFO " + json.dumps(line()), json.dumps(line()) + " x", json.dumps(line())[:-5]])
def test_what_is_not_one_object_is_refused(text):
    with pytest.raises(emf.Wrong):
        emf.metrics(text, NOW_MS)


def test_a_key_twice_is_refused():
    with pytest.raises(emf.Wrong):
        emf.metrics(json.dumps(line())[:-1] + ', "Batches": 2}', NOW_MS)
