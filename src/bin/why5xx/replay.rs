//! `why5xx replay`: every input through the pipeline, the counts added up.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use why5xx::decode::{BatchHeader, EventCallback, Limits};
use why5xx::log_kind::LogKind;
use why5xx::partition::is_region;
use why5xx::pipeline::Pipeline;
use why5xx::record::Source;
use why5xx::record::access::DeclaredFormat;
use why5xx::settings::Settings;

use crate::account::{Account, AccountRequest, GroupOutcome, GroupRead, ReadingStep};
use crate::configuration::Configuration;
use crate::follow::NewFailures;
use crate::html::{self, PageTarget};
use crate::input::folder::{self, FoundPath};
use crate::input::{self, InputError, Part, Reader};
use crate::progress::Progress;
use crate::publish::{self, Target};
use crate::report::{self, complain, json};
use crate::terminal::{Color, printable};
use crate::time::Span;
use crate::totals::{InputEvents, Totals, Undecodable};
use crate::{Failed, is_stdin};

#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// Files or folders; `-` is the standard input
    inputs: Vec<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Print comma-separated values instead of tables: a row for each count of a minute
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print the PutMetricData requests instead of tables, one JSON document a line, as if sent on the day of the log
    #[arg(long, conflicts_with_all = ["json", "csv"])]
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
    /// Only log events of this time or later: RFC 3339, `2h` for two hours ago, or a local time such as 14:00
    ///
    /// Also a date with or without a time of day, and milliseconds since 1970. Log events without a time are left out.
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only log events before this time
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Read this log group from CloudWatch Logs; with a file, the log group of input that does not name its group
    ///
    /// Reading needs --since or --follow. May be given several times. PREFIX* is every log group whose name begins so; an
    /// ARN may name one of another account.
    #[arg(long, value_name = "NAME")]
    log_group: Vec<String>,
    /// The kind of log, if neither the log group nor the log events show it
    #[arg(long, value_parser = kind())]
    kind: Option<LogKind>,
    /// Log events to read of a log group: `all`, or a filter pattern of CloudWatch Logs instead of that of the kind of log
    #[arg(long, value_name = "all|PATTERN", conflicts_with = "inputs")]
    filter: Option<String>,
    /// Go on reading the log group, and print a line for each failure as it comes; Ctrl-C prints the totals
    #[arg(long, conflicts_with_all = ["inputs", "csv", "metrics", "publish"])]
    follow: bool,
    /// The Region of the log group and of --publish, other than that of the environment or of the profile; with a file, where
    /// the links of the page lead
    #[arg(long, value_name = "REGION", value_parser = region())]
    region: Option<String>,
    /// The profile of the AWS CLI to read and to publish with
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    configuration: Configuration,
}

impl ReplayOptions {
    /// Returns the span, by a clock that is so far ahead of this one.
    fn span(&self, clock_ahead_ms: i64) -> Result<Option<Range<i64>>, Failed> {
        let span = Span::of(self.since.as_deref(), self.until.as_deref(), clock_ahead_ms).map_err(Failed)?;
        Ok(span.bounds())
    }

    /// Finds what to read from an account, where no input is named. The span is moved if AWS has another time.
    fn account(&self, span: &mut Option<Range<i64>>, settings: &Settings) -> Result<Account, Failed> {
        let Some(first) = self.log_group.first() else {
            return Err(Failed(
                "no input: name a FILE or a folder, - for the standard input, or --log-group and --since to read from \
                 CloudWatch Logs"
                    .into(),
            ));
        };
        if self.since.is_none() && !self.follow {
            let name = printable(first);
            return Err(Failed(format!("no input: name a FILE, or add --since to read {name} from CloudWatch Logs")));
        }
        let read_ms = |span: &Option<Range<i64>>, ahead_ms: i64| {
            let now_ms = jiff::Timestamp::now().as_millisecond() + ahead_ms;
            let since_ms = span.as_ref().filter(|_| self.since.is_some()).map_or(now_ms, |span| span.start.max(0));
            since_ms..span.as_ref().map_or(i64::MAX, |span| span.end)
        };
        let request = AccountRequest {
            log_groups: &self.log_group,
            kind: self.kind,
            filter: self.filter.as_deref(),
            span_ms: read_ms(span, 0),
            follow: self.follow,
            region: self.region.as_deref(),
            profile: self.profile.as_deref(),
        };
        let mut account = Account::open(&request, settings)?;
        let ahead_ms = account.clock_ahead_ms();
        if ahead_ms != 0 {
            *span = self.span(ahead_ms)?;
            account.set_span(read_ms(span, ahead_ms));
        }
        Ok(account)
    }
}

