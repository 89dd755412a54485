"""An emulator of AWS on 127.0.0.1 that runs the function's real `bootstrap` as a child process.

What it does not do, so that nothing here proves it: it checks no limit of PutMetricData, evaluates no filter pattern
beyond plain terms, runs no schedule whose target is a log group, makes no alarm on an expression and no saved query,
reads no dashboard, and enforces no IAM, memory or architecture.
"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

REGION = "us-east-1"

# Seconds; it takes about one and a half.
START_LIMIT = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(endpoint):
    """The caller's environment without its AWS account: whatever runs with it can reach the emulator alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }


@contextlib.contextmanager
def running(program: pathlib.Path, folder: pathlib.Path, **more):
    """Starts the emulator, hands over its endpoint, and ends it and the functions that it started. `more` are its variables."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    log = folder / "emulator.log"
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program],
            env=environment(endpoint) | settings | more,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A process group of its own, so that the functions end with it and nothing else does.
            start_new_session=True,
        )
        try:
            wait_until_healthy(process, endpoint, log)
            yield endpoint
        finally:
            stop(process)


def leave_out_what_it_cannot_make(template: pathlib.Path):
    """Takes the resources out of a built template that the emulator refuses, those in loops too. Returns their logical ids."""
    lines = template.read_text().splitlines(keepends=True)
    first = lines.index("Resources:\n") + 1
    kept, missing = lines[:first], []
    at = first
    while at < len(lines):
        end = end_of_block(lines, at)
        if is_unknown(lines[at:end]):
            missing.append(lines[at].strip().rstrip(":"))
            at = end
        else:
            kept.append(lines[at])
            at += 1
    text = "".join(kept)
    for name in missing:
        # The dashboard names them.
        text = text.replace(f"${{{name}.Arn}}", name)
    template.write_text(with_selections(text))
    return missing


def end_of_block(lines, at):
    """The line behind what belongs to the key in this line."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
        end += 1
    return end


def is_unknown(block):
    """Whether a key and what belongs to it is a resource that the emulator cannot make."""
    indent = " " * (len(block[0]) - len(block[0].lstrip()) + 2)
    of_expression = f"{indent}Type: AWS::CloudWatch::Alarm\n" in block and f"{indent}  Metrics:\n" in block
    return f"{indent}Type: AWS::Logs::QueryDefinition\n" in block or of_expression


def with_selections(text):
    """The same with conditions that the emulator works out: it knows Select in them, and not Join."""
    text = re.sub(r"!Join \['', !Ref (\w+LogGroups)\]", r"!Select [0, !Ref \1]", text)
    text = re.sub(r"Fn::Join:(\s+- )''(\s+- Ref: \w+LogGroups\n)", r"Fn::Select:\g<1>0\2", text)
    # No bucket here has REGION in its name.
    return re.sub(r"Fn::Join:\s+- ''\s+- Fn::Split:\s+- REGION\s+- (Ref: CodeBucket\n)(?=\s+- Ref: CodeBucket\n)", r"\1", text)


def wait_until_healthy(process, endpoint, log):
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise RuntimeError(f"the emulator ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the emulator did not answer in {START_LIMIT} s:\n{log.read_text()[-4000:]}")


def stop(process):
    for how, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            break
    # The leader has ended; a function that outlived it has not.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    # What `sam build` wrote, before it is deployed by hand. The lists have an alarm each.
    left_out = leave_out_what_it_cannot_make(pathlib.Path(sys.argv[1]))
    left_out = {re.sub(r"^\w+DeliveryAlarm&.*", "DeliveryAlarm&{EachLogGroup}", name) for name in left_out}
    print("left out, because the emulator cannot make it:", *sorted(left_out))
