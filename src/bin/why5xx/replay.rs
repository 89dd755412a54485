//! `why5xx replay`: every input through the pipeline, the counts added up.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use why5xx::cause::UNCLASSIFIED;
use why5xx::decode::{EventCallback, Limits};
use why5xx::pipeline::{Counted, Exemplar, Pipeline};
use why5xx::tally::Tally;

use crate::configuration::Configuration;
use crate::html::{self, PageTarget};
use crate::input::folder::{self, Found};
use crate::input::{self, Part, Reader};
use crate::progress::Progress;
use crate::publish::{self, Target};
use crate::terminal::Color;
use crate::time::Span;
use crate::{Failed, UNREADABLE, inputs_or_stdin, is_stdin, report};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files or folders; `-` is the standard input
    inputs: Vec<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Print the PutMetricData requests, as sent on the day of the log: one JSON document a line, instead of tables
    #[arg(long, conflicts_with = "json")]
    metrics: bool,
    /// Send the counts to CloudWatch, all but those too old for it
    #[arg(long)]
    publish: bool,
    /// Where CloudWatch is, other than the region's own endpoint
    #[arg(long, value_name = "URL", requires = "publish")]
    endpoint_url: Option<String>,
    /// Write a page with charts, too: one file, to open in a browser; `-` is the standard output
    ///
    /// An older page is replaced, once the new one is complete. An input, and any other file that is not a page of
    /// why5xx, is never overwritten.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Only log events of this time or later: RFC 3339, or `2h` for two hours ago
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only log events before this time
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// The log group of input that does not tell it
    #[arg(long, value_name = "NAME", default_value = "")]
    log_group: String,
    #[command(flatten)]
    configuration: Configuration,
}

/// What all inputs came to.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) batches: u64,
    pub(crate) log_events: u64,
    /// Times of the first and of the last log event with a time.
    pub(crate) span_ms: Option<(i64, i64)>,
    pub(crate) tally: Tally,
    pub(crate) shapes: BTreeMap<String, u64>,
    /// By cause; the last ones that were read.
    pub(crate) exemplars: BTreeMap<&'static str, VecDeque<Exemplar>>,
    pub(crate) duplicate_events: u64,
    pub(crate) ambiguous_lines: u64,
    pub(crate) split_requests: u64,
    pub(crate) not_understood: u64,
    pub(crate) other_dimensions: u64,
    pub(crate) both_sources: BTreeSet<String>,
    pub(crate) undecodable: Vec<Undecodable>,
}

/// An input that could not be read.
#[derive(Debug)]
pub(crate) struct Undecodable {
    pub(crate) input: String,
    pub(crate) error: String,
}

/// Most exemplars kept of a cause, over all inputs.
const MOST_EXEMPLARS: usize = 20;

/// Most shapes told apart, over all inputs.
const MOST_SHAPES: usize = 10_000;

impl Totals {
    fn add(&mut self, counted: Counted) {
        self.batches += 1;
        self.log_events += counted.decoded.log_events;
        let seconds = counted.seconds.keys().filter(|second| **second != 0).map(|second| second.saturating_mul(1_000));
        self.reach(seconds);
        self.tally.merge(counted.tally);
        for (shape, count) in counted.shapes {
            if self.shapes.len() < MOST_SHAPES || self.shapes.contains_key(&shape) {
                *self.shapes.entry(shape).or_default() += count;
            }
        }
        for correction in counted.corrections {
            if let Some(exemplars) = self.exemplars.get_mut(correction.key.cause) {
                exemplars.retain(|exemplar| exemplar.failure.request_id != correction.request_id);
            }
            self.tally.correct(correction);
        }
        for exemplar in counted.exemplars {
            let kept = self.exemplars.entry(exemplar.failure.cause.id).or_default();
            if kept.len() == MOST_EXEMPLARS {
                kept.pop_front();
            }
            kept.push_back(exemplar);
        }
        self.duplicate_events += counted.duplicate_events;
        self.ambiguous_lines += counted.ambiguous_lines;
        self.split_requests += counted.split_requests;
        self.not_understood += counted.not_understood;
        self.other_dimensions += counted.other_dimensions;
        self.both_sources.extend(counted.both_sources);
    }

    /// Widens the span to these times.
    fn reach(&mut self, times_ms: impl Iterator<Item = i64>) {
        let (first_ms, last_ms) = self.span_ms.unwrap_or((i64::MAX, i64::MIN));
        let (first_ms, last_ms) =
            times_ms.fold((first_ms, last_ms), |(first, last), time| (first.min(time), last.max(time)));
        self.span_ms = (first_ms <= last_ms).then_some((first_ms, last_ms));
    }

    fn status(&self) -> ExitCode {
        if !self.undecodable.is_empty() {
            ExitCode::from(UNREADABLE)
        } else if self.tally.counts().any(|(key, _)| key.cause == UNCLASSIFIED) {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        }
    }
}

