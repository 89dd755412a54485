"""The usual function in Python, as AWS's own examples decode a batch, with one regular expression for all causes.

`usual.py FILE ROUNDS` counts the subscription events in FILE, one a line, ROUNDS times. It prints one JSON object: the
causes, the number of log events, the CPU time of each round and the most memory that the first round took.
"""

import base64
import gzip
import json
import re
import resource
import sys
import time
from pathlib import Path

rows = [line.split("\t") for line in (Path(__file__).parent / "patterns.tsv").read_text().splitlines()]
CAUSES = [cause for cause, _ in rows]
LINE = re.compile(
    r"\(([^)]{1,64})\) (?:Method completed with status: (\d+)|"
    + "|".join(f"({pattern})" for _, pattern in rows)
    + ")"
)
ACCESS = re.compile(r'"status":"5\d\d"')
FUNCTION = re.compile(r"\tERROR\t(?:Invoke|Uncaught) ")


def count(event, causes):
    data = json.loads(gzip.decompress(base64.b64decode(json.loads(event)["awslogs"]["data"])))
    open_requests = {}
    is_execution = data["logGroup"].startswith("API-Gateway-Execution-Logs_")
    is_function = data["logGroup"].startswith("/aws/lambda/")
    for log_event in data["logEvents"]:
        message = log_event["message"]
        cause = None
        if is_execution:
            found = LINE.match(message)
            if not found:
                continue
            if found[2] is None:
                open_requests.setdefault(found[1], CAUSES[found.lastindex - 3])
            else:
                known = open_requests.pop(found[1], "backend_error_response")
                cause = known if found[2].startswith("5") else None
        elif is_function:
            cause = "lambda_unhandled_error" if FUNCTION.search(message) else None
        elif ACCESS.search(message):
            cause = "backend_error_response"
        if cause:
            causes[cause] = causes.get(cause, 0) + 1
    for cause in open_requests.values():
        causes[cause] = causes.get(cause, 0) + 1
    return len(data["logEvents"])


events = Path(sys.argv[1]).read_text().splitlines()
cpu_ms = []
for nth in range(int(sys.argv[2])):
    causes = {}
    before = time.process_time()
    log_events = sum(count(event, causes) for event in events)
    cpu_ms.append((time.process_time() - before) * 1e3)
    if nth == 0:
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"causes": causes, "log_events": log_events, "cpu_ms": cpu_ms, "peak_kib": peak_kib}))
