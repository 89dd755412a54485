//! Settings file: names of APIs, stages to fold, what is known of log groups, fields of flow logs.
//!
//! ```toml
//! [[api]]                     # several ids may share one name
//! id = "a1b2c3d4e5"
//! name = "orders"
//!
//! [stages]                    # the first that fits, from the top
//! "pr-*" = "preview"
//!
//! [[log_group]]
//! name = "/team/orders/access"
//! api = "a1b2c3d4e5"
//! stage = "prod"
//! kind = "access"             # or another kind of log
//! access_log_format = '$context.identity.sourceIp $context.path $context.status'   # that of the stage, unchanged
//!
//! [[flow_log]]
//! log_group = "/vpc/flow"
//! fields = ["srcaddr", "dstaddr", "action"]
//! ```

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::SettingsError;
use super::access_log_format::AccessLogFormat;
use super::glob::Glob;
use super::toml_file::{self, TomlFile};
use crate::log_kind::LogKind;

/// Longest name of an API, a stage or a log group, in bytes.
///
/// Source: CloudWatch API Reference, Dimension, Value: 1 to 1024 characters, ASCII.
const NAME_BYTES_LIMIT: usize = 1_024;

/// Content of the settings file.
#[derive(Debug, Clone, Default)]
pub(super) struct SettingsFile {
    /// Name by API id.
    pub(super) apis: HashMap<String, String>,
    /// Stages to fold, in the order of the file.
    pub(super) stages: Vec<Fold>,
    /// Settings of a log group, by its name.
    pub(super) log_groups: HashMap<String, KnownLogGroup>,
    /// Fields of the flow log by log group.
    pub(super) flow_fields: HashMap<String, Vec<String>>,
}

/// Rule that counts matching stages as one.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    pub(super) glob: Glob,
    pub(super) stage: String,
}

