//! Cost of a batch beside that of what no reader can do without, and beside the usual ways.
//!
//! `cargo bench` prints one table for each payload: CPU time, the median of interleaved rounds; its ratio to the floor
//! and to what `miniz_oxide` (flate2's default) takes merely to inflate the payload; and the most memory that the way
//! takes beyond the payload, in a process of its own. Python and Node run in processes of their own, whose memory is
//! counted as a whole. Before the first round all ways must count the same log events, bytes and causes.
//!
//! At the end the dearest lines of 8 KiB: one that takes a millisecond fails the bench.
//!
//! Words behind `--` choose payloads by their names: `cargo bench --bench batch -- "INFO with" bomb`. With
//! `--instructions` callgrind counts the instructions instead, and each kind of log is held to its bound. With `--figures`
//! the figures are written that the cost sheet is computed from.

#[path = "common/bombs.rs"]
mod bombs;
#[path = "../tests/it/support/count.rs"]
mod count;
#[path = "common/figures.rs"]
mod figures;
#[path = "common/instructions.rs"]
mod instructions;
#[path = "common/lines.rs"]
mod lines;
#[path = "common/payloads.rs"]
mod payloads;
#[path = "common/processes.rs"]
mod processes;
#[path = "common/ways.rs"]
mod ways;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use payloads::Kind;
use processes::{File, PROGRAMS};
use rustix::time::{ClockId, clock_gettime};
use ways::{Count, DECODE, EVENTS_CRATE, FLOOR, MINIZ, WAYS, WHOLE_JOB};
use why5xx::cause::Table;
use why5xx::decode::{self, DecodeError, Limits};

/// Payload of one delivery: one subscription event, or the records of a Kinesis batch.
struct Payload {
    name: String,
    parts: Vec<Part>,
}

/// A batch in the form that each way is given.
struct Part {
    /// The subscription event.
    json: String,
    /// Its base64.
    data: String,
    gzip: Vec<u8>,
}

impl Payload {
    fn new(name: String, parts: impl IntoIterator<Item = String>) -> Self {
        Self { name, parts: parts.into_iter().map(Part::new).collect() }
    }

    fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.json.len()).sum()
    }
}

