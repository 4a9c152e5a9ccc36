//! What the lint says: where, how grave, which rule, which article, and what to do.

use serde::{Serialize, Serializer};

use super::{position::Place, rule::Rule};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The collector does not start with it.
    Error,
    /// The owner should look at it.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding in the owner's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file under the definitions folder, with `/` between its parts.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// The rule that was broken.
    pub rule: Rule,
    /// What is wrong and what to do.
    pub message: String,
}

impl Finding {
    /// How grave it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity()
    }

    /// Whether the collector refuses to start with it.
    pub fn is_error(&self) -> bool {
        self.severity() == Severity::Error
    }
}

impl std::fmt::Display for Finding {
    /// `forms/contact.toml:12:3: error[no-purpose] message (Art. 5(1)(c) GDPR)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { line, column, .. } = self.place;
        let (severity, rule) = (self.severity().as_str(), self.rule.slug());
        write!(f, "{}:{line}:{column}: {severity}[{rule}] {}", self.file, self.message)?;
        match self.rule.article() {
            "" => Ok(()),
            article => write!(f, " ({article})"),
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            file: &'a str,
            line: u32,
            column: u32,
            width: u32,
            severity: Severity,
            rule: &'static str,
            #[serde(skip_serializing_if = "str::is_empty")]
            article: &'static str,
            message: &'a str,
        }
        let Place { line, column, width } = self.place;
        Shape {
            file: &self.file,
            line,
            column,
            width,
            severity: self.severity(),
            rule: self.rule.slug(),
            article: self.rule.article(),
            message: &self.message,
        }
        .serialize(serializer)
    }
}
