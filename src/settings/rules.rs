//! Own rules: causes of one owner's, from a TOML file, before or after the built-in ones.
//!
//! ```toml
//! [[rule]]
//! id = "coupon_service_down"          # the dimension value, snake case
//! title = "The coupon service did not answer"
//! family = "backend"                  # "none" without it
//! kind = "load"                       # or "broken"
//! placed = "before"                   # asked before the built-in causes; "after" without it
//!
//! [rule.match]                        # patterns of at least one author
//! function = ["^coupon service {} unavailable"]
//!
//! [rule.remedy]
//! means = "The shop function could not reach the coupon service."
//! confirm = ["Is the coupon service up? The graph CouponLatency shows it."]
//! fix = ["Restart it."]
//! prevent = ["Give the call a timeout of a second."]
//! docs = ["https://wiki.example.com/coupons"]
//! ```
//!
//! A rule becomes a cause and is matched like a built-in one. It names failures but never creates one. See
//! [`crate::cause`] for the authors and the patterns.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::toml_file::{self, TomlFile};
use super::{Environment, RULES, SettingsError};
use crate::cause::{self, Author, Cause, Family, Kind, Need, OWN_RULE, Pattern, Rank, Remedy, Table};
use crate::log_kind::LogKind;

/// Rules file of a layer.
const LAYER_FILE: &str = "/opt/why5xx-rules.toml";
/// Rules file of the bundle, beside the program.
const BUNDLE_FILE: &str = "why5xx-rules.toml";

/// Most rules; our own limit. Each failure line is compared with each rule, and there are some fifty built-in causes.
const MOST_RULES: usize = 500;

/// Most patterns of a rule; our own limit.
const MOST_PATTERNS: usize = 100;

/// Longest pattern, in bytes: an execution log cuts a message at 1,024.
const PATTERN_BYTES_LIMIT: usize = 1_024;

/// Longest id, in bytes. CloudWatch accepts 1,024, but an id must be readable in a legend.
const ID_BYTES_LIMIT: usize = 64;

/// Longest text of a remedy, in bytes; our own limit.
const TEXT_BYTES_LIMIT: usize = 4_096;

/// Meaning of a rule without one.
const NO_REMEDY: &str = "A rule of your own, without a meaning in its file.";

