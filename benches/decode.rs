//! What decoding costs beside what it cannot do without, and beside the usual ways.
//!
//! `cargo bench --bench decode` prints one table: for each payload the thread's CPU time, median of interleaved rounds,
//! and its ratio to the floor; then what memory decoding takes beyond the payload, in a process of its own. Words behind
//! `--` choose payloads by their names: `cargo bench --bench decode -- "INFO with" bombs`. All ways must count the same
//! events and bytes before the first round.
//!
//! A further way, such as the whole job from batch to tally, is one more entry in [`WAYS`].

#[path = "common/payloads.rs"]
mod payloads;

use std::hint::black_box;
use std::time::Duration;

use aws_lambda_events::cloudwatch_logs::LogsEvent;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use payloads::Kind;
use rustix::time::{ClockId, clock_gettime};
use why5xx::decode::{self, DecodeError, Limits};

/// Size of the windows of every way that has any, in bytes: the decoder's own.
const WINDOW_BYTES: usize = 128 * 1024;

/// What is delivered at once: one subscription event, or the records of a Kinesis batch.
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

    fn count(&self, way: fn(&Part) -> Count) -> Count {
        self.parts.iter().map(way).fold(Count { log_events: Some(0), inflated_bytes: Some(0) }, |sum, count| Count {
            log_events: sum.log_events.zip(count.log_events).map(|(a, b)| a + b),
            inflated_bytes: sum.inflated_bytes.zip(count.inflated_bytes).map(|(a, b)| a + b),
        })
    }
}

impl Part {
    fn new(json: String) -> Self {
        let data = json.trim_start_matches(r#"{"awslogs":{"data":""#).trim_end_matches(r#""}}"#).to_owned();
        let gzip = STANDARD.decode(&data).expect("the payload was encoded here");
        Self { json, data, gzip }
    }
}

/// What a way makes of a payload. What it does not come to know is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    log_events: Option<u64>,
    inflated_bytes: Option<u64>,
}

type Way = (&'static str, fn(&Part) -> Count);

/// The ways that are compared. The first is the floor.
const WAYS: [Way; 5] = [
    ("floor: base64 + inflate", floor),
    ("decode", decoded),
    ("flate2 GzDecoder alone", flate2_alone),
    ("miniz_oxide alone", miniz_oxide_alone),
    ("aws_lambda_events", events_crate),
];

fn floor(part: &Part) -> Count {
    let inflated = decode::inflate_base64_data(part.data.as_bytes(), &Limits::default(), |window| {
        black_box(window);
    });
    Count { log_events: None, inflated_bytes: inflated.ok() }
}

fn decoded(part: &Part) -> Count {
    let decoded = decode::subscription_event(part.json.as_bytes(), &Limits::default(), |_, event| {
        black_box(event);
    });
    let decoded = decoded.expect("the payload was encoded here");
    Count { log_events: Some(decoded.log_events), inflated_bytes: Some(decoded.inflated_bytes) }
}

#[allow(clippy::disallowed_types, reason = "it is what is measured")]
fn flate2_alone(part: &Part) -> Count {
    use std::io::Read as _;

    let mut gunzip = flate2::bufread::GzDecoder::new(&part.gzip[..]);
    let mut window = vec![0; WINDOW_BYTES];
    let mut inflated_bytes = 0;
    loop {
        match gunzip.read(&mut window).expect("the payload was encoded here") {
            0 => return Count { log_events: None, inflated_bytes: Some(inflated_bytes) },
            count => inflated_bytes += black_box(&window[..count]).len() as u64,
        }
    }
}

/// As flate2 uses it: a window at a time, raw, with the same sum. The header is the ten bytes that flate2 writes.
fn miniz_oxide_alone(part: &Part) -> Count {
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let mut window = vec![0; WINDOW_BYTES];
    let (mut rest, mut inflated_bytes) = (&part.gzip[10..], 0);
    let mut crc = crc32fast::Hasher::new();
    loop {
        let result = inflate(&mut state, rest, &mut window, MZFlush::None);
        rest = &rest[result.bytes_consumed..];
        inflated_bytes += result.bytes_written as u64;
        crc.update(&window[..result.bytes_written]);
        if result.status != Ok(MZStatus::Ok) {
            assert_eq!(rest[..4], crc.finalize().to_le_bytes());
            return Count { log_events: None, inflated_bytes: Some(inflated_bytes) };
        }
    }
}

fn events_crate(part: &Part) -> Count {
    let event: LogsEvent = serde_json::from_str(&part.json).expect("the payload was encoded here");
    Count { log_events: Some(event.aws_logs.data.log_events.len() as u64), inflated_bytes: None }
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("CPU time is not negative")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Rounds for a payload: as many as take about two seconds, an odd number.
fn rounds(payload: &Payload) -> usize {
    let before = cpu_time();
    for (_, way) in WAYS {
        black_box(payload.count(way));
    }
    let round = (cpu_time() - before).max(Duration::from_micros(1));
    (Duration::from_secs(2).as_nanos() / round.as_nanos()).clamp(5, 501) as usize | 1
}

fn check(payload: &Payload) -> Count {
    let counts = WAYS.map(|(name, way)| (name, payload.count(way)));
    let sum = payload.count(decoded);
    for (name, count) in counts {
        assert!(count.log_events.is_none_or(|n| Some(n) == sum.log_events), "{}: {name}: {count:?}", payload.name);
        assert!(
            count.inflated_bytes.is_none_or(|n| Some(n) == sum.inflated_bytes),
            "{}: {name}: {count:?}",
            payload.name
        );
    }
    sum
}

#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn measure(payload: &Payload) {
    let count = check(payload);
    let (events, bytes) = (count.log_events.unwrap_or(0), count.inflated_bytes.unwrap_or(0));
    println!(
        "\n{}: {events} events, {} KB payload, {} KB inflated",
        payload.name,
        payload.bytes() / 1000,
        bytes / 1000
    );
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
            black_box(payload.count(WAYS[nth].1));
            times[nth].push(cpu_time() - before);
        }
    }
    let medians = times.map(median);
    for ((name, _), time) in WAYS.iter().zip(medians) {
        let ratio = time.as_secs_f64() / medians[0].as_secs_f64();
        println!("  {name:26} {:10.3} ms {ratio:7.2}", time.as_secs_f64() * 1e3);
    }
}

