"""What the function costs beside its batches: start, first and hundredth invocation, memory, size.

    benches/function.py PROGRAM...

Each program is started ten times between a Runtime API and a CloudWatch endpoint on the loopback interface, and gets a
hundred invocations in its last run. Medians are printed, one line for each program. A program of another kind than
why5xx may ignore the payload; it must only speak the Runtime API.
"""

import base64
import gzip
import http.server
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time

STARTS = 10
INVOCATIONS = 100
NOW_MS = int(time.time() * 1000)
REQUEST_ID = "3f1c9a52-0d7e-4b68-9c15-a2e4d6f80b17"


def payload():
    texts = ["Execution failed due to a timeout error", "Method completed with status: 504"]
    events = [
        {"id": f"{nth:056}", "timestamp": NOW_MS, "message": f"({REQUEST_ID}) {text}"} for nth, text in enumerate(texts)
    ]
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "API-Gateway-Execution-Logs_b3x7mk20qe/live",
        "logStream": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "subscriptionFilters": ["why5xx"],
        "logEvents": events,
    }
    data = base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
    return json.dumps({"awslogs": {"data": data}}).encode()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer):
        self.answer = answer
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one(self):
        length = int(self.headers.get("content-length") or 0)
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        self.rfile.read(length)
        status, headers, body = self.server.answer(self.command, self.path)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = handle_one

    def log_message(self, *_):
        pass


class RuntimeApi:
    """Notes when the next invocation is asked for, and hands out one after the other."""

    def __init__(self):
        self.asked = queue.Queue()
        self.given = queue.Queue()
        self.server = Server(self.answer)
        self.body = payload()

    def answer(self, method, path):
        if method == "GET" and path.endswith("/invocation/next"):
            self.asked.put(time.perf_counter())
            self.given.get()
            headers = {
                "lambda-runtime-aws-request-id": REQUEST_ID,
                "lambda-runtime-deadline-ms": str(int(time.time() * 1000) + 60_000),
                "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:111122223333:function:why5xx",
                "content-type": "application/json",
            }
            return 200, headers, self.body
        if path.endswith("/error"):
            raise SystemExit("the program reports an error")
        return 202, {}, b""

    def start(self, program, cloudwatch):
        environment = {
            "AWS_LAMBDA_RUNTIME_API": self.server.address,
            "AWS_LAMBDA_FUNCTION_NAME": "why5xx",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/why5xx",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_ENDPOINT_URL_CLOUDWATCH": f"http://{cloudwatch.address}",
        }
        began = time.perf_counter()
        process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
        return process, (self.asked.get(timeout=30) - began) * 1e3

    def invoke(self):
        began = time.perf_counter()
        self.given.put(None)
        return (self.asked.get(timeout=30) - began) * 1e3


def resident_mib(process):
    with open(f"/proc/{process.pid}/status") as status:
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    return kib / 1024


def measure(program):
    # The empty answer of PutMetricData in CBOR.
    cloudwatch = Server(lambda *_: (200, {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}, b"\xa0"))
    starts, firsts = [], []
    for nth in range(STARTS):
        api = RuntimeApi()
        process, start_ms = api.start(program, cloudwatch)
        idle_mib = resident_mib(process)
        starts.append(start_ms)
        firsts.append(api.invoke())
        later = [api.invoke() for _ in range(INVOCATIONS - 1)] if nth == STARTS - 1 else []
        used_mib = resident_mib(process)
        process.kill()
        process.wait()
    print(
        f"{os.path.basename(program):24} {os.path.getsize(program) / 1e6:6.2f} MB  start {statistics.median(starts):6.1f} ms"
        f"  first {statistics.median(firsts):6.1f} ms  hundredth {statistics.median(later[-10:]):6.2f} ms"
        f"  idle {idle_mib:5.1f} MiB  used {used_mib:5.1f} MiB"
    )


for program in sys.argv[1:]:
    measure(program)