/// Own causes, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    before: Vec<&'static Cause>,
    after: Vec<&'static Cause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesDocument {
    #[serde(default)]
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: Spanned<String>,
    title: Spanned<String>,
    #[serde(default)]
    family: Option<Spanned<String>>,
    kind: KindWord,
    #[serde(default)]
    placed: Placed,
    #[serde(rename = "match")]
    patterns: Spanned<OwnPatterns>,
    #[serde(default)]
    remedy: OwnRemedy,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum KindWord {
    Broken,
    Load,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Placed {
    Before,
    #[default]
    After,
}

type Texts = Vec<Spanned<String>>;

/// Patterns of a rule by author; see [`Pattern`].
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct OwnPatterns {
    gateway: Texts,
    authorizer: Texts,
    function: Texts,
    service: Texts,
    lambda_service: Texts,
    response_type: Texts,
    invocation_status: Vec<Spanned<u16>>,
    function_log: Texts,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct OwnRemedy {
    means: Option<Spanned<String>>,
    confirm: Texts,
    fix: Texts,
    prevent: Texts,
    docs: Texts,
    /// Earlier name of a part of `confirm`; files of version 0.1 have it.
    checks: Texts,
    /// Earlier name of the rest of `confirm`, what followed the checks.
    see: Texts,
}

impl Rules {
    /// Reads the rules file that `WHY5XX_RULES` names, else that of the layer, else that beside the program.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is invalid. The error names file, line and field. A retry does not help.
    pub fn load(environment: &Environment) -> Result<Self, SettingsError> {
        let path = match environment.value(RULES)? {
            Some(path) => Some(PathBuf::from(path)),
            None => environment.usual_file(LAYER_FILE, BUNDLE_FILE),
        };
        path.map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    /// Reads a rules file.
    ///
    /// # Errors
    ///
    /// See [`load`](Self::load).
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        Self::parse(path, &toml_file::read(path)?)
    }

    /// Parses the text of a rules file. Errors call it `path`.
    ///
    /// # Errors
    ///
    /// If the text is not a valid rules file.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let file = TomlFile { path, text };
        let document: RulesDocument = file.document()?;
        if let Some(rule) = document.rule.get(MOST_RULES) {
            return Err(file.error(rule.id.span(), &format!("at most {MOST_RULES} rules are allowed")));
        }
        let mut ids: HashSet<&str> =
            cause::built_in().flat_map(|cause| cause.formerly.iter().copied().chain([cause.id])).collect();
        let mut checked = Vec::new();
        for rule in &document.rule {
            file.check_id(&rule.id)?;
            if !ids.insert(rule.id.get_ref()) {
                return Err(file.error_in(rule.id.span(), "id", "another cause has this id"));
            }
            checked.push((rule.placed, file.cause(rule)?));
        }
        // Rules live as long as the process, so nothing is leaked before the whole file is valid.
        let mut rules = Self::default();
        for (placed, draft) in checked {
            let cause = draft.keep();
            if placed == Placed::Before { rules.before.push(cause) } else { rules.after.push(cause) }
        }
        Ok(rules)
    }

    /// Returns the table of causes: the built-in ones, with the rules before and after them.
    pub fn table(&self) -> Table {
        Table::with_rules(self.before.iter().copied(), self.after.iter().copied())
    }

    /// Returns the number of rules.
    pub fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }

    /// Returns whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A valid rule.
struct Draft {
    id: String,
    title: String,
    family: Family,
    kind: Kind,
    patterns: Vec<(Author, String)>,
    statuses: Vec<u16>,
    means: String,
    confirm: Vec<String>,
    fix: Vec<String>,
    prevent: Vec<String>,
    docs: Vec<String>,
}

impl TomlFile<'_> {
    fn cause(&self, rule: &Rule) -> Result<Draft, SettingsError> {
        let texts = |field: &str, texts: &Texts| -> Result<Vec<String>, SettingsError> {
            texts.iter().map(|text| self.text(field, text)).collect()
        };
        let remedy = &rule.remedy;
        let docs = texts("docs", &remedy.docs)?;
        if let Some(at) = docs.iter().position(|url| !(url.starts_with("https://") || url.starts_with("http://"))) {
            return Err(self.error_in(
                remedy.docs[at].span(),
                "docs",
                "allowed: URLs that begin with https:// or http://",
            ));
        }
        Ok(Draft {
            id: rule.id.get_ref().clone(),
            title: self.title(&rule.title)?,
            family: self.family(rule.family.as_ref())?,
            kind: match rule.kind {
                KindWord::Broken => Kind::Broken,
                KindWord::Load => Kind::Load,
            },
            patterns: self.patterns(&rule.patterns)?,
            statuses: self.statuses(&rule.patterns)?,
            means: remedy.means.as_ref().map_or_else(|| Ok(NO_REMEDY.to_owned()), |text| self.text("means", text))?,
            confirm: [texts("confirm", &remedy.confirm)?, texts("checks", &remedy.checks)?, texts("see", &remedy.see)?]
                .concat(),
            fix: texts("fix", &remedy.fix)?,
            prevent: texts("prevent", &remedy.prevent)?,
            docs,
        })
    }

    fn check_id(&self, id: &Spanned<String>) -> Result<(), SettingsError> {
        let text = id.get_ref();
        let words = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let parts = text.split('_').all(|part| !part.is_empty());
        if words && parts && text.len() <= ID_BYTES_LIMIT && text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Ok(());
        }
        let allowed = format!("allowed: 1 to {ID_BYTES_LIMIT} characters in snake case, such as coupon_service_down");
        Err(self.error_in(id.span(), "id", &allowed))
    }

    /// Checks a title: one line, since tables show it.
    fn title(&self, title: &Spanned<String>) -> Result<String, SettingsError> {
        if title.get_ref().contains('\n') {
            return Err(self.error_in(title.span(), "title", "allowed: one line"));
        }
        self.text("title", title)
    }

    /// Checks a text for people.
    fn text(&self, field: &str, text: &Spanned<String>) -> Result<String, SettingsError> {
        let inner = text.get_ref();
        let printable = !inner.chars().any(|c| c.is_control() && c != '\n');
        if printable && !inner.trim().is_empty() && inner.len() <= TEXT_BYTES_LIMIT {
            return Ok(inner.trim().to_owned());
        }
        let allowed = format!("allowed: 1 to {TEXT_BYTES_LIMIT} bytes of text, not only blanks");
        Err(self.error_in(text.span(), field, &allowed))
    }

    fn family(&self, word: Option<&Spanned<String>>) -> Result<Family, SettingsError> {
        let Some(word) = word else { return Ok(Family::None) };
        Family::ALL.iter().find(|family| family.name() == word.get_ref()).copied().ok_or_else(|| {
            let names: Vec<_> = Family::ALL.iter().map(|family| family.name()).collect();
            self.error_in(word.span(), "family", &format!("allowed: {}", names.join(", ")))
        })
    }

    fn patterns(&self, authors: &Spanned<OwnPatterns>) -> Result<Vec<(Author, String)>, SettingsError> {
        let OwnPatterns { gateway, authorizer, function, service, lambda_service, response_type, function_log, .. } =
            authors.get_ref();
        let rows = [
            (Author::Gateway, "gateway", gateway),
            (Author::Authorizer, "authorizer", authorizer),
            (Author::Function, "function", function),
            (Author::Service, "service", service),
            (Author::LambdaService, "lambda_service", lambda_service),
            (Author::ResponseType, "response_type", response_type),
            (Author::FunctionLog, "function_log", function_log),
        ];
        let mut checked = Vec::new();
        for (author, field, patterns) in rows {
            for pattern in patterns {
                let text = if author == Author::ResponseType {
                    self.response_type(pattern)?
                } else {
                    self.pattern(field, pattern)?
                };
                checked.push((author, text));
            }
        }
        let count = checked.len() + authors.get_ref().invocation_status.len();
        if count == 0 || count > MOST_PATTERNS {
            let allowed = format!("a rule must have 1 to {MOST_PATTERNS} patterns");
            return Err(self.error_in(authors.span(), "match", &allowed));
        }
        Ok(checked)
    }

    /// Checks and normalises a pattern.
    fn pattern(&self, field: &str, pattern: &Spanned<String>) -> Result<String, SettingsError> {
        let text = pattern.get_ref();
        if text.len() > PATTERN_BYTES_LIMIT {
            let problem = format!("{} bytes; at most {PATTERN_BYTES_LIMIT} are allowed", text.len());
            return Err(self.error_in(pattern.span(), field, &problem));
        }
        let (bound, words) = text.strip_prefix('^').map_or(("", text.as_str()), |words| ("^", words));
        let normal = format!("{bound}{}", cause::normalise(words));
        // A pattern without words would match every failure that has no other cause.
        if !normal.replace("{}", "").contains(|c: char| c.is_alphanumeric()) {
            return Err(self.error_in(pattern.span(), field, "a pattern must hold a letter or a digit"));
        }
        Ok(normal)
    }

    fn response_type(&self, name: &Spanned<String>) -> Result<String, SettingsError> {
        let text = name.get_ref();
        let fits = !text.is_empty() && text.len() <= ID_BYTES_LIMIT;
        if fits && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
            return Ok(text.clone());
        }
        let allowed = "allowed: a gateway response type, such as INTEGRATION_FAILURE";
        Err(self.error_in(name.span(), "response_type", allowed))
    }

    fn statuses(&self, authors: &Spanned<OwnPatterns>) -> Result<Vec<u16>, SettingsError> {
        let of = |status: &Spanned<u16>| {
            let allowed = "allowed: HTTP statuses from 300 to 599";
            let is_one = (300..600).contains(status.get_ref());
            if is_one { Ok(*status.get_ref()) } else { Err(self.error_in(status.span(), "invocation_status", allowed)) }
        };
        authors.get_ref().invocation_status.iter().map(of).collect()
    }
}

