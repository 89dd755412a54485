"""What Lambda bills for a million log events, from the CPU time that the benches measured.

    benches/cost.py --events 10000 --cpu-ms 2.5 [--overhead-ms 1.0] [--memory-mb 128 ...]

A function has a share of one CPU in proportion to its memory until it has a whole one, so that the CPU time of a batch
takes longer by that share. The prices are those of x86_64 in us-east-1; give others where they differ.
"""

import argparse
import math

# Lambda Developer Guide, "Configure Lambda function memory": at 1,769 MB a function has the equivalent of one vCPU.
MB_OF_ONE_CPU = 1769

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--events", type=int, required=True, help="log events of a batch")
parser.add_argument("--cpu-ms", type=float, required=True, help="CPU time of the whole job on such a batch")
parser.add_argument("--overhead-ms", type=float, default=1.0, help="CPU time of an invocation beside it")
parser.add_argument("--wait-ms", type=float, default=20.0, help="time that CloudWatch takes to answer, which is billed too")
parser.add_argument("--memory-mb", type=int, nargs="+", default=[128, 256, 512, 1769])
parser.add_argument("--gb-second", type=float, default=0.0000166667, help="price in dollars")
parser.add_argument("--million-requests", type=float, default=0.20, help="price in dollars")
options = parser.parse_args()

batches = 1e6 / options.events
for memory_mb in options.memory_mb:
    share = min(1.0, memory_mb / MB_OF_ONE_CPU)
    # Lambda bills whole milliseconds.
    billed_ms = math.ceil((options.cpu_ms + options.overhead_ms) / share + options.wait_ms)
    seconds = batches * billed_ms / 1e3
    dollars = seconds * memory_mb / 1024 * options.gb_second + batches / 1e6 * options.million_requests
    print(f"{memory_mb:5} MB: {billed_ms:6} ms a batch, {seconds * 1e3:10.0f} ms and ${dollars:.6f} a million log events")
