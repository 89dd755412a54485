//! Properties that hold for any input: nothing panics, nobody's text counts, nobody's text comes out.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::pipeline::Counted;
use why5xx::tally::CountKey;

use crate::simulation::client::HOSTILE;
use crate::simulation::random::Random;
use crate::simulation::request::{End, Level, Request, Words, Writer};
use crate::simulation::run::{add, count, counts_of, differences, environment};
use crate::simulation::tales::TALES;
use crate::simulation::world::{
    Batch, Chain, Counts, Form, PLACES, Plan, batches_of_whole_parts, chains, parts, truth,
};
use crate::support::command::command;
use crate::support::count::count_events;
use crate::support::filter_pattern::{Pattern, default_execution_pattern};

/// A log group of each kind, with lines of it that count.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
        &[
            "(0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5) Execution failed due to a timeout error",
            "(0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5) Method completed with status: 504",
        ],
    ),
    ("/aws/apigateway/a1b2c3d4e5/prod", &["(0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5) Method completed with status: 503"]),
    (
        "/shop/access",
        &[
            r#"{"requestId":"0c1d2e3f","apiId":"a1b2c3d4e5","stage":"prod","status":"504","errorResponseType":"INTEGRATION_TIMEOUT"}"#,
        ],
    ),
    (
        "/aws/lambda/orders",
        &["REPORT RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tDuration: 3000.00 ms\tStatus: timeout"],
    ),
    (
        "/vpc/flow",
        &["2 111122223333 eni-0a1b2c3d 10.0.1.5 10.0.2.7 443 51000 6 10 840 1700000000 1700000060 REJECT OK"],
    ),
];

fn header(log_group: &str) -> BatchHeader {
    BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "111122223333".to_owned(),
        log_group: log_group.to_owned(),
        log_stream: "stream".to_owned(),
        ..BatchHeader::default()
    }
}

fn counted(log_group: &str, messages: &[&[u8]]) -> Counted {
    let event = |message| LogEvent { id: b"", timestamp_ms: 1_781_000_000_000, message: Message::plain(message) };
    count_events(&environment(), &header(log_group), messages.iter().map(|message| event(*message)))
}

fn keys(counted: &Counted) -> Vec<(CountKey, u64)> {
    counted.tally.counts().map(|(key, count)| (key.clone(), count)).collect()
}

/// Bytes of any kind, and pieces of log lines in any order.
fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let pieces = select(vec![
        "(",
        ")",
        " ",
        "{",
        "}",
        "\"",
        ":",
        ",",
        "\t",
        "\n",
        "=",
        "-",
        "<",
        ">",
        "[",
        "]",
        "\\",
        "%",
        "5",
        "502",
        "200",
        "é",
        "\u{0}",
        "status",
        "payload",
        "error",
        "message",
        "errorMessage",
        "RequestId: ",
        "REPORT ",
        "version",
        "action",
        "REJECT",
        "Execution failed",
        "Method completed with status: ",
        "Gateway response type: ",
        " UTC ",
        "Thu May 04 17:48:21 UTC 2023 : ",
        "2024-05-04T17:48:21Z",
        "platform.report",
        "\"status\":\"502\"",
        "\"record\":",
    ]);
    let soup = vec(pieces, 0..30).prop_map(|pieces| pieces.concat().into_bytes());
    vec(prop_oneof![vec(any::<u8>(), 0..200), soup], 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic_in_any_kind_of_log(messages in messages()) {
        for (log_group, _) in GROUPS {
            let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            counted(log_group, &messages);
        }
    }

    #[test]
    fn bytes_that_are_no_log_line_change_no_count(bytes in vec(vec(any::<u8>(), 0..200), 1..8), at in any::<prop::sample::Index>()) {
        for (log_group, lines) in GROUPS {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            let mut mixed = lines.clone();
            let at = at.index(mixed.len() + 1);
            mixed.splice(at..at, bytes.iter().map(Vec::as_slice));
            prop_assert_eq!(keys(&counted(log_group, &lines)), keys(&counted(log_group, &mixed)), "{}", log_group);
        }
    }
}

/// Anything that a client could write: any text, or the gateway's own sentences.
fn client_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        select(HOSTILE).prop_map(str::to_owned),
        (any::<String>(), select(HOSTILE), any::<String>())
            .prop_map(|(before, text, after)| [&before, text, &after].concat()),
    ]
}