/// Batches that inflate to far more than they are, in every form that is hard on some step.
#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn bombs() {
    println!("\nbombs: CPU time until the error, at the default limits");
    let event = |x: String| format!(r#"{{"timestamp":0,"message":"","x":{x}}},"#);
    for (name, unit) in [
        ("blanks", " "),
        ("one message", "x"),
        ("backslashes", "\\\\"),
        ("empty events", "{},"),
        ("brackets", "["),
        ("small events", r#"{"id":"","timestamp":0,"message":""},"#),
        ("other events", r#"{"timestamp":0,"message":"","id":"","x":[{}]},"#),
        ("deep events", &event("[".repeat(100_000) + &"]".repeat(100_000))),
        ("wide events", &event(format!("[{}]", ["0"; 100_000].join(",")))),
        ("long keys", &event(format!("{{{:?}:0}}", "\\".repeat(100_000)))),
        ("objects in events", &event(format!("[{}]", ["{}"; 100_000].join(",")))),
    ] {
        let gzip = bomb(name, unit);
        let json = format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode(&gzip));
        let before = cpu_time();
        let error = decode::gzip_data(&gzip, &Limits::default(), |_, event| {
            black_box(event);
        });
        let time = cpu_time() - before;
        assert!(
            matches!(error, Err(DecodeError::TooLarge { .. } | DecodeError::TooManyEvents { .. })),
            "{name}: {error:?}"
        );
        println!("  {name:26} {:10.3} ms", time.as_secs_f64() * 1e3);
        peak_memory(&Payload::new(name.to_owned(), [json]));
    }
}

/// A batch of 300 MB, the unit over and over in `logEvents`.
fn bomb(name: &str, unit: &str) -> Vec<u8> {
    use std::io::Write as _;

    const INFLATED_BYTES: usize = 300_000_000;
    let opening =
        if name == "one message" || name == "backslashes" { r#"{"id":"1","timestamp":1,"message":""# } else { "" };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let head = r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":["#;
    let chunk = unit.repeat(1_000_000 / unit.len());
    gzip.write_all(head.as_bytes()).expect("a Vec takes all bytes");
    gzip.write_all(opening.as_bytes()).expect("a Vec takes all bytes");
    for _ in 0..INFLATED_BYTES / chunk.len() {
        gzip.write_all(chunk.as_bytes()).expect("a Vec takes all bytes");
    }
    gzip.finish().expect("a Vec takes all bytes")
}

/// Prints what decoding adds to the most memory that a process takes which has read the payload.
#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
fn peak_memory(payload: &Payload) {
    let file = std::env::temp_dir().join(format!("why5xx-bench-{}.json", std::process::id()));
    for part in payload.parts.iter().take(1) {
        let printed = std::fs::write(&file, &part.json).and_then(|()| {
            let program = std::env::current_exe()?;
            std::process::Command::new(program).arg(PEAK).arg(&file).output()
        });
        let printed = printed.expect("the bench can run itself");
        println!("  {}", String::from_utf8_lossy(&printed.stdout).trim_end());
    }
    // A file left behind in the directory for such files does no harm.
    let _ = std::fs::remove_file(&file);
}

/// First argument of the process that [`peak_memory`] starts.
const PEAK: &str = "--peak-memory-of";

/// What that process does.
#[expect(clippy::print_stdout, reason = "the bench that started this process reads it")]
fn print_peak_memory(file: &str) {
    let payload = std::fs::read(file).expect("the bench has written the file");
    let before = memory_kib("VmRSS:");
    let decoded = decode::subscription_event(&payload, &Limits::default(), |_, event| {
        black_box(event);
    });
    let outcome = decoded.map_or_else(|error| error.to_string(), |decoded| format!("{} events", decoded.log_events));
    println!(
        "memory: {before} KiB with the payload, {} KiB more to decode it ({outcome})",
        memory_kib("VmHWM:").saturating_sub(before)
    );
}

/// The memory that this process takes, or the most that it has taken so far, in KiB; 0 where the system does not tell.
fn memory_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
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

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [first, file] = &words[..]
        && first == PEAK
    {
        return print_peak_memory(file);
    }
    words.retain(|word| !word.starts_with("--"));
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    for (name, make) in Kind::ALL.into_iter().flat_map(payloads_of).filter(|(name, _)| chosen(name)) {
        let payload = Payload::new(name, make());
        measure(&payload);
        peak_memory(&payload);
    }
    if chosen("bombs") {
        bombs();
    }
}
