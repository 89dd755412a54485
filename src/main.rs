//! Entry point of the functions: reads the settings and passes each invocation to what the handler names.
//!
//! They are one program, so that one zip and one build serve the whole stack.

mod function;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lambda_runtime::tower::util::{MapRequestLayer, MapResultLayer};
use lambda_runtime::{Error, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde::{Deserialize, Deserializer};

use function::{Alarms, Function, Serves, Survey, log};
use why5xx::settings::{Environment, Handler, Settings, SettingsError};

// An environment handles one event at a time, so one thread is enough. It also starts faster than several.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::report_panics();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::fatal(&error);
            ExitCode::FAILURE
        }
    }
}

/// Serves as the handler that the function is configured with. Returns the reason why the environment ends.
async fn run() -> Result<(), String> {
    let environment = Environment::of_process();
    let invalid = |error: SettingsError| error.to_string();
    Settings::require_lambda(&environment).map_err(invalid)?;
    // All work that needs no invocation is done before the first one.
    let settings = Settings::load(&environment).map_err(invalid)?;
    let serves = match Handler::of(&environment).map_err(invalid)? {
        Handler::Count => Serves::Batches(Function::new(settings, &environment).map_err(invalid)?.into()),
        Handler::Notify => Serves::Alarms(Alarms::new(settings, &environment).map_err(invalid)?.into()),
        Handler::Survey => Serves::Schedule(Survey::new(settings, &environment).map_err(invalid)?.into()),
    };
    serve(serves).await
}

/// Reason why the environment ends. A new one has fresh credentials.
const CREDENTIALS: &str =
    "the credentials are expired or not valid; the environment ends, so that the next one has fresh ones";

/// Serves invocations. Returns the reason why the environment ends.
///
/// One loop for all that a handler may name: with one for each, the program had most of the Runtime API's client three times.
async fn serve(serves: Serves) -> Result<(), String> {
    // An environment has one invocation at a time. Unlike std's, tokio's mutex is not poisoned by a panic.
    let serves = Arc::new(tokio::sync::Mutex::new(serves));
    let body = Arc::new(Mutex::new(Vec::new()));
    let put = {
        let body = Arc::clone(&body);
        move |mut invocation: LambdaInvocation| {
            *body.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::take(&mut invocation.body).into();
            invocation
        }
    };
    let must_end = Arc::new(AtomicBool::new(false));
    let has_ended = Arc::clone(&must_end);
    let end = {
        let must_end = Arc::clone(&must_end);
        move |answered: Result<(), Error>| {
            if must_end.load(Ordering::Relaxed) { Err(CREDENTIALS.into()) } else { answered }
        }
    };
    let handler = service_fn(move |event: LambdaEvent<Taken>| {
        let serves = Arc::clone(&serves);
        let must_end = Arc::clone(&must_end);
        let payload = std::mem::take(&mut *body.lock().unwrap_or_else(PoisonError::into_inner));
        async move {
            let mut serves = serves.lock().await;
            let answer = serves.invoke(&payload, &event.context).await;
            must_end.store(serves.must_end(), Ordering::Relaxed);
            answer
        }
    });
    // Layers are outside the service that sends the answer to Lambda, so `end` runs when the answer is sent.
    let runtime = Runtime::new(handler).layer(MapRequestLayer::new(put)).layer(MapResultLayer::new(end));
    runtime.run().await.map_err(|error| {
        if has_ended.load(Ordering::Relaxed) {
            CREDENTIALS.to_owned()
        } else {
            format!("the Runtime API failed: {error}")
        }
    })
}

/// Empty event for the runtime's own deserialiser.
///
/// A layer takes the body out of the invocation first. So our decoder gets any bytes, the payload is neither copied nor
/// parsed twice, and no error of the deserialiser can quote it.
struct Taken;

impl<'de> Deserialize<'de> for Taken {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}