/// One request of each tale and of each other kind. What is not the client's is the same for the same seed.
fn requests(seed: u64, words: &Words, end: Option<fn(u16) -> End>) -> Vec<Chain> {
    let mut random = Random::new(seed);
    let mut made = Vec::new();
    let write = |number: usize, random: &mut Random| -> Request {
        let id = random.uuid();
        let writer = Writer::new(random, &id, words);
        match number.checked_sub(TALES.len()) {
            None => writer.failed(&TALES[number], end.map(|end| end(TALES[number].status))),
            Some(0) => writer.healthy(),
            Some(1) => writer.refused(),
            Some(2) => writer.backend_failed(),
            Some(_) => writer.gateway_answered(),
        }
    };
    for number in 0..TALES.len() + 4 {
        let request = write(number, &mut random);
        made.push(Chain {
            place: PLACES[number % PLACES.len()],
            id: request.id,
            lines: request.lines,
            counts: vec![request.counts],
            overlaps: false,
        });
    }
    made
}

fn batches(chains: &[Chain], level: Level, form: Form, seed: u64) -> Vec<Batch> {
    let mut random = Random::new(seed);
    let parts = parts(chains, level, form, 50, &mut random);
    batches_of_whole_parts(parts, &mut random)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_a_client_writes_creates_hides_or_relabels_a_count(
        texts in vec(client_text(), 1..6),
        seed in any::<u64>(),
        form in select(vec![Form::Text, Form::Json(&["api_id", "stage"]), Form::Plain("\t")]),
    ) {
        // A cut at 1,024 bytes behind a client's text could take the gateway's own words with it.
        let short = |text: String| text.chars().take(120).collect();
        let words = Words { client: texts.into_iter().map(short).collect(), ..Words::default() };
        let chains = requests(seed, &words, None);
        let wrong = differences(&truth(&chains, Level::Trace), &counts_of(&batches(&chains, Level::Trace, form, seed)));
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_order_of_different_requests_changes_no_count(seed in any::<u64>(), one in any::<u64>(), other in any::<u64>()) {
        let chains = chains(&Plan { seed, chains: 60, ids_repeat: true });
        let counts = |order| counts_of(&batches(&chains, Level::Info, Form::Text, order));
        prop_assert_eq!(counts(one), counts(other));
    }
}

#[test]
fn nothing_that_a_client_writes_relabels_a_count_under_the_default_pattern() {
    let pattern = Pattern::parse(&default_execution_pattern()).expect("the template's default pattern");
    for (seed, text) in (90..).zip(HOSTILE) {
        let words = Words { client: vec!["17".to_owned(), "18".to_owned(), (*text).to_owned()], ..Words::default() };
        let chains = requests(seed, &words, Some(End::Completed));
        let mut batches = batches(&chains, Level::Trace, Form::Text, seed);
        for batch in &mut batches {
            batch.events.retain(|event| pattern.matches(&event.message));
        }
        let wrong = differences(&truth(&chains, Level::Trace), &counts_of(&batches));
        assert!(wrong.is_empty(), "{text:?}:\n{}", wrong.join("\n"));
    }
}

/// Text that may come out nowhere. Not a word of the platform's, so that no shape may keep it.
const SECRET: &str = "hunter2-zXq9";

/// Everybody's words, each with the secret in it.
fn telling_words() -> Words {
    let with_secret = |text: &str| format!("{SECRET} {text} {SECRET}");
    let words = Words::default();
    let all = |texts: &[String]| texts.iter().map(|text| with_secret(text)).collect();
    Words { client: all(&words.client), function: all(&words.function), backend: all(&words.backend) }
}

#[test]
fn what_clients_and_functions_write_comes_out_nowhere() {
    let words = telling_words();
    let mut input = String::new();
    for (seed, form) in (80..).zip([Form::Text, Form::Json(&["api_id", "stage"]), Form::Plain("|")]) {
        let chains = requests(seed, &words, None);
        let mut pipeline = environment();
        for batch in batches(&chains, Level::Trace, form, seed) {
            assert!(batch.events.iter().any(|event| event.message.contains(SECRET)), "nothing is planted");
            let counted = count(&mut pipeline, &batch);
            let mut counts = Counts::new();
            add(&mut counts, &counted.tally);
            let said = format!("{:?} {:?} {:?}", counts, counted.shapes, counted.exemplars);
            assert!(!said.contains(SECRET), "{said}");
            input.push_str(&batch.payload());
            input.push('\n');
        }
    }
    for arguments in [&["replay"][..], &["replay", "--json"], &["replay", "--metrics"]] {
        let output = command(arguments, input.as_bytes());
        for written in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(written).contains(SECRET), "{arguments:?}");
        }
    }
}
