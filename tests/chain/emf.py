"""A strict reader of Embedded Metric Format: the metrics of a log event, as CloudWatch Logs would extract them.

Written from the CloudWatch User Guide, "Specification: Embedded metric format", and the limits of PutMetricData; no
emulator extracts metrics. What the specification says MUST be is an error here where it is not; so is what CloudWatch
would take and this project never means to write: a metric twice, a name that is no target, values that are no numbers.
"""

import json
import math

MAX_EVENT_BYTES = 1_048_576
MAX_METRICS = 100
MAX_VALUES = 100
MAX_DIMENSIONS = 30
MAX_NAME = 1024
MAX_DIMENSION_NAME = 250
MAX_DIMENSION_VALUE = 1024

UNITS = {
    "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
    "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
    "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
    "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
}  # fmt: skip

# PutMetricData: two weeks back, two hours ahead.
OLDEST_MS, AHEAD_MS = 14 * 24 * 3_600_000, 2 * 3_600_000


class Wrong(Exception):
    """What is wrong with a line."""


def check(holds, what):
    if not holds:
        raise Wrong(what)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_text(value, most):
    return isinstance(value, str) and 1 <= len(value) <= most and value.isascii() and value.isprintable() and value.strip()


def document(line):
    """The line as an object; None if it is no JSON object, and so no document of the format."""

    def unique(pairs):
        check(len({key for key, _ in pairs}) == len(pairs), "a key twice")
        return dict(pairs)

    try:
        found = json.loads(line, object_pairs_hook=unique)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def metrics(line, now_ms):
    """The data of a line: namespace, metric, dimensions, unit, time, values. None of a line without `_aws`."""
    root = document(line)
    if root is None or "_aws" not in root:
        # With anything before or behind the object, CloudWatch Logs would extract nothing.
        check('"_aws"' not in line, "not one JSON object")
        return []
    check(len(line.encode()) <= MAX_EVENT_BYTES, "larger than a log event")
    meta = root["_aws"]
    check(isinstance(meta, dict) and set(meta) == {"Timestamp", "CloudWatchMetrics"}, "members of _aws")
    time_ms = meta["Timestamp"]
    check(isinstance(time_ms, int) and not isinstance(time_ms, bool), "Timestamp is no whole number")
    check(now_ms - OLDEST_MS <= time_ms <= now_ms + AHEAD_MS, "Timestamp is out of range")
    directives = meta["CloudWatchMetrics"]
    check(isinstance(directives, list) and directives, "CloudWatchMetrics is no list")
    return [datum for directive in directives for datum in of_directive(root, directive, time_ms)]


def of_directive(root, directive, time_ms):
    check(isinstance(directive, dict) and set(directive) == {"Namespace", "Dimensions", "Metrics"}, "members of a directive")
    namespace, sets, definitions = directive["Namespace"], directive["Dimensions"], directive["Metrics"]
    check(is_text(namespace, MAX_NAME) and not namespace.startswith((":", "AWS/")), "Namespace")
    check(isinstance(sets, list) and sets, "Dimensions is no list of lists")
    check(isinstance(definitions, list) and 1 <= len(definitions) <= MAX_METRICS, "number of Metrics")
    read = [dimensions(root, names) for names in sets]
    seen = set()
    for definition in definitions:
        check(isinstance(definition, dict) and {"Name"} <= set(definition) <= {"Name", "Unit", "StorageResolution"}, "a metric")
        name, unit = definition["Name"], definition.get("Unit", "None")
        check(is_text(name, MAX_NAME), "Name of a metric")
        check(name not in seen, "a metric twice")
        check(name != "_aws" and not any(name in each for each in read), "a metric that is a dimension")
        check(unit in UNITS, "Unit")
        check(definition.get("StorageResolution", 60) in (1, 60), "StorageResolution")
        seen.add(name)
        for each in read:
            yield namespace, name, tuple(sorted(each.items())), unit, time_ms, values(root, name)


def dimensions(root, names):
    check(isinstance(names, list) and len(names) <= MAX_DIMENSIONS, "a set of dimensions")
    check(all(is_text(name, MAX_DIMENSION_NAME) and not name.startswith(":") for name in names), "name of a dimension")
    check(len(set(names)) == len(names), "a dimension twice")
    check(all(is_text(root.get(name), MAX_DIMENSION_VALUE) for name in names), "value of a dimension")
    return {name: root[name] for name in names}


def values(root, name):
    check(name in root, "no value of a metric")
    found = root[name] if isinstance(root[name], list) else [root[name]]
    check(1 <= len(found) <= MAX_VALUES, "number of values")
    check(all(is_number(value) and abs(value) <= 2**360 for value in found), "a value that is no number")
    return found
