"""What the function costs beside its batches: start, first and later invocations, TLS, memory, size.

    benches/function.py [--rounds N] [--keep] WHY5XX BARE USUAL

The programs run between a Runtime API and a CloudWatch endpoint on the loopback interface: each in its turn, round after
round, in a new process each time. A round has three processes of each program. The first publishes in the clear and in
the last round gets a hundred invocations; the second publishes twice over TLS, to a certificate of this run's own, with
the roots that systems trust beside it, for reading those is most of a first connection; the third gets batches in which
nothing failed. Medians are printed.

BARE does nothing but speak the Runtime API, and USUAL is the function as it is usually written (benches/baselines). What
the goals say is checked; exit status 1 says that one was missed. With --keep the figures go where they are kept as well:
into benches/figures/function.tsv, from which the cost sheet is computed, and docs/performance.md.
"""

import argparse
import base64
import contextlib
import datetime
import gzip
import http.server
import json
import os
import pathlib
import queue
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

INVOCATIONS = 100
# Invocations of a process in which nothing failed, after the first.
HEALTHY = 20
NOW_MS = int(time.time() * 1000)
REQUEST_ID = "3f1c9a52-0d7e-4b68-9c15-a2e4d6f80b17"

PROJECT = pathlib.Path(__file__).parents[1]
PAGE = PROJECT / "docs/performance.md"
FIGURES = PROJECT / "benches/figures/function.tsv"

# Seconds that a program may take for anything at all; under an emulator all of it is slow.
LIMIT = 60

# Goals.
START_TIMES_BARE = 2.0
MAX_MB = 6.3
MAX_IDLE_MIB = 12.0
HEALTHY_TIMES_BARE = 1.5


def failed(batch=0):
    """One failed request, in two log events. A batch of another number holds others."""
    texts = ["Execution failed due to a timeout error", "Method completed with status: 504"]
    return payload(batch, [f"({request_id(batch, 0)}) {text}" for text in texts])


def healthy(batch=0):
    """Twenty requests of which none failed, in a log event each."""
    return payload(batch, [f"({request_id(batch, nth)}) Method completed with status: 404" for nth in range(20)])


def request_id(batch, nth):
    return f"3f1c9a52-0d7e-4b68-{batch:04x}-{nth:012x}"


def payload(number, messages):
    events = [
        {"id": f"{number:028}{nth:028}", "timestamp": NOW_MS, "message": message} for nth, message in enumerate(messages)
    ]
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "API-Gateway-Execution-Logs_b3x7mk20qe/live",
        "logStream": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "subscriptionFilters": ["why5xx"],
        "logEvents": events,
    }
    # Without blanks, as CloudWatch Logs and Lambda write them.
    data = base64.b64encode(gzip.compress(json.dumps(batch, separators=(",", ":")).encode())).decode()
    return json.dumps({"awslogs": {"data": data}}, separators=(",", ":")).encode()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer, tls=None):
        self.answer = answer
        self.tls = tls
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        # In the connection's own thread.
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        # A program that was ended left its connections open.
        pass


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


class CloudWatch:
    """Accepts whatever it is sent, and counts the requests."""

    def __init__(self, tls=None):
        self.requests = 0
        self.server = Server(self.answer, tls)
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server.server_port}"

    def answer(self, *_):
        self.requests += 1
        # The empty answer of PutMetricData in CBOR.
        return 200, {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}, b"\xa0"


