//! Handling of a panic. No event causes one, so it needs a test of its own.

use why5xx::decode::{BatchHeader, LogEvent, Message, encode_event};
use why5xx::settings::{Environment, Settings};

use super::*;

fn function() -> Function {
    let environment = Environment::of([("WHY5XX_SINK", "stdout")]);
    Function::new(Settings::load(&environment).unwrap(), &environment).unwrap()
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn payload() -> String {
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "123456789012".to_owned(),
        log_group: "API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned(),
        log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
        ..BatchHeader::default()
    };
    let message = Message::plain(b"(1f2e3d4c) Method completed with status: 504");
    encode_event(&header, [LogEvent { id: b"1", timestamp_ms: i64::try_from(now_ms()).unwrap(), message }])
}

#[tokio::test(flavor = "current_thread")]
async fn a_panic_is_an_error_that_quotes_nothing_and_the_function_lives_on() {
    let mut function = function();
    let error = count(&function.pipeline, |_| panic!("planted-by-a-client")).unwrap_err();
    assert_eq!(error.error_type(), "Panic");
    assert_eq!(error.to_string(), "a bug in why5xx; the log has its place in the code");

    let payload = payload();
    let begin = Invocation::begin(payload.as_bytes(), now_ms() + 30_000);
    let error = function.fail(&begin, error);
    assert!(!error.is_undecodable() && !format!("{error:?}").contains("planted"));

    let answer = function.invoke(payload.as_bytes(), "request", now_ms() + 30_000).await;
    assert!(matches!(answer, Ok(InvocationAnswer::Done)), "{answer:?}");
}
