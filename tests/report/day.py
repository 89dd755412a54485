"""A simulated day of an API's execution log, and the browser that shows its page."""

import os
import subprocess

CHROMIUM = os.environ.get("CHROMIUM", "chromium")
LOG_GROUP = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod"

# Failures of one API in the course of a day: text of an execution log, its HTTP status, and every how many minutes.
FAILURES = [
    ("Execution failed due to configuration error: Malformed Lambda proxy response", 502, 3),
    ("Execution failed due to a timeout error", 504, 7),
    ("Execution failed due to configuration error: Invalid permissions on Lambda function", 500, 11),
    ("Execution failed due to configuration error: Invalid endpoint address", 500, 60),
    ("Execution failed due to an internal error", 500, 90),
    ("Execution failed due to a kind of error that nobody has seen", 500, 200),
]

# What a deployment broke: text, status, and the minutes of the day.
OUTAGE = ("Execution failed due to configuration error: Host name 'stock.example.com' does not match the certificate", 500, range(830, 935))


def a_day():
    """Lines of an exported execution log."""
    for minute in range(24 * 60):
        failed = [(text, status) for text, status, every in FAILURES if minute % every == 0]
        text, status, minutes = OUTAGE
        failed += [(text, status)] * (minute in minutes)
        for number, (text, status) in enumerate(failed):
            request = f"{minute:08x}-0000-4000-8000-{number:012x}"
            for second, message in enumerate((text, f"Method completed with status: {status}")):
                time = f"2026-05-04T{minute // 60:02}:{minute % 60:02}:{number * 2 + second:02}.000Z"
                yield f"{time} ({request}) {message}\n"


def chromium(folder, *arguments):
    """Runs Chromium without a window; returns what it prints."""
    command = [
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--allow-file-access-from-files",
        f"--user-data-dir={folder / 'profile'}",
        *arguments,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
