//! The commands that remedies and pages offer: what changes something stands under Fix and says what it changes, what
//! replaces the whole of something says so, nothing waits for input, and each finds what it is there to find.
//!
//! `tests/commands` parses them with the models of the AWS CLI. The first steps in `template.yaml` come from the same table;
//! `tests/it/dashboard.rs` compares them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::http::{self, Answer};
use why5xx::cause::{self, RemedyStep};

/// The steps of one remedy or of one page, in order. A step is prose with the commands that belong to it.
struct Steps {
    source: String,
    steps: Vec<String>,
}

/// Verbs of the AWS CLI that add, though their names begin like those of verbs that replace.
const APPENDING: &[&str] = &["put-log-events", "put-metric-data"];

/// Prefixes of verbs that replace all of what they name: whatever the command leaves out is gone or a default again.
const REPLACING_PREFIXES: &[&str] = &["put-", "set-", "reimport-"];

/// Other verbs that do so.
const REPLACING: &[&str] = &["update-assume-role-policy", "update-user-pool", "update-user-pool-client"];

/// Options whose value replaces a whole map, list or structure of what is otherwise updated field by field.
const REPLACING_OPTIONS: &[&str] = &[
    "--access-log-settings",
    "--environment",
    "--layers",
    "--security-group-ids",
    "--security-groups",
    "--vpc-config",
];

fn every_remedy_and_page() -> Vec<Steps> {
    let remedies = cause::built_in()
        .map(|cause| Steps { source: cause.id.to_owned(), steps: cause.remedy.steps().map(str::to_owned).collect() });
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.chain([root.join("README.md")]).filter(|path| path.extension().is_some_and(|ext| ext == "md"));
    let pages = pages.map(|path| Steps {
        source: path.display().to_string(),
        steps: steps_of_markdown(&std::fs::read_to_string(&path).unwrap()),
    });
    remedies.chain(pages).collect()
}

/// Splits a page into paragraphs and list items, each with the code blocks that follow it.
fn steps_of_markdown(page: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let (mut is_code, mut is_after_blank) = (false, false);
    for line in page.replace("\\\n", " ").lines() {
        let text = line.trim_start();
        let is_fence = text.starts_with("```");
        let is_item = text.starts_with("- ") || text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(". ");
        // An indented paragraph goes on with its item.
        let is_new = is_item || is_after_blank && !line.starts_with("  ");
        if !is_code && !is_fence && is_new && !text.is_empty() {
            steps.push(String::new());
        }
        is_after_blank = text.is_empty() && !is_code;
        is_code ^= is_fence;
        let step = steps.last_mut().unwrap();
        step.push_str(line);
        step.push('\n');
    }
    steps
}

/// Returns a command of the step that replaces the whole of something, where the step does not say so.
fn replaces_without_saying_so(step: &str) -> Option<String> {
    let words: Vec<&str> =
        step.split(|c: char| c.is_whitespace() || c == '`').filter(|word| !word.is_empty()).collect();
    let is_replacing = |verb: &str| {
        let begins_so = REPLACING_PREFIXES.iter().any(|prefix| verb.starts_with(prefix));
        REPLACING.contains(&verb) || begins_so && !APPENDING.contains(&verb)
    };
    let verbs = words.windows(3).filter(|three| three[0] == "aws" && is_replacing(three[2])).map(|three| three[2]);
    let mut found = verbs.chain(words.iter().copied().filter(|word| REPLACING_OPTIONS.contains(word)));
    let says_so = step.contains("replaces") || step.contains("resets");
    found.next().filter(|_| !says_so).map(str::to_owned)
}

/// Returns an `openssl s_client` that may wait: for input, without `</dev/null`, or for a silent server, without `timeout`.
fn waits_for_input(step: &str) -> Option<String> {
    let commands = step.match_indices("openssl s_client").map(|(at, _)| (&step[..at], &step[at..]));
    let commands = commands.map(|(before, rest)| (before, rest.split(['|', '`', '\n']).next().unwrap_or(rest)));
    let ends = |before: &str, command: &str| {
        let words: Vec<&str> = before.split_whitespace().rev().take(2).collect();
        command.contains("</dev/null") && words.get(1).is_some_and(|word| word.trim_start_matches('`') == "timeout")
    };
    commands.into_iter().find(|(before, command)| !ends(before, command)).map(|(_, command)| command.to_owned())
}

/// Verbs of the AWS CLI that only read, by their prefixes. A query of Logs Insights reads, too.
const READING: &[&str] =
    &["describe-", "filter-log-events", "get-", "head-", "list-", "lookup-events", "simulate-", "start-query", "tail"];

