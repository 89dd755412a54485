//! Configuration that the command shares with the function: environment variables, settings file and own rules.

use std::path::{Path, PathBuf};

use clap::Args;
use why5xx::cause::Table;
use why5xx::settings::{Environment, Rules, Settings};

use crate::Failed;

#[derive(Debug, Args)]
pub(crate) struct Configuration {
    /// A settings file: names of APIs, stages to fold, log groups
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Own rules, to try them before they are deployed
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
}

impl Configuration {
    /// The settings as the function would read them; the file named here wins.
    pub(crate) fn settings(&self) -> Result<Settings, Failed> {
        let environment = Environment::of_process();
        Ok(match &self.settings {
            Some(file) => Settings::load_with(&environment, Some(file))?,
            None => Settings::load(&environment)?,
        })
    }

    /// The causes in force.
    pub(crate) fn table(&self) -> Result<Table, Failed> {
        table(self.rules.as_deref())
    }
}

/// The causes in force with the rules of this file, else with those that the function would read.
pub(crate) fn table(rules: Option<&Path>) -> Result<Table, Failed> {
    let rules = match rules {
        Some(file) => Rules::read(file)?,
        None => Rules::load(&Environment::of_process())?,
    };
    Ok(rules.table())
}
