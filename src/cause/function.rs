//! Causes that end a function without an error of its own. Only its own log shows them.

use super::Need::SeparateLog;
use super::Pattern::ErrorType;
use super::{Cause, Family, Kind, LogKind, Rank, Remedy, Role, function_log};

pub(super) const CAUSES: &[Cause] = &[Cause {
    id: "lambda_runtime_exit",
    formerly: &[],
    role: Some(Role::ProcessExited),
    title: "The runtime process ended",
    family: Family::Lambda,
    kind: Kind::Broken,
    rank: Rank::Named,
    statuses: &[502, 500],
    needs: &[SeparateLog(LogKind::Lambda)],
    patterns: &[ErrorType("^sandbox.failure$")],
    remedy: Remedy {
        means: "The process that runs the function's code ended during an invocation, with an exit status or by a signal, \
                without an answer. The next request pays for a cold start.",
        confirm: &[
            "Which function is it, and did its runtime, native module or extension change? Find the exits (the \
                 last hour):\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - \
                 3600))000 --filter-pattern '?\"Runtime exited\" ?\"Process exited\" ?\"Runtime.ExitError\"' --query \
                 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 The text names an exit status or a signal. What stood before it is in the same stream: read that as \
                 for lambda_unhandled_error. No output: another function, Region or hour.",
            "Exit status of a crash: 127 or 126 is an executable that is missing or not for this architecture; \
                 128 in Node.js often an unhandled rejection in an extension; 134 or `signal: aborted` an abort in \
                 native code; 139 or `signal: segmentation fault` a crash in it.",
            "`signal: killed` with Max Memory Used at Memory Size is lambda_out_of_memory. Without it, /tmp, file \
                 descriptors (1,024) or processes and threads (1,024) may have run out.",
            "Look for code that ends the process: `process.exit`, `sys.exit`, `os.Exit`, a command-line program \
                 called as a handler, a fatal assertion; and for promises and threads that outlive the handler: what \
                 they raise later ends the process in the middle of somebody else's invocation.",
            "Which extensions are attached? In the log of the API all this is counted as lambda_unhandled_error:\n\
                 aws lambda get-function-configuration --function-name FUNCTION --query \
                 '[Runtime,Architectures,Layers[].Arn]'\n\n\
                 null in the last place: no layers, so no extension but one that the package brings.",
        ],
        fix: &[
            "Return or raise instead of ending the process; await promises and threads.",
            "Update the native module, built for this runtime and architecture.",
            "An extension that crashes takes the environment with it: update or detach it. `--layers` of \
                 `update-function-configuration` replaces the whole list: note it first.",
        ],
        prevent: &["Invoke the function after each deployment, before the alias moves, and alarm on Errors."],
    },
    docs: &[
        "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-execution.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    ],
    since: "0.1.0",
    examples: &[function_log(&[
        "START RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451 Version: $LATEST",
        "RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451 Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
        "END RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451",
        "REPORT RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451\tDuration: 207.81 ms\tBilled Duration: 208 ms\tMemory Size: 256 MB\tMax Memory Used: 74 MB\tStatus: error\tError Type: Runtime.ExitError",
    ])],
    near_misses: &[
        // Killed at the limit of its memory.
        function_log(&[
            "START RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619 Version: $LATEST",
            "RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619 Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            "END RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619",
            "REPORT RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619\tDuration: 1893.12 ms\tBilled Duration: 1894 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: error\tError Type: Runtime.ExitError",
        ]),
        // What a function says of a process of its own.
        function_log(&[
            "START RequestId: 8cbdc814-6e1a-406c-9364-60f7c105842d Version: $LATEST",
            "2024-05-04T17:48:21.117Z\t8cbdc814-6e1a-406c-9364-60f7c105842d\tERROR\tconverter: Runtime exited with error: exit status 1, trying the other one",
            "END RequestId: 8cbdc814-6e1a-406c-9364-60f7c105842d",
            "REPORT RequestId: 8cbdc814-6e1a-406c-9364-60f7c105842d\tDuration: 512.20 ms\tBilled Duration: 513 ms\tMemory Size: 256 MB\tMax Memory Used: 120 MB\t",
        ]),
    ],
}];