/// Returns a command that changes something, runs code of the owner's or sends a request that may change something.
///
/// `(aws SERVICE VERB` → VERB unless it reads; of `curl`, any method but GET and HEAD
fn changes_something(step: &str) -> Option<String> {
    let words: Vec<&str> = step.split(|c: char| c.is_whitespace() || c == '`').filter(|w| !w.is_empty()).collect();
    let is_name = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let of_aws = words.windows(3).filter(|three| three[0] == "aws" && is_name(three[1]) && is_name(three[2]));
    let mut changing = of_aws.map(|three| three[2]).filter(|verb| !READING.iter().any(|read| verb.starts_with(read)));
    let of_curl = || {
        step.lines()
            .filter(|line| line.contains("curl "))
            .find(|line| [" -X ", " --request ", " -d ", " --data"].iter().any(|option| line.contains(option)))
    };
    changing.next().or_else(of_curl).map(str::to_owned)
}

/// Returns a read of a log without a beginning, or with one in the wrong unit: `filter-log-events` and `get-log-events` take
/// milliseconds, `start-query` seconds.
fn reads_a_log_without_a_beginning(step: &str) -> Option<String> {
    const READS: &[(&str, bool)] =
        &[("aws logs filter-log-events ", true), ("aws logs get-log-events ", true), ("aws logs start-query ", false)];
    let commands = READS.iter().flat_map(|(verb, is_in_ms)| {
        let rests = step.match_indices(verb).map(|(at, _)| &step[at..]);
        rests.map(|rest| (rest.split(['\n', '`']).next().unwrap_or(rest), *is_in_ms))
    });
    let is_right = |command: &str, is_in_ms: bool| {
        command.split_once("--start-time ").is_some_and(|(_, rest)| {
            let value = rest.split(" --").next().unwrap_or(rest);
            (value.contains("000") || value.contains("_MS")) == is_in_ms
        })
    };
    commands.into_iter().find(|(command, ms)| !is_right(command, *ms)).map(|(command, _)| command.to_owned())
}

/// Returns a command whose method of a resource is written out: most routes have another.
fn writes_a_method_out(step: &str) -> Option<String> {
    let methods = step.split("--http-method ").skip(1).map(|rest| rest.split(' ').next().unwrap_or(rest));
    methods.into_iter().find(|method| matches!(*method, "GET" | "POST" | "PUT" | "DELETE")).map(str::to_owned)
}

/// Returns a pipe that hands a whole chain to one `openssl x509`, which reads the first certificate and no other.
fn shows_the_first_certificate_alone(step: &str) -> Option<String> {
    let pipes = step.lines().filter_map(|line| line.split_once("-showcerts"));
    let next = pipes.filter_map(|(_, rest)| rest.split('|').nth(1));
    next.into_iter().find(|stage| stage.trim_start().starts_with("openssl x509")).map(str::to_owned)
}

/// Returns a search of a function's log by request id that no read of the stream follows, or that has no beginning.
///
/// A stack trace need not carry the id: the search finds the lines around it and not the trace.
fn search_that_misses_the_trace(steps: &[String]) -> Option<String> {
    let text = steps.join("\n");
    let commands = text.split("aws logs ").skip(1).map(|rest| rest.split(['\n', '`']).next().unwrap_or(rest));
    let commands: Vec<&str> = commands.collect();
    let begins = |command: &str| command.contains("--start-time ");
    let is_search =
        |command: &str| ["filter-log-events ", "/aws/lambda/", "REQUEST_ID"].iter().all(|part| command.contains(part));
    let is_read = |command: &str| command.starts_with("get-log-events ") && command.contains("--log-stream-name ");
    let missed = commands.iter().enumerate().find(|(at, command)| {
        let is_read_next = commands.get(at + 1).is_some_and(|next| is_read(next) && begins(next));
        is_search(command) && !(is_read_next && begins(command))
    });
    missed.map(|(_, command)| (*command).to_owned())
}

