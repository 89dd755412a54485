"""`why5xx doctor` and `why5xx replay --log-group` on an emulator that checks signatures and permissions."""

import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import pytest

import emulator

PROJECT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = PROJECT / "target/debug/why5xx"

# What the emulator does not know, so that doctor cannot look at it.
UNKNOWN = {"account policies on metrics from logs", "account policies that subscribe every log group"}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    # It then checks the signature of each request, and the policies of who signed it.
    with emulator.running(PROJECT / ".tools/emulator/bin/ministack", tmp_path_factory.mktemp("emulator"), AUTH="true") as url:
        yield url


@pytest.fixture(scope="module")
def api(endpoint):
    """A REST API whose execution log has a failure; its log group and the keys of a user with the least policy."""
    def client(service):
        return boto3.client(service, endpoint_url=endpoint, region_name=emulator.REGION,
                            aws_access_key_id="test", aws_secret_access_key="test")

    gateway, logs, iam = client("apigateway"), client("logs"), client("iam")
    api = gateway.create_rest_api(name="orders")["id"]
    gateway.create_deployment(restApiId=api, stageName="prod")
    level = {"op": "replace", "path": "/*/*/logging/loglevel", "value": "ERROR"}
    gateway.update_stage(restApiId=api, stageName="prod", patchOperations=[level])
    group = f"API-Gateway-Execution-Logs_{api}/prod"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "(r-1) Execution failed due to a timeout error"}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    iam.create_user(UserName="reader")
    policy = subprocess.run([COMMAND, "doctor", "--policy"], capture_output=True, text=True, check=True).stdout
    iam.put_user_policy(UserName="reader", PolicyName="doctor", PolicyDocument=policy)
    keys = iam.create_access_key(UserName="reader")["AccessKey"]
    return {"id": api, "group": group, "keys": (keys["AccessKeyId"], keys["SecretAccessKey"]), "iam": iam}


def why5xx(endpoint, keys, *arguments):
    environment = emulator.environment(endpoint) | {"AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1]}
    return subprocess.run([COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=300)


def test_doctor_looks_at_everything_with_the_least_policy(endpoint, api):
    done = why5xx(endpoint, api["keys"], "doctor", "--json")
    assert done.returncode == 1, done.stderr
    survey = json.loads(done.stdout)
    assert {row["what"] for row in survey["not_looked_at"]} <= UNKNOWN, survey["not_looked_at"]
    [stage] = survey["stages"]
    assert (stage["api_id"], stage["level"], stage["log_group"]) == (api["id"], "ERROR", api["group"])
    assert {"nothing_deployed", "lower_level"} <= {finding["id"] for finding in survey["findings"]}


def test_doctor_says_which_permission_is_missing(endpoint, api):
    denied = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "logs:DescribeLogGroups", "Resource": "*"}]}
    api["iam"].put_user_policy(UserName="reader", PolicyName="less", PolicyDocument=json.dumps(denied))
    try:
        survey = json.loads(why5xx(endpoint, api["keys"], "doctor", "--json").stdout)
    finally:
        api["iam"].delete_user_policy(UserName="reader", PolicyName="less")
    assert "logs:DescribeLogGroups" in {row["needs"] for row in survey["not_looked_at"]}, survey["not_looked_at"]


def test_a_wrong_secret_is_one_sentence(endpoint, api):
    for arguments in (["doctor"], ["replay", "--log-group", api["group"], "--since", "1h"]):
        done = why5xx(endpoint, (api["keys"][0], "not-the-secret"), *arguments)
        assert done.returncode == 2 and "check the secret access key" in done.stderr, done.stderr


def test_a_log_group_is_read_with_a_signature(endpoint, api):
    arguments = ["replay", "--log-group", api["group"], "--since", "1h", "--filter", "all", "--json"]
    done = why5xx(endpoint, api["keys"], *arguments)
    assert done.returncode == 2 and "logs:FilterLogEvents" in done.stderr, done.stderr
    done = why5xx(endpoint, ("test", "test"), *arguments)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["errors"] == 1


@pytest.mark.skipif("MICROBURST" not in os.environ, reason="MICROBURST names no fault proxy (pip install microburst)")
def test_throttles_and_cut_answers_of_a_fault_proxy_lose_nothing(endpoint, api):
    port = emulator.free_port()
    url = f"http://127.0.0.1:{port}"
    rules = [
        {"service": "logs", "operation": "FilterLogEvents", "times": 3, "error": {"code": "ThrottlingException"}},
        {"service": "logs", "operation": "FilterLogEvents", "times": 1, "response": {"truncate_frac": 0.5}},
        {"service": "apigateway", "times": 3, "error": {"code": "TooManyRequestsException", "status": 429}},
    ]
    with subprocess.Popen([os.environ["MICROBURST"], "--upstream", endpoint, "--port", str(port), "--host", "127.0.0.1"]) as proxy:
        try:
            control(f"{url}/_microburst/rules", rules)
            read = why5xx(url, ("test", "test"), "replay", "--log-group", api["group"], "--since", "1h", "--filter", "all", "--json")
            survey = why5xx(url, ("test", "test"), "doctor", "--json")
            fired = control(f"{url}/_microburst/fired")
        finally:
            proxy.terminate()
    assert read.returncode == 0 and json.loads(read.stdout)["errors"] == 1, read.stderr
    rows = json.loads(survey.stdout)["not_looked_at"]
    assert {row["what"] for row in rows} <= UNKNOWN, rows
    assert len(fired) == 7, fired


def control(url, body=None):
    """Asks the fault proxy, once it answers."""
    for _ in range(100):
        try:
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(url, data, {"content-type": "application/json"}, method="PATCH" if data else "GET")
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.URLError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer")
