//! Where the counts go.

use why5xx::publish::{CloudWatch, Emf, Fault, PutRequest, Sink, TextSink};
use why5xx::settings::{Aws, Environment, Settings, SettingsError, SinkKind};

/// The sinks that the settings may choose.
#[derive(Debug)]
pub(crate) enum AnySink {
    /// PutMetricData.
    CloudWatch(Box<CloudWatch>),
    /// Embedded Metric Format on standard output.
    Emf(Emf<std::io::Stdout>),
    /// Readable lines on standard output.
    Text(TextSink<std::io::Stdout>),
}

impl AnySink {
    /// Makes the sink that the settings name. Returns also the names of variables that are set but not honoured.
    ///
    /// # Errors
    ///
    /// When the environment lacks what CloudWatch's client needs.
    pub(super) fn chosen(
        settings: &Settings,
        environment: &Environment,
    ) -> Result<(Self, Vec<&'static str>), SettingsError> {
        Ok(match settings.sink {
            SinkKind::CloudWatch => {
                let aws = Aws::load(environment)?;
                (Self::CloudWatch(Box::new(CloudWatch::new(&aws))), aws.not_honoured)
            }
            SinkKind::Emf => (Self::Emf(Emf::new(std::io::stdout(), settings)), Vec::new()),
            SinkKind::Stdout => (Self::Text(TextSink::new(std::io::stdout())), Vec::new()),
        })
    }
}

impl Sink for AnySink {
    async fn put(&mut self, request: &PutRequest) -> Result<(), Fault> {
        match self {
            Self::CloudWatch(sink) => sink.put(request).await,
            Self::Emf(sink) => sink.put(request).await,
            Self::Text(sink) => sink.put(request).await,
        }
    }

    fn overdue(&self) -> Fault {
        match self {
            Self::CloudWatch(sink) => sink.overdue(),
            Self::Emf(sink) => sink.overdue(),
            Self::Text(sink) => sink.overdue(),
        }
    }

    fn clock_ahead_ms(&self) -> Option<i64> {
        match self {
            Self::CloudWatch(sink) => sink.clock_ahead_ms(),
            Self::Emf(sink) => sink.clock_ahead_ms(),
            Self::Text(sink) => sink.clock_ahead_ms(),
        }
    }

    fn begin(&mut self) {
        match self {
            Self::CloudWatch(sink) => sink.begin(),
            Self::Emf(sink) => sink.begin(),
            Self::Text(sink) => sink.begin(),
        }
    }

    fn has_given_time(&self) -> bool {
        match self {
            Self::CloudWatch(sink) => sink.has_given_time(),
            Self::Emf(sink) => sink.has_given_time(),
            Self::Text(sink) => sink.has_given_time(),
        }
    }
}
