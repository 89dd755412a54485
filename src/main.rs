//! Entry point of the function: reads the settings and passes each invocation to [`function::Function`].

mod function;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lambda_runtime::tower::util::{MapRequestLayer, MapResultLayer};
use lambda_runtime::{Error, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde::{Deserialize, Deserializer};

use function::{Function, log};
use why5xx::settings::{Environment, Settings};

// An environment handles one batch at a time, so one thread is enough. It also starts faster than several.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::report_panics();
    let function = match start() {
        Ok(function) => function,
        Err(error) => {
            log::fatal(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    match serve(function).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::fatal(&error);
            ExitCode::FAILURE
        }
    }
}

/// Does all work that needs no invocation, so that it does not delay the first one.
fn start() -> Result<Function, why5xx::settings::SettingsError> {
    let environment = Environment::of_process();
    Settings::require_lambda(&environment)?;
    Function::new(Settings::load(&environment)?, &environment)
}

/// Reason why the environment ends. A new one has fresh credentials.
const CREDENTIALS: &str =
    "the credentials are expired or not valid; the environment ends, so that the next one has fresh ones";

/// Serves invocations. Returns the reason why the environment ends.
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