/// Reads the name of a kind of log.
fn kind() -> impl TypedValueParser<Value = LogKind> {
    PossibleValuesParser::new(LogKind::ALL.map(LogKind::word))
        .try_map(|name| LogKind::parse(&name).ok_or("not a kind of log"))
}

/// Reads the name of a Region.
fn region() -> impl TypedValueParser<Value = String> {
    let named = |name: String| if is_region(&name) { Ok(name) } else { Err("a Region is named like eu-west-1") };
    NonEmptyStringValueParser::new().try_map(named)
}

pub(crate) fn run(options: &ReplayOptions, color: Color) -> Result<ExitCode, Failed> {
    let mut is_printed = false;
    let done = run_noting(options, color, &mut is_printed);
    if let Err(Failed(why)) = &done
        && options.json
        && !is_printed
        && !why.is_empty()
    {
        // Whoever reads the document gets one at every exit status.
        let inputs = options.inputs.iter().map(|input| input.display().to_string()).chain(options.log_group.clone());
        let input = inputs.collect::<Vec<_>>().join(" ");
        json::json(&Totals { undecodable: vec![Undecodable { input, error: why.clone() }], ..Totals::default() })?;
    }
    done
}

/// Does it, and notes once the document is printed.
fn run_noting(options: &ReplayOptions, color: Color, is_printed: &mut bool) -> Result<ExitCode, Failed> {
    let mut span = options.span(0)?;
    let (profile, region) = (options.profile.as_deref(), options.region.as_deref());
    if !options.publish && !options.inputs.is_empty() && profile.is_some() {
        return Err(Failed("--profile is for --publish, and for a --log-group that is read".to_owned()));
    }
    let endpoint_url = options.endpoint_url.as_deref();
    let target = options.publish.then(|| Target::of(endpoint_url, profile, region)).transpose()?;
    let mut settings = options.configuration.settings()?;
    // What is sent is what the function would send.
    settings.route_metrics |= !options.publish && !options.metrics;
    if options.follow {
        // Every failure has a line.
        settings.exemplars_per_cause = usize::MAX;
    }
    let settings = Arc::new(settings);
    let table = options.configuration.table()?;
    if !options.inputs.is_empty() && options.log_group.len() > 1 {
        return Err(Failed("with a FILE, --log-group names one log group".into()));
    }
    let account = if options.inputs.is_empty() { Some(options.account(&mut span, &settings)?) } else { None };
    let pipeline = || {
        let mut pipeline = Pipeline::new(Arc::clone(&settings), table.clone()).counting_requests();
        if let Some(span) = span.clone() {
            pipeline = pipeline.within(span);
        }
        match options.kind {
            Some(kind) => pipeline.of_kind(kind),
            None => pipeline,
        }
    };
    let mut replay = Replay {
        settings: &settings,
        pipeline: pipeline(),
        pasted: pipeline(),
        reader: Reader::new(&settings, &table),
        options,
        span: span.clone(),
        supposes_function: options.kind.or_else(|| kind_of(&options.log_group, &settings)) == Some(LogKind::Lambda),
        page: options.html.as_deref().map(|path| PageTarget::of(path, &options.inputs)).transpose()?,
        totals: Totals::default(),
        progress: Progress::on_terminal(),
        of_folders: BTreeMap::new(),
        new_failures: NewFailures::default(),
    };
    let region = options.region.clone().or(account.as_ref().map(|account| account.region().to_owned()));
    match account {
        Some(account) => replay.account(account)?,
        None => folder::files(&options.inputs).into_iter().for_each(|found| replay.found(found)),
    }
    replay.end();
    drop(replay.progress);
    let totals = replay.totals;
    for input in &totals.undecodable {
        complain(&format!("{} could not be read: {}", printable(&input.input), printable(&input.error)));
    }
    let page = replay.page.as_ref();
    let log_groups: Vec<PathBuf> = options.log_group.iter().map(PathBuf::from).collect();
    let inputs = if options.inputs.is_empty() { &log_groups } else { &options.inputs };
    let view = html::View::of_machine(region.as_deref());
    let written = page.map_or(Ok(()), |page| html::write(page, &totals, replay.pipeline.table(), inputs, &view));
    if options.metrics {
        publish::print(publish::sendable_then(&totals.tally), &settings)?;
    } else if options.json {
        *is_printed = true;
        json::json(&totals)?;
    } else if options.csv {
        json::csv(&totals)?;
    } else if page.is_none_or(|page| !page.is_stdout()) {
        report::tables(&totals, replay.pipeline.table(), color)?;
    }
    // Without the page, the counts are printed all the same. They are not sent: the next try would send them again.
    written?;
    if let Some(target) = target {
        target.send(totals.tally.data(), &settings)?;
    }
    Ok(totals.status())
}