/// Settings of one log group in the file.
#[derive(Debug, Clone)]
pub(super) struct KnownLogGroup {
    pub(super) api: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) kind: Option<LogKind>,
    pub(super) access_log_format: Option<AccessLogFormat>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsDocument {
    #[serde(default)]
    api: Vec<Api>,
    #[serde(default)]
    stages: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    log_group: Vec<LogGroupSettings>,
    #[serde(default)]
    flow_log: Vec<FlowLog>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Api {
    id: Spanned<String>,
    name: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogGroupSettings {
    name: Spanned<String>,
    api: Option<Spanned<String>>,
    stage: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    access_log_format: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlowLog {
    log_group: Spanned<String>,
    fields: Spanned<Vec<String>>,
}

impl SettingsFile {
    /// Reads and parses the file.
    pub(super) fn read(path: &Path) -> Result<Self, SettingsError> {
        Self::parse(path, &toml_file::read(path)?)
    }

    /// Parses the text of a settings file. Errors call it `path`.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let file = TomlFile { path, text };
        let document: SettingsDocument = file.document()?;
        let mut settings = Self::default();
        file.take_apis(document.api, &mut settings)?;
        file.take_stages(document.stages, &mut settings)?;
        file.take_log_groups(document.log_group, &mut settings)?;
        file.take_flow_logs(document.flow_log, &mut settings)?;
        Ok(settings)
    }
}

impl TomlFile<'_> {
    fn take_apis(&self, apis: Vec<Api>, settings: &mut SettingsFile) -> Result<(), SettingsError> {
        for api in apis {
            self.check_name(&api.id)?;
            self.check_name(&api.name)?;
            let span = api.id.span();
            if settings.apis.insert(api.id.into_inner(), api.name.into_inner()).is_some() {
                return Err(self.error(span, "this id has a name already"));
            }
        }
        Ok(())
    }

    fn take_stages(
        &self,
        stages: BTreeMap<Spanned<String>, Spanned<String>>,
        settings: &mut SettingsFile,
    ) -> Result<(), SettingsError> {
        let mut stages: Vec<_> = stages.into_iter().collect();
        stages.sort_unstable_by_key(|(pattern, _)| pattern.span().start);
        for (pattern, stage) in stages {
            if pattern.get_ref().is_empty() {
                return Err(self.error(pattern.span(), "a pattern must not be empty"));
            }
            self.check_name(&stage)?;
            settings.stages.push(Fold { glob: Glob::new(pattern.get_ref()), stage: stage.into_inner() });
        }
        Ok(())
    }

    fn take_log_groups(
        &self,
        log_groups: Vec<LogGroupSettings>,
        settings: &mut SettingsFile,
    ) -> Result<(), SettingsError> {
        for group in log_groups {
            self.check_name(&group.name)?;
            for name in [&group.api, &group.stage].into_iter().flatten() {
                self.check_name(name)?;
            }
            let kind = group.kind.as_ref().map(|kind| self.kind(kind)).transpose()?;
            let format = group.access_log_format.as_ref().map(|text| self.access_log_format(text, kind)).transpose()?;
            let known = KnownLogGroup {
                api: group.api.map(Spanned::into_inner),
                stage: group.stage.map(Spanned::into_inner),
                kind: kind.or(format.as_ref().map(|_| LogKind::Access)),
                access_log_format: format,
            };
            let span = group.name.span();
            if settings.log_groups.insert(group.name.into_inner(), known).is_some() {
                return Err(self.error(span, "this log group is in the file already"));
            }
        }
        Ok(())
    }

    fn take_flow_logs(&self, flow_logs: Vec<FlowLog>, settings: &mut SettingsFile) -> Result<(), SettingsError> {
        for flow_log in flow_logs {
            self.check_name(&flow_log.log_group)?;
            if !flow_log.fields.get_ref().iter().any(|field| field == "action") {
                return Err(
                    self.error(flow_log.fields.span(), "`action` is missing; it shows which flows were rejected")
                );
            }
            let span = flow_log.log_group.span();
            let fields = flow_log.fields.into_inner();
            if settings.flow_fields.insert(flow_log.log_group.into_inner(), fields).is_some() {
                return Err(self.error(span, "this log group has its fields already"));
            }
        }
        Ok(())
    }

    fn kind(&self, name: &Spanned<String>) -> Result<LogKind, SettingsError> {
        let problem = || format!("allowed: {}", LogKind::ALL.map(LogKind::word).join(", "));
        LogKind::parse(name.get_ref()).ok_or_else(|| self.error(name.span(), &problem()))
    }

    fn access_log_format(
        &self,
        text: &Spanned<String>,
        kind: Option<LogKind>,
    ) -> Result<AccessLogFormat, SettingsError> {
        if kind.is_some_and(|kind| kind != LogKind::Access) {
            return Err(self.error(text.span(), "the log group has another kind"));
        }
        AccessLogFormat::parse(text.get_ref()).map_err(|problem| self.error(text.span(), problem))
    }

    /// Rejects names that are not valid dimension values.
    fn check_name(&self, name: &Spanned<String>) -> Result<(), SettingsError> {
        let text = name.get_ref();
        let printable = text.bytes().all(|b| (b' '..=b'~').contains(&b));
        if printable && !text.trim().is_empty() && text.len() <= NAME_BYTES_LIMIT {
            return Ok(());
        }
        Err(self.error(name.span(), "allowed: 1 to 1024 printable ASCII characters, not only blanks"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn settings(text: &str) -> Result<Settings, SettingsError> {
        let file = SettingsFile::parse(Path::new("why5xx.toml"), text)?;
        Ok(Settings { file, ..Settings::default() })
    }

    const EXAMPLE: &str = r#"
[[api]]
id = "a1b2c3d4e5"
name = "orders"

[[api]]
id = "f6g7h8i9j0"
name = "orders"

[stages]
"pr-1*" = "first"
"pr-*" = "preview"
"*" = "other"

[[log_group]]
name = "/team/orders/access"
api = "a1b2c3d4e5"
stage = "prod"

[[log_group]]
name = "/team/http"
api = "k1l2m3n4o5"
kind = "access"

[[flow_log]]
log_group = "/vpc/flow"
fields = ["srcaddr", "action"]
"#;

    #[test]
    fn several_ids_may_share_one_name() {
        let settings = settings(EXAMPLE).unwrap();
        assert_eq!(settings.api_name("a1b2c3d4e5"), "orders");
        assert_eq!(settings.api_name("f6g7h8i9j0"), "orders");
        assert_eq!(settings.api_name("zzzzzzzzzz"), "zzzzzzzzzz");
    }

    #[test]
    fn the_first_pattern_of_the_file_that_fits_decides_the_stage() {
        let settings = settings(EXAMPLE).unwrap();
        assert_eq!(settings.stage_name("pr-12"), "first");
        assert_eq!(settings.stage_name("pr-2"), "preview");
        assert_eq!(settings.stage_name("prod"), "other");
        assert_eq!(Settings::default().stage_name("prod"), "prod");
    }

    #[test]
    fn a_log_group_has_its_api_stage_and_kind() {
        let settings = settings(EXAMPLE).unwrap();
        let of = |group| {
            (settings.api_of_log_group(group), settings.stage_of_log_group(group), settings.kind_of_log_group(group))
        };
        assert_eq!(of("/team/orders/access"), (Some("a1b2c3d4e5"), Some("prod"), None));
        assert_eq!(of("/team/http"), (Some("k1l2m3n4o5"), None, Some(LogKind::Access)));
        assert_eq!(of("/else"), (None, None, None));
    }

    #[test]
    fn a_flow_log_has_the_order_of_its_fields() {
        let settings = settings(EXAMPLE).unwrap();
        assert_eq!(settings.flow_fields("/vpc/flow"), Some(&["srcaddr".to_owned(), "action".to_owned()][..]));
        assert_eq!(settings.flow_fields("/else"), None);
    }

    #[test]
    fn an_empty_file_sets_nothing() {
        assert!(settings("# nothing yet\n").is_ok());
    }

    #[test]
    fn an_error_names_file_line_and_field() {
        let rows = [
            ("[[api]]\nid = \"a\"\nnam = \"b\"\n", "why5xx.toml:3: nam: unknown field `nam`, expected `id` or `name`"),
            ("[[api]]\nid = 5\nname = \"b\"\n", "why5xx.toml:2: id: invalid type: integer `5`, expected a string"),
            ("[[api]]\nid = \"a\"\n", "why5xx.toml:1: [[api]]: missing field `name`"),
            (
                "[[api]]\nid = \"a\"\nname = \"  \"\n",
                "why5xx.toml:3: name: allowed: 1 to 1024 printable ASCII characters, not only blanks",
            ),
            (
                "[[api]]\nid = \"a\"\nname = \"b\"\n[[api]]\nid = \"a\"\nname = \"c\"\n",
                "why5xx.toml:5: id: this id has a name already",
            ),
            (
                "[[log_group]]\nname = \"/a\"\naccess_log_format = '$context.path'\n",
                "why5xx.toml:3: access_log_format: `$context.status` is missing; it shows which requests failed",
            ),
            (
                "[[log_group]]\nname = \"/a\"\nkind = \"flow\"\naccess_log_format = '$context.status'\n",
                "why5xx.toml:4: access_log_format: the log group has another kind",
            ),
            ("[stages]\n\"\" = \"x\"\n", "why5xx.toml:2: \"\": a pattern must not be empty"),
            (
                "[[flow_log]]\nlog_group = \"/a\"\nfields = [\"srcaddr\"]\n",
                "why5xx.toml:3: fields: `action` is missing; it shows which flows were rejected",
            ),
        ];
        for (text, message) in rows {
            assert_eq!(settings(text).map(|_| ()).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn an_unknown_kind_of_log_is_an_error_with_all_that_are_known() {
        let error = settings("[[log_group]]\nname = \"/a\"\nkind = \"lambda\"\n").map(|_| ()).unwrap_err().to_string();
        let allowed = error.strip_prefix("why5xx.toml:3: kind: allowed: ").expect("what is allowed");
        assert!(allowed.starts_with("execution, access, function"), "{allowed}");
        assert!(allowed.split(", ").all(|word| LogKind::parse(word).is_some()), "{allowed}");
    }

    #[test]
    fn text_that_is_not_toml_is_an_error_with_its_line() {
        let error = settings("[[api]]\nid = \"a\nname = \"b\"\n").map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("why5xx.toml:2: id: "), "{error}");
    }
}
