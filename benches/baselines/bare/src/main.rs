//! A function that does nothing: the Runtime API loop alone, on one thread, without a log.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(answer)).await
}

async fn answer(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}
