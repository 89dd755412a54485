// The usual function in Node, with one regular expression for all causes.
//
// `usual.mjs FILE ROUNDS` counts the subscription events in FILE, one a line, ROUNDS times. It prints one JSON object:
// the causes, the number of log events, the CPU time of each round and the most memory that the first round took.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const rows = readFileSync(new URL("patterns.tsv", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"));
const line = new RegExp(
  String.raw`^\(([^)]{1,64})\) (?:Method completed with status: (\d+)|` +
    rows.map(([, pattern]) => `(${pattern})`).join("|") +
    ")",
);
const access = /"status":"5\d\d"/;
const ofFunction = /\tERROR\t(?:Invoke|Uncaught) /;

function count(event, causes) {
  const data = JSON.parse(gunzipSync(Buffer.from(JSON.parse(event).awslogs.data, "base64")).toString("utf8"));
  const add = (cause) => causes.set(cause, (causes.get(cause) ?? 0) + 1);
  const open = new Map();
  const isExecution = data.logGroup.startsWith("API-Gateway-Execution-Logs_");
  const isFunction = data.logGroup.startsWith("/aws/lambda/");
  for (const { message } of data.logEvents) {
    if (isExecution) {
      const found = line.exec(message);
      if (!found) continue;
      const [, id, status] = found;
      if (status === undefined) {
        if (!open.has(id)) open.set(id, rows[found.findIndex((group, nth) => nth > 2 && group !== undefined) - 3][0]);
      } else {
        if (status.startsWith("5")) add(open.get(id) ?? "backend_error_response");
        open.delete(id);
      }
    } else if (isFunction) {
      if (ofFunction.test(message)) add("lambda_unhandled_error");
    } else if (access.test(message)) {
      add("backend_error_response");
    }
  }
  for (const cause of open.values()) add(cause);
  return data.logEvents.length;
}

const events = readFileSync(process.argv[2], "utf8").trimEnd().split("\n");
const cpuMs = [];
let causes, logEvents, peakKib;
for (let nth = 0; nth < Number(process.argv[3]); nth++) {
  causes = new Map();
  const before = process.cpuUsage();
  logEvents = events.reduce((sum, event) => sum + count(event, causes), 0);
  const { user, system } = process.cpuUsage(before);
  cpuMs.push((user + system) / 1e3);
  peakKib ??= process.resourceUsage().maxRSS;
}
console.log(
  JSON.stringify({ causes: Object.fromEntries(causes), log_events: logEvents, cpu_ms: cpuMs, peak_kib: peakKib }),
);