impl Part {
    fn new(json: String) -> Self {
        let data = json.trim_start_matches(r#"{"awslogs":{"data":""#).trim_end_matches(r#""}}"#).to_owned();
        let gzip = STANDARD.decode(&data).expect("the payload was encoded here");
        Self { json, data, gzip }
    }
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("CPU time is not negative")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Rounds for a payload: as many as take about two seconds, an odd number.
fn rounds(payload: &Payload) -> usize {
    let before = cpu_time();
    for way in WAYS {
        black_box(payload.count(way));
    }
    let round = (cpu_time() - before).max(Duration::from_micros(1));
    (Duration::from_secs(2).as_nanos() / round.as_nanos()).clamp(5, 501) as usize | 1
}

/// All ways that count something must count the same.
fn check(payload: &Payload, name: &str, count: &Count, expected: &Count) {
    fn is_same<T: PartialEq>(count: &Option<T>, expected: &Option<T>) -> bool {
        count.is_none() || count == expected
    }
    let is_same = is_same(&count.log_events, &expected.log_events)
        && is_same(&count.inflated_bytes, &expected.inflated_bytes)
        && is_same(&count.causes, &expected.causes);
    assert!(is_same, "{}: {name} counts {count:?}, the whole job {expected:?}", payload.name);
}

/// The medians of all ways, in milliseconds.
fn times(payload: &Payload) -> [f64; WAYS.len()] {
    let rounds = rounds(payload);
    let mut times = WAYS.map(|_| Vec::with_capacity(rounds));
    let mut order: Vec<usize> = (0..WAYS.len()).collect();
    for round in 0..rounds {
        // Whoever comes behind the way that takes most memory finds cold caches, so each takes its turn at that.
        for place in 0..order.len() {
            order.swap(place, (round * 7 + place * 3) % WAYS.len());
        }
        for &nth in &order {
            let before = cpu_time();
            black_box(payload.count(WAYS[nth]));
            times[nth].push(milliseconds(cpu_time() - before));
        }
    }
    times.map(median)
}

#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn measure(payload: &Payload) {
    let expected = payload.count(WAYS[WHOLE_JOB]);
    for way in WAYS {
        check(payload, way.name, &payload.count(way), &expected);
    }
    let failures: u64 = expected.causes.iter().flatten().map(|(_, count)| count).sum();
    println!(
        "\n{}: {} events, {} KB payload, {} KB inflated, {failures} failures",
        payload.name,
        expected.log_events.unwrap_or(0),
        payload.bytes() / 1000,
        expected.inflated_bytes.unwrap_or(0) / 1000
    );
    println!("  {:32}{:>13}{:>9}{:>9}{:>13}", "", "CPU", "/ floor", "/ miniz", "memory");
    let times = times(payload);
    let file = File::of(payload);
    let line = |name: &str, ms: f64, kib: u64| {
        println!("  {name:32}{ms:10.3} ms{:9.2}{:9.2}{kib:9} KiB", ms / times[FLOOR], ms / times[MINIZ]);
    };
    for (nth, (way, ms)) in WAYS.iter().zip(times).enumerate() {
        line(way.name, ms, processes::peak_kib(nth, &file));
    }
    let mut beside = vec![("events crate + RegexSet", times[EVENTS_CRATE])];
    for (name, interpreter, program) in PROGRAMS {
        let rounds = (1_000.0 / (times[EVENTS_CRATE] * 2.0)).clamp(3.0, 51.0) as usize | 1;
        match processes::run(interpreter, program, &file, rounds) {
            Some(printed) => {
                check(payload, name, &printed.count(), &expected);
                let ms = median(printed.cpu_ms);
                line(name, ms, printed.peak_kib);
                beside.push((name, ms));
            }
            None => println!("  {name:32} not installed"),
        }
    }
    let times_as_fast: Vec<_> =
        beside.into_iter().map(|(name, ms)| format!("{:.1} x {name}", ms / times[WHOLE_JOB])).collect();
    println!("  the whole job is as fast as {}", times_as_fast.join(", "));
}

/// Measures the time and memory that it takes to refuse a batch.
#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn measure_bomb(payload: &Payload) {
    let data = payload.parts[0].data.as_bytes();
    let error = decode::base64_data(data, &Limits::default(), &mut |_, event| {
        black_box(event);
    });
    assert!(
        matches!(error, Err(DecodeError::TooLarge { .. } | DecodeError::TooManyEvents { .. })),
        "{}: {error:?}",
        payload.name
    );
    let file = File::of(payload);
    for nth in [DECODE, WHOLE_JOB] {
        let before = cpu_time();
        black_box(payload.count(WAYS[nth]));
        let ms = milliseconds(cpu_time() - before);
        let kib = processes::peak_kib(nth, &file);
        println!("  {:26} {:10} {ms:10.3} ms {kib:9} KiB", payload.name, WAYS[nth].name);
    }
}

#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn measure_tables() {
    let times = (0..101).map(|_| {
        let before = cpu_time();
        black_box(Table::default());
        milliseconds(cpu_time() - before) * 1e3
    });
    println!("\ntables ready: {:.1} us (median of 101)", median(times.collect()));
}

fn payloads_of(kind: Kind) -> impl Iterator<Item = (String, Box<dyn Fn() -> Vec<String>>)> {
    let counts = [100, 1_000, 10_000].map(|count| {
        let make: Box<dyn Fn() -> Vec<String>> = Box::new(move || vec![payloads::payload(kind, count, 1)]);
        (format!("{}, {count} events", kind.name()), make)
    });
    let largest: Box<dyn Fn() -> Vec<String>> = Box::new(move || vec![payloads::payload_of_bytes(kind, 1 << 20, 1)]);
    let kinesis: Box<dyn Fn() -> Vec<String>> = Box::new(move || payloads::kinesis_payloads(kind, 6 << 20, 1));
    counts.into_iter().chain([
        (format!("{}, 1 MB asynchronous event", kind.name()), largest),
        (format!("{}, 6 MiB Kinesis batch", kind.name()), kinesis),
    ])
}

#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if processes::is_peak(&words) || instructions::is_watched(&words) {
        return ExitCode::SUCCESS;
    }
    if words == ["--instructions"] {
        return if instructions::check() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if words == ["--figures"] {
        figures::write().expect("benches/figures/batch.tsv can be written");
        return ExitCode::SUCCESS;
    }
    words.retain(|word| !word.starts_with("--"));
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    measure_tables();
    for (name, make) in Kind::ALL.into_iter().flat_map(payloads_of).filter(|(name, _)| chosen(name)) {
        measure(&Payload::new(name, make()));
    }
    if chosen("requests") {
        measure(&bombs::many_ids(100_000));
    }
    if chosen("bomb") {
        println!("\nbombs: CPU time until the error, at the default limits, and memory beyond the payload");
        bombs::all().for_each(|bomb| measure_bomb(&bomb));
    }
    if chosen("lines") && !lines::check() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
