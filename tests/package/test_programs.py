"""The programs of a release answer invocations, and that of another architecture answers as this machine's own does.

Another architecture's runs under qemu's emulation of a processor, where that is installed: `qemu-aarch64-static`, and the
C library of arm64 in /usr/aarch64-linux-gnu.
"""

import base64
import gzip
import json
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import time

import pytest

PROJECT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "benches"))

import function

OWN = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
# The search path as well as the prefix: two C libraries of arm64 may be here, and the loader of the one with the library
# of the other hangs where a thread is started.
ARM64_ROOT = "/usr/aarch64-linux-gnu"
QEMU = ["qemu-aarch64-static", "-L", ARM64_ROOT, "-E", f"LD_LIBRARY_PATH={ARM64_ROOT}/lib"]
RUNNERS = {"arm64": QEMU} | {OWN: []}

# Requests of the batch that is made up: enough for many windows of the decoder, and under emulation done in seconds.
REQUESTS = 3000

# Most bytes of a program, with notifier and survey in it.
MOST_BYTES = 6_300_000

# Fields of the function's log that hold times, which differ.
TIMES = {"countMs", "publishMs", "timestamp"}


def command(architecture):
    program = PROJECT / "target/lambda" / architecture / "why5xx-lambda/bootstrap"
    runner = RUNNERS.get(architecture)
    if runner is None or (runner and not shutil.which(runner[0])):
        pytest.skip(f"nothing here runs programs of {architecture}")
    if not program.exists() and architecture != OWN:
        pytest.skip(f"make package has not built for {architecture}")
    assert program.exists(), "make package has not built"
    return [*runner, str(program)]


def large_batch(ascii):
    """Requests of which every third fails, with the characters that a decoder takes care of: escaped, or as they are."""
    now_ms = int(time.time() * 1000)
    texts = []
    for nth in range(REQUESTS):
        request_id = f"{nth:08x}-0f2e-4a57-9f63-2b1c8e4d7a90"
        body = '{"note": "a \\"quoted\\" word, a back\\\\slash, \t, \u00e9\u4e16\U0001f600, \u0007"}' * (nth % 7)
        failure = ["Execution failed due to a timeout error", "Lambda invocation failed with status: 429"][nth % 2]
        texts += [
            f"({request_id}) Starting execution for request: {request_id}",
            f"({request_id}) Endpoint response body before transformations: {body}",
            f"({request_id}) {failure if nth % 3 == 0 else 'Method request body: '}",
            f"({request_id}) Method completed with status: {504 if nth % 3 == 0 else 200}",
        ]
    events = [{"id": f"{nth:056}", "timestamp": now_ms, "message": text} for nth, text in enumerate(texts)]
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "API-Gateway-Execution-Logs_b3x7mk20qe/live",
        # Another stream, for the same log events a second time would be duplicates.
        "logStream": f"0f1e2d3c4b5a69788796a5b4c3d2e1f{int(ascii)}",
        "subscriptionFilters": ["why5xx"],
        "logEvents": events,
    }
    text = json.dumps(batch, ensure_ascii=ascii)
    return json.dumps({"awslogs": {"data": base64.b64encode(gzip.compress(text.encode())).decode()}}).encode()


@pytest.fixture(scope="module")
def payloads():
    large = [large_batch(ascii) for ascii in (True, False)]
    return large + [path.read_bytes() for path in sorted((PROJECT / "events").glob("*.json"))]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return function.Authority(tmp_path_factory.mktemp("authority"))


def answers(command, payloads, authority, folder):
    """What a program writes: counts, exemplars and the lines of batches, in no order and without the times."""
    cloudwatch = function.CloudWatch()
    variables = function.variables(cloudwatch, authority) | {"WHY5XX_SINK": "stdout"}
    written = folder / "written"
    with written.open("wb") as output, function.Environment(command, variables, function.failed, output) as environment:
        for payload in payloads:
            environment.body = lambda _: payload
            environment.invoke()
    lines = []
    for line in written.read_text().splitlines():
        if line.startswith("{"):
            fields = {name: each for name, each in json.loads(line).items() if name not in TIMES}
            lines.append(json.dumps(fields))
        else:
            # Without the minute, which may pass meanwhile.
            lines.append(line.partition(" ")[2])
    return sorted(lines)


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_a_batch_is_published_over_tls(architecture, authority):
    cloudwatch = function.CloudWatch(authority.tls)
    variables = function.variables(cloudwatch, authority)
    with function.Environment(command(architecture), variables, function.failed) as environment:
        environment.invoke()
        environment.invoke()
    assert cloudwatch.requests == 2


@pytest.mark.parametrize("architecture", RUNNERS)
def test_a_program_is_small(architecture):
    size = pathlib.Path(command(architecture)[-1]).stat().st_size
    assert size <= MOST_BYTES, f"{architecture}: {size} bytes"


def test_all_architectures_answer_alike(payloads, authority, tmp_path):
    found = {}
    for architecture in RUNNERS:
        folder = tmp_path / architecture
        folder.mkdir()
        found[architecture] = answers(command(architecture), payloads, authority, folder)
    expected = found[OWN]
    assert any("Errors 500 ApiId=b3x7mk20qe Stage=live Cause=integration_timeout" in line for line in expected)
    for architecture, lines in found.items():
        assert lines == expected, architecture


def test_the_command_of_this_machine_counts_what_ships_with_it(tmp_path):
    [packed] = (PROJECT / "target/package").glob(f"why5xx-*-linux-{OWN}.tar.gz")
    with tarfile.open(packed) as tar:
        tar.extractall(tmp_path, filter="data")
    done = subprocess.run([tmp_path / "why5xx", "replay", "--json", PROJECT / "events"], capture_output=True, text=True)
    assert json.loads(done.stdout)["errors"] > 0, done.stderr
