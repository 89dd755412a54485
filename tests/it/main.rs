//! The integration tests, as one program: each module is a subject, and `cargo test --test it golden::` runs one.
//!
//! They run as threads of one process. So no test changes the environment, the current folder or another thing of the
//! process: what needs its own memory, variables or limits starts the real programs (`support`).

mod account;
mod attacker;
mod attacker_of_text;
mod causes;
mod centralised;
mod command;
mod dashboard;
mod default_patterns;
mod dimensions;
mod docs;
mod doctor;
mod explain;
mod faults;
mod filter_pattern;
mod function;
mod fuzz;
mod giants;
mod golden;
mod healthy;
mod histories;
mod hostile;
#[cfg(unix)]
mod html_file;
mod inputs;
mod notify;
mod odd_batches;
mod own_rules;
mod pathological;
mod properties;
mod publish;
mod reading;
mod readme;
mod records;
mod remedies;
mod replay_publish;
mod rivals;
mod simulation;
mod soak;
mod strict_endpoint;
mod support;
mod survey;
mod tls;
mod upgrade;
mod wording;