/// Fails with all that a rule finds in the steps.
fn assert_none(rule: impl Fn(&str) -> Option<String>) {
    let all = every_remedy_and_page();
    let found = all.iter().flat_map(|Steps { source, steps }| {
        steps.iter().filter_map(|step| Some(format!("{source}: {}\n{step}", rule(step)?))).collect::<Vec<_>>()
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_command_that_replaces_the_whole_of_something_says_so() {
    assert_none(replaces_without_saying_so);
}

#[test]
fn what_is_pasted_with_a_command_is_a_command() {
    // A statement or a format in the same block would be run by the shell, and the command behind it unedited.
    let mut wrong = Vec::new();
    for cause in cause::built_in() {
        for step in cause.remedy.steps() {
            let (commands, others): (Vec<_>, Vec<_>) =
                RemedyStep::new(step).code.lines().partition(|line| !line.starts_with(['{', '[']));
            if !commands.is_empty() && !others.is_empty() {
                wrong.push(format!("{}: {others:?}", cause.id));
            }
        }
    }
    assert!(wrong.is_empty(), "these stand among commands:\n{}", wrong.join("\n"));
}

#[test]
fn what_changes_something_stands_under_fix_alone() {
    let mut wrong = Vec::new();
    for cause in cause::built_in() {
        for step in cause.remedy.confirm.iter().chain(cause.remedy.prevent) {
            wrong.extend(changes_something(step).map(|verb| format!("{}: {verb}\n{step}", cause.id)));
        }
    }
    assert!(wrong.is_empty(), "these change something outside of Fix:\n{}", wrong.join("\n"));
}

#[test]
fn a_fix_says_how_to_undo_it() {
    let runs_only = ["for real", "real request"];
    let mut wrong = Vec::new();
    for cause in cause::built_in() {
        for step in cause.remedy.fix.iter().filter(|step| changes_something(RemedyStep::new(step).code).is_some()) {
            if !step.contains("undo") && !runs_only.iter().any(|words| step.contains(words)) {
                wrong.push(format!("{}: {step}", cause.id));
            }
        }
    }
    assert!(wrong.is_empty(), "these do not say how to undo them:\n{}", wrong.join("\n"));
}

#[test]
fn what_a_command_prints_is_explained() {
    let mut wrong = Vec::new();
    for cause in cause::built_in() {
        for step in cause.remedy.steps() {
            let RemedyStep { code, reading, .. } = RemedyStep::new(step);
            if !code.is_empty() && !code.starts_with('{') && reading.is_empty() {
                wrong.push(format!("{}: {code}", cause.id));
            }
        }
    }
    assert!(wrong.is_empty(), "these leave the reader alone with the output:\n{}", wrong.join("\n"));
}

#[test]
fn a_log_is_read_from_a_time_on() {
    assert_none(reads_a_log_without_a_beginning);
}

#[test]
fn no_command_is_for_one_method_alone() {
    assert_none(writes_a_method_out);
}

#[test]
fn no_command_waits_for_input() {
    assert_none(waits_for_input);
}

#[test]
fn no_command_shows_the_first_certificate_of_a_chain_alone() {
    assert_none(shows_the_first_certificate_alone);
}

#[test]
fn a_search_of_a_function_s_log_by_request_id_is_followed_by_the_read_of_the_stream() {
    for Steps { source, steps } in every_remedy_and_page() {
        assert_eq!(search_that_misses_the_trace(&steps), None, "{source}");
    }
}

#[test]
fn each_rule_finds_what_it_is_for() {
    for silent in [
        "Grant it:\naws iam put-role-policy --role-name ROLE --policy-name P --policy-document file://p.json",
        "Allow it: `aws iam update-assume-role-policy --role-name ROLE --policy-document file://p.json`.",
        "Set it:\naws lambda update-function-configuration --function-name FUNCTION --environment Variables={A=b}",
    ] {
        assert!(replaces_without_saying_so(silent).is_some(), "{silent}");
        assert_eq!(replaces_without_saying_so(&format!("This replaces all of it. {silent}")), None);
    }
    for harmless in [
        "aws apigateway update-integration --patch-operations op=replace,path=/timeoutInMillis,value=5000",
        "aws logs put-log-events --log-group-name GROUP --log-stream-name STREAM --log-events file://lines.json",
        "aws lambda update-function-configuration --function-name FUNCTION --timeout 20",
        "see set-up-lambda-proxy-integrations.html",
    ] {
        assert_eq!(replaces_without_saying_so(harmless), None, "{harmless}");
    }
    assert!(waits_for_input("timeout 9 openssl s_client -connect HOST:443 | openssl x509 -noout </dev/null").is_some());
    assert!(waits_for_input("Try `timeout 9 openssl s_client -connect HOST:443`; </dev/null ends it").is_some());
    assert!(waits_for_input("openssl s_client -connect HOST:443 </dev/null").is_some());
    assert_eq!(waits_for_input("timeout 9 openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout"), None);
    for changing in
        ["See it: `aws lambda invoke --function-name F out`", "aws iam put-role-policy", "curl -X POST https://H/"]
    {
        assert!(changes_something(changing).is_some(), "{changing}");
    }
    for reading in ["aws lambda get-policy --function-name F", "aws logs start-query --a b", "curl -v https://H/"] {
        assert_eq!(changes_something(reading), None, "{reading}");
    }
    for wrong in [
        "aws logs filter-log-events --log-group-name G",
        "aws logs filter-log-events --start-time START_S --log-group-name G",
        "aws logs start-query --start-time $(($(date +%s) - 3600))000 --end-time 1",
    ] {
        assert!(reads_a_log_without_a_beginning(wrong).is_some(), "{wrong}");
    }
    for right in [
        "aws logs filter-log-events --log-group-name G --start-time $(($(date +%s) - 3600))000 --filter-pattern x",
        "aws logs start-query --start-time $(($(date +%s) - 86400)) --end-time $(date +%s)",
    ] {
        assert_eq!(reads_a_log_without_a_beginning(right), None, "{right}");
    }
    assert_eq!(writes_a_method_out("--http-method GET --query a").as_deref(), Some("GET"));
    assert_eq!(writes_a_method_out("--http-method METHOD --query a"), None);
    let chain = "openssl s_client -connect HOST:443 -showcerts </dev/null |";
    assert!(shows_the_first_certificate_alone(&format!("{chain} openssl x509 -noout -dates")).is_some());
    assert_eq!(shows_the_first_certificate_alone(&format!("{chain} awk '{{print | \"openssl x509\"}}'")), None);

    let search =
        "aws logs filter-log-events --log-group-name /aws/lambda/F --filter-pattern '\"REQUEST_ID\"'".to_owned();
    let recent = format!("{search} --start-time START_MS");
    let read = "aws logs get-log-events --log-stream-name STREAM --start-time FROM_MS".to_owned();
    for misses in [vec![search.clone()], vec![recent.clone()], vec![search, read.clone()]] {
        assert!(search_that_misses_the_trace(&misses).is_some(), "{misses:?}");
    }
    assert_eq!(search_that_misses_the_trace(&[recent, read]), None);
}

#[test]
fn a_step_of_a_page_is_a_paragraph_or_an_item_with_its_code() {
    let page = "One\nparagraph:\n\n```sh\naws a b \\\n  --c\n\nd\n```\n\n- item\n  goes on\n\n  ```text\n  e\n  ```\n\n  its reading\n\n- next\n1. last\n";
    let steps = steps_of_markdown(page);
    let starts: Vec<&str> = steps.iter().map(|step| step.lines().next().unwrap()).collect();
    assert_eq!(starts, ["One", "- item", "- next", "1. last"]);
    assert!(steps[0].contains("aws a b    --c\n\nd"), "{}", steps[0]);
    assert!(steps[1].contains("  e\n") && steps[1].contains("its reading"), "{}", steps[1]);
}

/// Parameters of a certificate with this name that is valid until the last day of `last_year`.
fn certificate(name: &str, is_ca: bool, last_year: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_after = date_time_ymd(last_year, 12, 31);
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

/// A server that sends three certificates: its own, an intermediate that has expired, and the root.
fn server_with_a_chain() -> std::net::SocketAddr {
    let key = || KeyPair::generate().unwrap();
    let root = CertifiedIssuer::self_signed(certificate("root", true, 2061), key()).unwrap();
    let intermediate = CertifiedIssuer::signed_by(certificate("intermediate", true, 2021), key(), &root).unwrap();
    let (own_key, issuer): (KeyPair, &Issuer<'_, KeyPair>) = (key(), &intermediate);
    let own = certificate("own", false, 2041).signed_by(&own_key, issuer).unwrap();
    let chain = vec![own.der().clone(), intermediate.der().clone(), root.der().clone()];
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der())))
        .unwrap();
    http::serve_tls(Arc::new(tls), |_| Answer::Cut)
}

#[test]
fn the_remedy_of_an_expired_certificate_lists_every_certificate_of_the_chain() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed, so the command of the remedy cannot run");
        return;
    }
    let cause = cause::built_in().find(|cause| cause.id == "tls_certificate_expired").unwrap();
    let commands = cause.remedy.confirm.iter().flat_map(|step| RemedyStep::new(step).code.lines());
    let command = commands.into_iter().find(|line| line.contains("s_client")).expect("a command that asks the server");
    let address = server_with_a_chain();
    let command = command.replace("HOST:443", &address.to_string()).replace("HOST", "localhost");

    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    // OpenSSL 3.2 leaves the blanks around `=` out.
    let lines = String::from_utf8(output.stdout).unwrap().replace(' ', "");
    let names = ["own", "intermediate", "root"].map(|name| lines.find(&format!("CN={name}\n")));
    assert!(names.iter().all(Option::is_some) && names.is_sorted(), "{command}\n{lines}");
    let ends: Vec<&str> = lines.lines().filter_map(|line| line.strip_prefix("notAfter=Dec31")).collect();
    assert_eq!(ends, ["00:00:002041GMT", "00:00:002021GMT", "00:00:002061GMT"], "{command}");
}