class Environment:
    """One process of a program with a Runtime API of its own, which hands out one invocation after the other."""

    def __init__(self, command, variables, body, output=subprocess.DEVNULL):
        self.asked = queue.Queue()
        self.given = queue.Queue()
        self.errors = []
        self.server = Server(self.answer)
        # The payload of a batch with this number. Log events that come again are not published again.
        self.body = body
        self.number = 0
        began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            env=variables | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}"},
            stdout=output,
        )
        self.start_ms = (self.asked.get(timeout=LIMIT) - began) * 1e3
        self.start_cpu_ms = self.cpu_ms()

    def answer(self, method, path):
        if method == "GET" and path.endswith("/invocation/next"):
            self.asked.put(time.perf_counter())
            self.given.get()
            headers = {
                "lambda-runtime-aws-request-id": REQUEST_ID,
                "lambda-runtime-deadline-ms": str(int(time.time() * 1000) + LIMIT * 1000),
                "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:111122223333:function:why5xx",
                "content-type": "application/json",
            }
            self.number += 1
            return 200, headers, self.body(self.number)
        if path.endswith("/error"):
            self.errors.append(path)
        return 202, {}, b""

    def invoke(self):
        """Milliseconds and milliseconds of CPU, until the next invocation is asked for."""
        began, cpu_ms = time.perf_counter(), self.cpu_ms()
        self.given.put(None)
        ms = (self.asked.get(timeout=LIMIT) - began) * 1e3
        if self.errors:
            raise SystemExit(f"the program reported an error: {self.errors}")
        return ms, self.cpu_ms() - cpu_ms

    def cpu_ms(self):
        # The CPU clock of another process, as clock_getcpuclockid makes it.
        return time.clock_gettime(~self.process.pid << 3 | 2) * 1e3

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.server.server_close()


class Authority:
    """An authority of this run's own, a server's side of TLS that it vouches for, and a file of all trusted roots."""

    def __init__(self, folder):
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = self.certificate("why5xx bench", root_key, "why5xx bench", root_key, is_root=True)
        leaf = self.certificate("localhost", key, "why5xx bench", root_key, is_root=False)
        pem = serialization.Encoding.PEM
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(pathlib.Path(certifi.where()).read_bytes() + root.public_bytes(pem))
        chain = folder / "server.pem"
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        chain.write_bytes(leaf.public_bytes(pem) + key.private_bytes(pem, *plain))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(chain)

    @staticmethod
    def certificate(subject, key, issuer, issuer_key, is_root):
        def name(text):
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        )
        if not is_root:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        return builder.sign(issuer_key, hashes.SHA256())


def variables(cloudwatch, authority):
    return {
        "AWS_LAMBDA_FUNCTION_NAME": "why5xx",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/why5xx",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_ENDPOINT_URL_CLOUDWATCH": cloudwatch.url,
        "SSL_CERT_FILE": str(authority.roots),
    }


class Figures:
    """What was measured of a program: lists of which medians are taken."""

    def __init__(self, name, program):
        self.name = name
        self.command = [os.path.abspath(program)]
        self.megabytes = os.path.getsize(program) / 1e6
        self.values = {}

    def add(self, name, *values):
        self.values.setdefault(name, []).extend(values)

    def median(self, name):
        return statistics.median(self.values[name]) if name in self.values else None


def run(figures, clear, tls, authority, is_last):
    with Environment(figures.command, variables(clear, authority), failed) as environment:
        figures.add("start", environment.start_ms)
        figures.add("start CPU", environment.start_cpu_ms)
        figures.add("idle", environment.resident_mib())
        figures.add("first", environment.invoke()[0])
        if is_last:
            later = [environment.invoke()[0] for _ in range(INVOCATIONS - 1)]
            figures.add("hundredth", *later[-10:])
            figures.add("used", environment.resident_mib())
    before = tls.requests
    with Environment(figures.command, variables(tls, authority), failed) as environment:
        for which in "first", "second":
            ms, cpu_ms = environment.invoke()
            if tls.requests > before:
                figures.add(f"{which} TLS", ms)
                figures.add(f"{which} TLS CPU", cpu_ms)
    with Environment(figures.command, variables(clear, authority), healthy) as environment:
        environment.invoke()
        figures.add("healthy CPU", *(environment.invoke()[1] for _ in range(HEALTHY)))


COLUMNS = {
    "start": "start ms",
    "start CPU": "CPU",
    "first": "first ms",
    "hundredth": "100th ms",
    "first TLS": "1st TLS ms",
    "first TLS CPU": "CPU",
    "second TLS": "2nd TLS ms",
    "second TLS CPU": "CPU",
    "healthy CPU": "20 events, none failed, CPU",
    "idle": "idle MiB",
    "used": "used MiB",
}


