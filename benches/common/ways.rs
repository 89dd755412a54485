//! The ways to read a batch that the benches compare.

#![allow(clippy::disallowed_types, reason = "what inflates is measured here")]

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use aws_lambda_events::cloudwatch_logs::LogsEvent;
use base64_simd::Out;
use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use regex::RegexSet;
use why5xx::cause::Table;
use why5xx::decode::{self, Limits};
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;

use crate::{Part, Payload};

/// Size of the windows of every way that has any, in bytes: the decoder's own.
const WINDOW_BYTES: usize = 128 * 1024;

/// Digits of base64 to decode at a time, as the decoder does.
const BASE64_BYTES: usize = 64 * 1024;

/// The header of a gzip member that flate2 writes.
const GZIP_HEADER_BYTES: usize = 10;

/// Failures by cause.
pub(crate) type Causes = BTreeMap<String, u64>;

/// Count of a way for a payload: None where the way does not find it out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) log_events: Option<u64>,
    pub(crate) inflated_bytes: Option<u64>,
    pub(crate) causes: Option<Causes>,
}

/// A name for the table, and what is done with each part of a payload.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) count: fn(&Part) -> Count,
}

/// The ways that are compared, in the order of the table.
pub(crate) const WAYS: [Way; 6] = [
    Way { name: "floor: base64 + inflate", count: floor },
    Way { name: "decode", count: decoded },
    Way { name: "whole job", count: whole_job },
    Way { name: "flate2 GzDecoder alone", count: flate2_alone },
    Way { name: "miniz_oxide alone", count: miniz_oxide_alone },
    Way { name: "events crate + RegexSet", count: events_crate },
];

/// Places in [`WAYS`].
pub(crate) const FLOOR: usize = 0;
/// See [`FLOOR`].
pub(crate) const DECODE: usize = 1;
/// See [`FLOOR`].
pub(crate) const WHOLE_JOB: usize = 2;
/// See [`FLOOR`].
pub(crate) const MINIZ: usize = 4;
/// See [`FLOOR`].
pub(crate) const EVENTS_CRATE: usize = 5;

impl Payload {
    /// The sums over all parts.
    pub(crate) fn count(&self, way: Way) -> Count {
        let mut sum = Count::default();
        for count in self.parts.iter().map(way.count) {
            let add = |sum: &mut Option<u64>, more: Option<u64>| *sum = more.map(|more| sum.unwrap_or(0) + more);
            add(&mut sum.log_events, count.log_events);
            add(&mut sum.inflated_bytes, count.inflated_bytes);
            if let Some(causes) = count.causes {
                let all = sum.causes.get_or_insert_default();
                for (cause, count) in causes {
                    *all.entry(cause).or_default() += count;
                }
            }
        }
        sum
    }
}

/// Does the work that no reader of a batch can do without, by the libraries and in the sizes of the decoder. Its inflater is
/// kept from batch to batch, too.
fn floor(part: &Part) -> Count {
    thread_local! {
        static INFLATER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
    }
    INFLATER.with_borrow_mut(|inflater| {
        let digits = part.data.trim_end_matches('=').as_bytes();
        let mut decoded = vec![0; BASE64_BYTES.min(digits.len()).div_ceil(4) * 3];
        let mut window = vec![0; WINDOW_BYTES.min(part.gzip.len() * 16)];
        let (mut crc, mut filled, mut header_bytes) = (Hasher::new(), 0, GZIP_HEADER_BYTES);
        inflater.reset(false);
        'all: for digits in digits.chunks(BASE64_BYTES) {
            let mut rest = &*base64_simd::STANDARD_NO_PAD
                .decode(digits, Out::from_slice(&mut decoded))
                .expect("the payload was encoded here");
            rest = &rest[std::mem::take(&mut header_bytes)..];
            loop {
                let (read, made) = (inflater.total_in(), inflater.total_out());
                let status = inflater.decompress(rest, &mut window[filled..], FlushDecompress::None);
                rest = &rest[(inflater.total_in() - read) as usize..];
                let made = (inflater.total_out() - made) as usize;
                crc.update(&window[filled..filled + made]);
                filled += made;
                let is_full = filled == window.len();
                if is_full {
                    black_box(&window);
                    filled = 0;
                }
                match status.expect("the payload was encoded here") {
                    Status::StreamEnd => break 'all,
                    _ if rest.is_empty() && !is_full => break,
                    _ => {}
                }
            }
        }
        black_box(&window[..filled]);
        assert!(
            part.gzip.ends_with(&[crc.finalize().to_le_bytes(), (inflater.total_out() as u32).to_le_bytes()].concat())
        );
        Count { inflated_bytes: Some(inflater.total_out()), ..Count::default() }
    })
}

