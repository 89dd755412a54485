//! Settings of the function that surveys the account.

use super::{Aws, Environment, SettingsError};
use crate::signed::client::Session;
use crate::signed::service::Service;
use crate::signed::{credentials_of, endpoint};

/// Settings of the function that surveys the account.
#[derive(Debug, Clone)]
pub struct SurveySettings {
    /// Credentials, Region and proxies.
    pub aws: Aws,
    /// The endpoint of each service.
    urls: Vec<(Service, String)>,
}

impl SurveySettings {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// If credentials or Region are missing. A retry does not help.
    pub fn load(environment: &Environment) -> Result<Self, SettingsError> {
        let aws = Aws::load(environment)?;
        let url = |service: Service| {
            let named = Aws::endpoint_of(environment, service.endpoint_variable())?;
            Ok((service, named.unwrap_or_else(|| endpoint(service.prefix(), &aws.region, aws.use_fips))))
        };
        let urls = Service::ALL.into_iter().map(url).collect::<Result<_, SettingsError>>()?;
        Ok(Self { aws, urls })
    }

    /// Returns what signs calls, and where they go.
    pub fn session(&self) -> Session {
        Session {
            credentials: credentials_of(&self.aws),
            region: self.aws.region.clone(),
            urls: self.urls.clone(),
            renew: None,
        }
    }
}