def table(programs):
    yield "| program | MB | " + " | ".join(COLUMNS.values()) + " |"
    yield "|---|---:|" + "---:|" * len(COLUMNS)
    for figures in programs:
        medians = [figures.median(name) for name in COLUMNS]
        cells = ["–" if value is None else f"{value:.2f}" if name == "healthy CPU" else f"{value:.1f}" for name, value in zip(COLUMNS, medians)]
        yield f"| {figures.name} | {figures.megabytes:.2f} | " + " | ".join(cells) + " |"


def goals(ours, bare, usual):
    """What is wanted, what was measured, and whether that is it."""
    times_bare = ours.median("start") / bare.median("start")
    yield f"start / bare at most {START_TIMES_BARE:.0f}", f"{times_bare:.2f}", times_bare <= START_TIMES_BARE
    publish = ours.median("first TLS") / usual.median("first TLS")
    yield "first publish over TLS / usual at most 1", f"{publish:.2f}", publish <= 1
    healthy_times_bare = ours.median("healthy CPU") / bare.median("healthy CPU")
    goal = f"CPU of 20 log events, none failed / bare at most {HEALTHY_TIMES_BARE}"
    yield goal, f"{healthy_times_bare:.2f}", healthy_times_bare <= HEALTHY_TIMES_BARE
    yield f"program at most {MAX_MB:.1f} MB", f"{ours.megabytes:.2f} MB", ours.megabytes <= MAX_MB
    idle = ours.median("idle")
    yield f"resident when idle at most {MAX_IDLE_MIB:.0f} MiB", f"{idle:.1f} MiB", idle <= MAX_IDLE_MIB


def machine():
    cpu = next((line for line in open("/proc/cpuinfo") if line.startswith("model name")), ": an unnamed processor")
    return f"{os.cpu_count()} cores of {cpu.split(':')[1].strip()}, load {os.getloadavg()[0]:.1f} when done"


def report(programs, rounds):
    """The tables, and whether all goals are met."""
    rows = list(goals(*programs))
    lines = [f"{machine()}; medians of {rounds} processes of each.", "", *table(programs), ""]
    lines += ["| goal | measured |", "|---|---:|"]
    lines += [f"| {goal} | {measured}{'' if is_met else ', missed'} |" for goal, measured, is_met in rows]
    return "\n".join(lines) + "\n", all(is_met for _, _, is_met in rows)


def keep(text, ours):
    """Writes the report into the page, and what an invocation costs whatever is in its batch beside the figures."""
    before, mark, rest = PAGE.read_text().partition("<!-- function -->\n")
    PAGE.write_text(f"{before}{mark}{text}<!-- /function -->{rest.partition('<!-- /function -->')[2]}")
    FIGURES.write_text(
        "# Written by `make figures`: ms of CPU, beside what log events take.\n"
        f"# {machine()}\n"
        f"invocation\t{ours.median('second TLS CPU'):.2f}\n"
        f"first invocation\t{ours.median('first TLS CPU'):.2f}\n"
        f"start\t{ours.median('start CPU'):.2f}\n"
        f"invocation without a failure\t{ours.median('healthy CPU'):.2f}\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21, help="processes of each program and kind (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="write the figures where they are kept")
    parser.add_argument("programs", nargs=3, metavar="PROGRAM", help="why5xx's, the bare one, the usual one")
    options = parser.parse_args()
    programs = [Figures(*each) for each in zip(["why5xx", "bare", "usual"], options.programs)]
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(pathlib.Path(folder))
        clear, tls = CloudWatch(), CloudWatch(authority.tls)
        for nth in range(options.rounds):
            for figures in programs:
                run(figures, clear, tls, authority, nth == options.rounds - 1)
    text, is_met = report(programs, options.rounds)
    print(text, end="")
    if options.keep:
        keep(text, programs[0])
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
