//! Entry point of the functions: reads the settings and passes each invocation to what the handler names.
//!
//! They are one program, so that one zip and one build serve the whole stack.

mod function;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lambda_runtime::tower::util::{MapRequestLayer, MapResultLayer};
use lambda_runtime::{Error, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use function::{Alarms, Function, Survey, log};
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
    match Handler::of(&environment).map_err(invalid)? {
        Handler::Count => serve(Function::new(settings, &environment).map_err(invalid)?).await,
        Handler::Notify => serve_alarms(Alarms::new(settings, &environment).map_err(invalid)?).await,
        Handler::Survey => serve_surveys(Survey::new(settings, &environment).map_err(invalid)?).await,
    }
}

/// Reason why the environment ends. A new one has fresh credentials.
const CREDENTIALS: &str =
    "the credentials are expired or not valid; the environment ends, so that the next one has fresh ones";

/// Serves events about alarms. Returns the reason why the environment ends.
async fn serve_alarms(alarms: Alarms) -> Result<(), String> {
    let alarms = Arc::new(tokio::sync::Mutex::new(alarms));
    let handler = service_fn(move |event: LambdaEvent<serde_json::Value>| {
        let alarms = Arc::clone(&alarms);
        async move { alarms.lock().await.invoke(&event.payload, &event.context.request_id, event.context.deadline).await }
    });
    Runtime::new(handler).run().await.map_err(|error| format!("the Runtime API failed: {error}"))
}

/// Serves a schedule, whose events say nothing. Returns the reason why the environment ends.
async fn serve_surveys(survey: Survey) -> Result<(), String> {
    let survey = Arc::new(tokio::sync::Mutex::new(survey));
    let handler = service_fn(move |event: LambdaEvent<IgnoredAny>| {
        let survey = Arc::clone(&survey);
        async move {
            let context = event.context;
            survey.lock().await.invoke(&context.invoked_function_arn, &context.request_id, context.deadline).await
        }
    });
    Runtime::new(handler).run().await.map_err(|error| format!("the Runtime API failed: {error}"))
}

/// Serves batches of log events. Returns the reason why the environment ends.
async fn serve(function: Function) -> Result<(), String> {
    // An environment has one invocation at a time. Unlike std's, tokio's mutex is not poisoned by a panic.
    let function = Arc::new(tokio::sync::Mutex::new(function));
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
        let function = Arc::clone(&function);
        let must_end = Arc::clone(&must_end);
        let payload = std::mem::take(&mut *body.lock().unwrap_or_else(PoisonError::into_inner));
        async move {
            let mut function = function.lock().await;
            function.runs_in(&event.context.invoked_function_arn);
            let answer = function.invoke(&payload, &event.context.request_id, event.context.deadline).await;
            must_end.store(function.must_end(), Ordering::Relaxed);
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
