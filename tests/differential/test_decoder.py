"""The decoder beside Python's own gzip and json, over generated batches: the same counts of the same log events."""

import base64
import gzip
import json
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
# `make differential` builds it.
PROGRAM = ROOT / "target/debug/why5xx"
CASES = 60
CHARS = ["a", " ", "é", "😀", '"', "\\", "/", "\n", "\t", "\x01", "\u2028", "}", "]", ",", "{", "\ufffd"]


def text(dice):
    return "".join(dice.choice(CHARS) for _ in range(dice.randrange(40)))


def batch(dice):
    """A batch, and how many of its requests failed with which status."""
    events, failed = [], {}
    for number in range(dice.randrange(1, 40)):
        status = dice.choice([200, 403, 500, 502, 503, 504])
        lines = [f"Method request body before transformations: {text(dice)}", f"Method completed with status: {status}"]
        for line in lines:
            event = {"id": f"{len(events):056}", "timestamp": 1_767_225_600_000 + number, "message": f"(r-{number}) {line}"}
            if dice.random() < 0.2:
                event["extractedFields"] = {text(dice): text(dice), "more": [1, {}, None]}
            members = list(event.items())
            dice.shuffle(members)
            events.append(dict(members))
        if status >= 500:
            failed[str(status)] = failed.get(str(status), 0) + 1
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
        "logStream": text(dice),
        "subscriptionFilters": ["why5xx"],
        "logEvents": events,
        "unknown": {text(dice): [text(dice)]},
    }
    members = list(document.items())
    dice.shuffle(members)
    return dict(members), failed


def compressed(dice, document):
    """The document as gzip, in one member or several, at any level."""
    written = json.dumps(document, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, None, 1])).encode()
    cut = dice.randrange(len(written)) if dice.random() < 0.3 else len(written)
    parts = [part for part in (written[:cut], written[cut:]) if part]
    data = b"".join(gzip.compress(part, dice.randrange(10)) for part in parts)
    # Python reads back what it wrote, so that the comparison is with Python and not with this file.
    assert json.loads(gzip.decompress(data)) == document
    return data


@pytest.mark.parametrize("seed", range(CASES))
def test_python_and_the_decoder_read_the_same(seed):
    dice = random.Random(seed)
    document, failed = batch(dice)
    event = json.dumps({"awslogs": {"data": base64.b64encode(compressed(dice, document)).decode()}})
    run = subprocess.run([PROGRAM, "replay", "--json", "-"], input=event.encode(), capture_output=True, check=False)
    read = json.loads(run.stdout)
    assert read["undecodable"] == []
    assert read["log_events"] == len(document["logEvents"])
    statuses = {}
    for count in read["counts"]:
        for status, number in count["statuses"].items():
            statuses[status] = statuses.get(status, 0) + number
    assert statuses == failed