fn decoded(part: &Part) -> Count {
    let decoded = decode::subscription_event(part.json.as_bytes(), &Limits::default(), &mut |_, event| {
        black_box(event);
    });
    decoded.map_or_else(
        |_| Count::default(),
        |decoded| Count {
            log_events: Some(decoded.log_events),
            inflated_bytes: Some(decoded.inflated_bytes),
            causes: None,
        },
    )
}

/// From the event to the tally, as the function does it. What it remembers of a batch is dropped.
fn whole_job(part: &Part) -> Count {
    static PIPELINE: LazyLock<Pipeline> =
        LazyLock::new(|| Pipeline::new(Arc::new(Settings::default()), Table::default()));
    let Ok(counted) = PIPELINE.count(part.json.as_bytes()) else { return Count::default() };
    let mut causes = Causes::new();
    for (key, count) in counted.tally.counts() {
        *causes.entry(key.cause.to_owned()).or_default() += count;
    }
    Count {
        log_events: Some(counted.decoded.log_events),
        inflated_bytes: Some(counted.decoded.inflated_bytes),
        causes: Some(causes),
    }
}

fn flate2_alone(part: &Part) -> Count {
    use std::io::Read as _;

    let mut gunzip = flate2::bufread::GzDecoder::new(&part.gzip[..]);
    let mut window = vec![0; WINDOW_BYTES];
    let mut inflated_bytes = 0;
    loop {
        match gunzip.read(&mut window).expect("the payload was encoded here") {
            0 => return Count { inflated_bytes: Some(inflated_bytes), ..Count::default() },
            count => inflated_bytes += black_box(&window[..count]).len() as u64,
        }
    }
}

/// As flate2 uses it: a window at a time, raw, with the same sum.
fn miniz_oxide_alone(part: &Part) -> Count {
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let mut window = vec![0; WINDOW_BYTES];
    let (mut rest, mut inflated_bytes) = (&part.gzip[GZIP_HEADER_BYTES..], 0);
    let mut crc = Hasher::new();
    loop {
        let result = inflate(&mut state, rest, &mut window, MZFlush::None);
        rest = &rest[result.bytes_consumed..];
        inflated_bytes += result.bytes_written as u64;
        crc.update(&window[..result.bytes_written]);
        if result.status != Ok(MZStatus::Ok) {
            assert_eq!(rest[..4], crc.finalize().to_le_bytes());
            return Count { inflated_bytes: Some(inflated_bytes), ..Count::default() };
        }
    }
}

/// The usual program: AWS's types for the event, one pattern for each way a failure reads, counted by request ID.
fn events_crate(part: &Part) -> Count {
    let event: LogsEvent = serde_json::from_str(&part.json).expect("the payload was encoded here");
    let data = &event.aws_logs.data;
    let rules = &*RULES;
    let mut causes = Causes::new();
    let mut add = |cause: &str| *causes.entry(cause.to_owned()).or_default() += 1;
    let mut open: HashMap<&str, &str> = HashMap::new();
    for event in &data.log_events {
        let message = event.message.as_str();
        // Behind the request ID the patterns can be bound to the start, which makes the set many times as fast.
        let (id, said) = match message.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
            Some((id, said)) => (id, said),
            None => ("", message),
        };
        let Some(rule) = rules.set.matches(said).iter().next() else { continue };
        match rules.means[rule] {
            Means::Completed => {
                let cause = open.remove(id);
                if message.contains("status: 5") {
                    add(cause.unwrap_or("backend_error_response"));
                }
            }
            Means::Failure(cause) => {
                open.entry(id).or_insert(cause);
            }
            Means::Line(cause) => add(cause),
        }
    }
    open.into_values().for_each(add);
    Count { log_events: Some(data.log_events.len() as u64), inflated_bytes: None, causes: Some(causes) }
}

struct Rules {
    set: RegexSet,
    means: Vec<Means>,
}

#[derive(Clone, Copy)]
enum Means {
    Completed,
    Failure(&'static str),
    Line(&'static str),
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut rules = vec![
        ("^Method completed with status: [0-9]".to_owned(), Means::Completed),
        (r#"^\{.*"status":"5[0-9][0-9]""#.to_owned(), Means::Line("backend_error_response")),
        ("^[^\t]*\t[^\t]*\tERROR\t(?:Invoke|Uncaught) ".to_owned(), Means::Line("lambda_unhandled_error")),
    ];
    for line in include_str!("../usual/patterns.tsv").lines() {
        let (cause, pattern) = line.split_once('\t').expect("each line has a cause and a pattern");
        rules.push((format!("^{}", pattern.replace(r"\d", "[0-9]")), Means::Failure(cause)));
    }
    let set = RegexSet::new(rules.iter().map(|(pattern, _)| pattern)).expect("the patterns are written here");
    Rules { set, means: rules.into_iter().map(|(_, means)| means).collect() }
});