impl Draft {
    /// Turns the rule into a cause.
    ///
    /// Built-in causes are constants, and all code refers to causes by `&'static`. So this leaks the rule. Rules are
    /// read once in the life of a process, so the size of one file bounds the leak.
    fn keep(self) -> &'static Cause {
        let texts = self.patterns.into_iter().map(|(author, pattern)| {
            let pattern = leaked(pattern);
            match author {
                Author::Gateway => Pattern::Gateway(pattern),
                Author::Authorizer => Pattern::Authorizer(pattern),
                Author::Function => Pattern::Function(pattern),
                Author::Service => Pattern::Service(pattern),
                Author::LambdaService => Pattern::LambdaService(pattern),
                Author::ResponseType => Pattern::ResponseType(pattern),
                Author::FunctionLog => Pattern::FunctionLog(pattern),
                Author::ErrorType => Pattern::ErrorType(pattern),
                Author::Library => Pattern::Library(pattern),
            }
        });
        let statuses = self.statuses.into_iter().map(|status| Pattern::InvocationStatus(status, status));
        let patterns: &'static [Pattern] = Vec::leak(texts.chain(statuses).collect());
        Box::leak(Box::new(Cause {
            id: leaked(self.id),
            formerly: &[],
            role: None,
            title: leaked(self.title),
            family: self.family,
            kind: self.kind,
            rank: Rank::Named,
            statuses: &[],
            needs: needs(patterns),
            patterns,
            remedy: Remedy {
                means: leaked(self.means),
                confirm: all_leaked(self.confirm),
                fix: all_leaked(self.fix),
                prevent: all_leaked(self.prevent),
            },
            docs: all_leaked(self.docs),
            since: OWN_RULE,
            examples: &[],
            near_misses: &[],
        }))
    }
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn all_leaked(texts: Vec<String>) -> &'static [&'static str] {
    Vec::leak(texts.into_iter().map(leaked).collect())
}

/// Returns the log settings that show the words of the rule's authors.
fn needs(patterns: &[Pattern]) -> &'static [Need] {
    let mut needs: Vec<Need> = Vec::new();
    for pattern in patterns {
        let of_author: &[Need] = match pattern {
            Pattern::Gateway(_) | Pattern::Function(_) => &[Need::ErrorLevel, Need::AccessField("integration.error")],
            Pattern::Authorizer(_) => &[Need::ErrorLevel, Need::AccessField("authorizer.error")],
            Pattern::Service(_) | Pattern::LambdaService(_) => &[Need::DataTrace],
            Pattern::ResponseType(_) => &[Need::InfoLevel, Need::AccessField("error.responseType")],
            Pattern::InvocationStatus(..) => &[Need::ErrorLevel],
            Pattern::FunctionLog(_) | Pattern::ErrorType(_) | Pattern::Library(_) | Pattern::Code(..) => {
                &[Need::SeparateLog(LogKind::Lambda)]
            }
        };
        for need in of_author {
            if !needs.contains(need) {
                needs.push(*need);
            }
        }
    }
    Vec::leak(needs)
}

#[cfg(test)]
mod tests;