/// Remark on sentences that stand alone.
const OF_GATEWAY: &str = "Nothing but a sentence shows that a line is API Gateway's: no request id, no date of the console, no other line of an \
                          execution log. What was counted for it holds only if API Gateway wrote it.";

/// Remark on lines of failed requests that were not counted.
const LEFT: &str = "failed requests behind columns that an access log may have, too, so that a client may have written them: say which kind \
                    of log it is (--kind execution)";

/// Returns the kind of log that the name of a log group or the settings show.
fn kind_of(log_groups: &[String], settings: &Settings) -> Option<LogKind> {
    let header = BatchHeader { log_group: log_groups.first()?.clone(), ..BatchHeader::default() };
    Source::from_header(&header, settings).kind
}

struct Replay<'o> {
    settings: &'o Settings,
    pipeline: Pipeline,
    /// Separate, since a request that is open in a batch is not one of a text.
    pasted: Pipeline,
    reader: Reader<'o>,
    options: &'o ReplayOptions,
    span: Option<Range<i64>>,
    /// `--kind` or `--log-group` says that what names no log group is of a function's log.
    supposes_function: bool,
    page: Option<PageTarget>,
    totals: Totals,
    progress: Progress,
    /// Log events of each folder that was named.
    of_folders: BTreeMap<PathBuf, InputEvents>,
    /// With `--follow`.
    new_failures: NewFailures,
}

