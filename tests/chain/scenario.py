"""The requests of `scenario.json` as log events, and the counts that they must lead to."""

import collections
import json
import pathlib
import uuid

SCENARIO = json.loads(pathlib.Path(__file__).with_name("scenario.json").read_text())


def batches(start_ms):
    """For each log stream its name and its log events: the lines of its requests, interleaved, a millisecond apart."""
    for stream in SCENARIO["streams"]:
        requests = [lines_of(stream, request) for request in stream["requests"] for _ in range(request.get("times", 1))]
        longest = max(len(lines) for lines in requests)
        mixed = [lines[at] for at in range(longest) for lines in requests if at < len(lines)]
        yield stream["name"], [
            {"timestamp": start_ms + at, "message": message} for at, message in enumerate(mixed)
        ]


def lines_of(stream, request):
    request_id = str(uuid.uuid4())
    lines = [f"({request_id}) {line}".replace("{id}", request_id) for line in request["lines"]]
    if "delivery" in stream:
        return [json.dumps(stream["delivery"] | {"payload": line}) for line in lines]
    return lines


def expected_counts():
    """Counts by metric name and dimensions, as `Errors` and `StageErrors` must show them."""
    counts = collections.Counter()
    for stream in SCENARIO["streams"]:
        api_id, stage = stream["api_id"], stream["stage"]
        for request in stream["requests"]:
            if request["cause"] is not None:
                times = request.get("times", 1)
                counts["Errors", (("ApiId", api_id), ("Cause", request["cause"]), ("Stage", stage))] += times
                counts["StageErrors", (("ApiId", api_id), ("Stage", stage))] += times
    return dict(counts)