pub(crate) fn run(options: &Options, color: Color) -> Result<ExitCode, Failed> {
    let span = Span::of(options.since.as_deref(), options.until.as_deref()).map_err(Failed)?;
    let target = options.publish.then(|| Target::of(options.endpoint_url.as_deref())).transpose()?;
    let settings = Arc::new(options.configuration.settings()?);
    let table = options.configuration.table()?;
    let inputs = inputs_or_stdin(&options.inputs)?;
    let mut replay = Replay {
        pipeline: Pipeline::new(Arc::clone(&settings), table.clone()).within(span.bounds()),
        pasted: Pipeline::new(Arc::clone(&settings), table.clone()).within(span.bounds()),
        reader: Reader::new(&settings, &table),
        log_group: &options.log_group,
        page: options.html.as_deref().map(|path| PageTarget::of(path, &inputs)).transpose()?,
        totals: Totals::default(),
        progress: Progress::on_terminal(),
        of_input: OfInput::default(),
        of_folders: BTreeMap::new(),
    };
    for found in folder::files(&inputs) {
        replay.found(found);
    }
    replay.end();
    drop(replay.progress);
    let totals = replay.totals;
    let data = match (options.publish, options.metrics) {
        (true, _) => publish::sendable_now(&totals.tally),
        (false, true) => publish::sendable_then(&totals.tally),
        (false, false) => Vec::new(),
    };
    let page = replay.page.as_ref();
    let written = page.map_or(Ok(()), |page| html::write(page, &totals, replay.pipeline.table(), &inputs));
    if options.metrics {
        publish::print(data.clone(), &settings)?;
    } else if options.json {
        report::json(&totals)?;
    } else if page.is_none_or(|page| !page.is_stdout()) {
        report::tables(&totals, replay.pipeline.table(), color)?;
    }
    // Without the page, the counts are printed all the same. They are not sent: the next try would send them again.
    written?;
    if let Some(target) = target {
        target.send(data, &settings)?;
    }
    Ok(totals.status())
}

/// What one input held.
#[derive(Debug, Default)]
struct OfInput {
    log_events: u64,
    /// Of these, in the span of `--since` and `--until`.
    in_span: u64,
    /// Of these, without a time.
    untimed: u64,
    /// A part of it could not be read, and that was said.
    failed: bool,
}

impl OfInput {
    fn add(&mut self, other: &Self) {
        self.log_events += other.log_events;
        self.in_span += other.in_span;
        self.untimed += other.untimed;
        self.failed |= other.failed;
    }

    /// Why nothing of the input was counted: that is no all-clear.
    fn says_nothing(&self, more: &str) -> Option<String> {
        if self.failed || self.in_span > 0 {
            return None;
        }
        Some(match (self.log_events, self.untimed) {
            (0, _) => format!("no log event in it{more}"),
            (all, 0) => format!("none of its {all} log events is in the span of --since and --until"),
            (all, untimed) => {
                format!(
                    "none of its {all} log events is in the span of --since and --until; {untimed} are without a time"
                )
            }
        })
    }
}

struct Replay<'o> {
    pipeline: Pipeline,
    /// By itself: what was left open in a batch is none of a text's.
    pasted: Pipeline,
    reader: Reader<'o>,
    log_group: &'o str,
    page: Option<PageTarget>,
    totals: Totals,
    progress: Progress,
    of_input: OfInput,
    of_folders: BTreeMap<PathBuf, OfInput>,
}

impl Replay<'_> {
    /// A file, or the standard input.
    fn found(&mut self, found: Found) {
        match found {
            Found::Input { path, .. } if is_stdin(&path) => self.input("-", None, None, io::stdin().lock()),
            Found::Input { path, folder: Some(_) }
                if self.page.as_ref().is_some_and(|page| page.is_older_page(&path)) => {}
            Found::Input { path, folder } => match File::open(&path) {
                Ok(file) => {
                    let bytes = file.metadata().map(|data| data.len()).ok();
                    self.input(&path.display().to_string(), folder, bytes, file);
                }
                Err(error) => self.undecodable(&path.display().to_string(), &error),
            },
            Found::Empty(path) => {
                self.undecodable(&path.display().to_string(), "a folder without a log: no file in it")
            }
            Found::Failed(path, error) => self.undecodable(&path.display().to_string(), &error),
        }
    }

    fn input(&mut self, name: &str, folder: Option<PathBuf>, bytes: Option<u64>, input: impl Read) {
        let input = self.progress.reading(name, bytes, input);
        self.of_input = OfInput::default();
        match (input::read(input, |part| self.part(name, part)), folder) {
            // One file of a folder may be empty; what counts is whether all are.
            (Ok(_), Some(folder)) => self.of_folders.entry(folder).or_default().add(&self.of_input),
            (Ok(summary), None) => {
                if let Some(why) = self.of_input.says_nothing(&format!("; it looks like {}", summary.form)) {
                    self.undecodable(name, &why);
                }
            }
            (Err(error), folder) => {
                self.of_input.failed = true;
                folder.into_iter().for_each(|folder| self.of_folders.entry(folder).or_default().add(&self.of_input));
                self.undecodable(name, &error);
            }
        }
    }

    /// Says of which folders nothing was counted.
    fn end(&mut self) {
        for (folder, held) in std::mem::take(&mut self.of_folders) {
            if let Some(why) = held.says_nothing("") {
                self.undecodable(&folder.display().to_string(), &why);
            }
        }
    }

    fn part(&mut self, name: &str, part: Part) {
        let decode = |limits: &Limits, each: &mut EventCallback<'_>| part.decode(self.log_group, limits, each);
        let counted = if part.is_of_no_group() && self.log_group.is_empty() {
            self.pasted.count_read_by(decode, |source, event| self.reader.read(source, event))
        } else {
            self.pipeline.count_with(decode)
        };
        match counted {
            Ok(mut counted) => {
                let additions = std::mem::take(&mut counted.additions);
                self.pipeline.commit(additions);
                self.progress.log_events(counted.decoded.log_events);
                self.of_input.log_events += counted.decoded.log_events;
                self.of_input.untimed += part.untimed();
                self.of_input.in_span += counted.seconds.values().sum::<u64>();
                self.totals.add(counted);
            }
            Err(error) => {
                self.of_input.failed = true;
                self.undecodable(name, &error);
            }
        }
    }

    fn undecodable(&mut self, input: &str, error: &(impl std::fmt::Display + ?Sized)) {
        self.totals.undecodable.push(Undecodable { input: input.to_owned(), error: error.to_string() });
    }
}