impl Replay<'_> {
    /// A file, or the standard input.
    fn found(&mut self, found: FoundPath) {
        match found {
            FoundPath::Input { path, .. } if is_stdin(&path) => self.input("-", None, None, io::stdin().lock()),
            FoundPath::Input { path, folder: Some(_) }
                if self.page.as_ref().is_some_and(|page| page.is_older_page(&path)) => {}
            FoundPath::Input { path, folder } => match File::open(&path) {
                Ok(file) => {
                    let bytes = file.metadata().map(|data| data.len()).ok();
                    self.input(&path.display().to_string(), folder, bytes, file);
                }
                Err(error) => self.undecodable(&path.display().to_string(), &error),
            },
            FoundPath::Empty(path) => {
                self.undecodable(&path.display().to_string(), "a folder without a log: no file in it")
            }
            FoundPath::Skipped(path, why) => self.skip(&path.display().to_string(), why),
            FoundPath::Failed(path, error) => self.undecodable(&path.display().to_string(), &error),
        }
    }

    fn input(&mut self, name: &str, folder: Option<PathBuf>, bytes: Option<u64>, input: impl Read) {
        let mut events = InputEvents::default();
        self.reader.begin_input();
        let input = self.progress.reading(name, bytes, input);
        let format = self.options.log_group.first().and_then(|log_group| self.settings.access_log_format(log_group));
        let format = format.map(DeclaredFormat::new);
        let read = input::read_declared(input, format.as_ref(), |part| self.part(name, &part, &mut events));
        events.settle();
        match read {
            Ok(summary) => {
                self.totals.late_events += summary.late_events;
                self.totals.cut_lines += summary.cut_lines;
                self.totals.lines_behind += summary.lines_behind;
                self.totals.assumed.extend(summary.assumed);
                self.totals.assumed.extend(self.reader.supposes_gateway().then_some(OF_GATEWAY));
                let lacks = summary.lacks().or_else(|| self.reader.leaves_failures().then(|| LEFT.to_owned()));
                self.totals.lacks_lines |= lacks.is_some();
                let why = events.says_nothing(&format!("; it looks like {}", summary.form));
                let why = match (why, &lacks) {
                    (Some(why), Some(lacks)) => Some(format!("{why}; {lacks}")),
                    (why, _) => why,
                };
                if why.is_none() {
                    lacks.into_iter().for_each(|lacks| self.undecodable(name, &lacks));
                }
                let is_log = events.has_origin || summary.is_of_cloudwatch;
                match (folder, why) {
                    (Some(folder), Some(why)) if events.is_foreign() && !is_log => {
                        self.of_folders.entry(folder).or_default();
                        return self.skip(name, &why);
                    }
                    // What came out of CloudWatch Logs is a log, also one that is not read.
                    (Some(_), Some(why)) if events.is_foreign() => self.undecodable(name, &why),
                    // One file of a folder may be empty; what counts is whether all are.
                    (Some(folder), _) => self.of_folders.entry(folder).or_default().add_all(&events),
                    (None, Some(why)) => self.undecodable(name, &why),
                    (None, None) => {}
                }
            }
            Err(error @ InputError::Refused { .. }) if folder.is_some() => {
                folder.into_iter().for_each(|folder| {
                    self.of_folders.entry(folder).or_default();
                });
                return self.skip(name, &error.to_string());
            }
            Err(error) => {
                events.failed = true;
                folder.into_iter().for_each(|folder| self.of_folders.entry(folder).or_default().add_all(&events));
                self.undecodable(name, &error);
            }
        }
        self.totals.add_input(name, &events);
    }

    /// Says of which folders nothing was counted.
    fn end(&mut self) {
        for (folder, held) in std::mem::take(&mut self.of_folders) {
            if let Some(why) = held.says_nothing("") {
                self.undecodable(&folder.display().to_string(), &why);
            }
        }
    }

    /// Reads log groups of an account.
    fn account(&mut self, account: Account) -> Result<(), Failed> {
        let mut events: BTreeMap<String, InputEvents> = BTreeMap::new();
        let groups = account.read(&mut |step| match step {
            ReadingStep::Part { log_group, part } => {
                self.part(log_group, &part, events.entry(log_group.to_owned()).or_default());
                self.new_failures.print(self.options.json)
            }
            ReadingStep::Progress(text) => {
                self.progress.says(text);
                Ok(())
            }
        })?;
        self.totals.is_filtered = groups.iter().any(|group| group.left_out.is_some());
        let all_are_empty = groups.iter().all(|group| group.outcome == GroupOutcome::Empty);
        for GroupRead { log_group, outcome, is_of_prefix, left_out } in groups {
            self.totals.left_out.extend(left_out);
            let events = events.remove(&log_group).unwrap_or_default();
            let empty = "no log event is in the span of --since and --until";
            let is_quiet = self.options.follow && self.options.since.is_none();
            match outcome {
                GroupOutcome::Read => {
                    events.says_nothing("").into_iter().for_each(|why| self.undecodable(&log_group, &why));
                }
                GroupOutcome::NonePassed => self.totals.none_passed += 1,
                GroupOutcome::Empty if is_quiet => self.skip(&log_group, "no log event came while it was followed"),
                GroupOutcome::Empty if is_of_prefix && !all_are_empty => self.skip(&log_group, empty),
                GroupOutcome::Empty => self.undecodable(&log_group, empty),
                GroupOutcome::Failed(why) => self.undecodable(&log_group, &why),
            }
            self.totals.add_input(&log_group, &events);
        }
        Ok(())
    }

    fn part(&mut self, name: &str, part: &Part, events: &mut InputEvents) {
        events.has_origin |= !part.lacks_origin();
        let mut seen = InputEvents::default();
        let is_supposed = self.supposes_function && part.lacks_origin();
        let span = self.span.as_ref();
        let log_group = self.options.log_group.first().map_or("", String::as_str);
        let decode = |limits: &Limits, each: &mut EventCallback<'_>| {
            seen = events.part();
            part.decode(log_group, limits, &mut |header, event| {
                seen.add(event, span, is_supposed);
                if self.supposes_function {
                    seen.look_at_function(event);
                }
                each(header, event);
            })
        };
        let is_text = matches!(part, Part::Events { .. });
        self.totals.is_filtered |= !is_text;
        let pasted = part.is_of_no_group() && log_group.is_empty();
        let pipeline = if pasted { &mut self.pasted } else { &mut self.pipeline };
        self.reader.begin_part();
        let counted = match part {
            Part::SubscriptionEvent(_) | Part::Data(_) => pipeline.count_with(decode),
            // It went through somebody's hands, who may have blanked or copied a part of it.
            Part::Batch(_) | Part::Events { .. } => {
                pipeline.count_read_by(decode, |source, event| self.reader.read_of(part, source, event))
            }
        };
        match counted {
            Ok(mut counted) => {
                pipeline.commit(std::mem::take(&mut counted.additions));
                self.progress.log_events(counted.decoded.log_events);
                events.merge(&seen, &counted.understood, part);
                events.ambiguous += counted.ambiguous_lines;
                if self.options.follow {
                    self.new_failures.add(&counted);
                }
                self.totals.add(counted);
            }
            Err(error) => {
                events.failed = true;
                self.undecodable(name, &error);
            }
        }
    }

    fn undecodable(&mut self, input: &str, error: &(impl std::fmt::Display + ?Sized)) {
        self.totals.undecodable.push(Undecodable { input: input.to_owned(), error: error.to_string() });
    }

    fn skip(&mut self, input: &str, why: &str) {
        self.totals.skipped.push(Undecodable { input: input.to_owned(), error: why.to_owned() });
    }
}
