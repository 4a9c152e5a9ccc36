//! What does not hold: where, and what about it.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What, in words for the owner. It holds nothing that a seal protects.
    pub says: String,
}

/// Where something does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "place", rename_all = "kebab-case")]
pub enum Place {
    /// An evidence record.
    Record {
        /// Its id.
        record: Uuid,
        /// Its leaf, where it has one.
        leaf: Option<i64>,
    },
    /// A leaf of the ledger.
    Leaf {
        /// Its index.
        leaf: i64,
    },
    /// One of several leaves, and nobody can say which.
    Leaves {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The ledger's head.
    Head,
    /// The last signed head, in the key store.
    SignedHead,
    /// A published checkpoint.
    Checkpoint {
        /// Its size.
        size: i64,
    },
    /// A tile.
    Tile {
        /// Its level.
        level: i64,
        /// Its place within the level.
        index: i64,
    },
    /// A name that the ledger has had.
    Origin {
        /// 1, 2, 3, …
        number: i64,
    },
    /// An archived version.
    Version {
        /// Its name.
        version: String,
    },
    /// A submission.
    Submission {
        /// Its id.
        submission: Uuid,
    },
    /// A sealed value.
    Value {
        /// Whose.
        submission: Uuid,
        /// The field.
        field: String,
    },
    /// An event, or the delivery of one.
    Delivery {
        /// Its id.
        delivery: Uuid,
    },
    /// A person: the row, or their wrapped keys.
    Person {
        /// The pseudonym.
        subject: Uuid,
    },
    /// A table that cannot be read, or not to its end.
    Table {
        /// Its name.
        table: &'static str,
    },
    /// The file of a database.
    Database {
        /// `main` or `keys`.
        database: &'static str,
    },
    /// An entry of the access log.
    AccessLog,
    /// A file of a bundle, or what a log serves.
    File {
        /// Its name.
        name: String,
    },
}

impl Finding {
    /// A finding.
    pub fn new(place: Place, says: impl Into<String>) -> Self {
        Self { place, says: says.into() }
    }

    /// About a leaf.
    pub fn leaf(leaf: i64, says: impl Into<String>) -> Self {
        Self::new(Place::Leaf { leaf }, says)
    }

    /// About a file.
    pub fn file(name: impl Into<String>, says: impl Into<String>) -> Self {
        Self::new(Place::File { name: name.into() }, says)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { record, leaf: Some(leaf) } => write!(f, "record {record} (leaf {leaf})"),
            Self::Record { record, leaf: None } => write!(f, "record {record}"),
            Self::Leaf { leaf } => write!(f, "leaf {leaf}"),
            Self::Leaves { first, last } if first == last => write!(f, "leaf {first}"),
            Self::Leaves { first, last } => write!(f, "one of the leaves {first} to {last}"),
            Self::Head => f.write_str("the ledger's head"),
            Self::SignedHead => f.write_str("the last signed head, in the key store"),
            Self::Checkpoint { size } => write!(f, "the published checkpoint of {size} leaves"),
            Self::Tile { level, index } => write!(f, "tile {index} of level {level}"),
            Self::Origin { number } => write!(f, "the ledger's name no. {number}"),
            Self::Version { version } => write!(f, "version {version}"),
            Self::Submission { submission } => write!(f, "submission {submission}"),
            Self::Value { submission, field } => write!(f, "the value `{field}` of submission {submission}"),
            Self::Delivery { delivery } => write!(f, "delivery {delivery}"),
            Self::Person { subject } => write!(f, "person {subject}"),
            Self::Table { table } => write!(f, "table {table}"),
            Self::Database { database } => write!(f, "the file of the {database} database"),
            Self::AccessLog => f.write_str("access log"),
            Self::File { name } => f.write_str(name),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.says)
    }
}

/// What is told while it goes on.
#[derive(Debug)]
pub enum Told {
    /// Something does not hold.
    Finding(Finding),
    /// How far it is.
    Progress {
        /// With what.
        step: &'static str,
        /// So many.
        done: u64,
        /// Of so many.
        of: u64,
    },
}

/// Whoever listens.
pub type Hear<'a> = dyn FnMut(Told) + Send + 'a;
