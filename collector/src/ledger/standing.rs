//! How the ledger stands, seen without changing anything: for `unticked ledger status` and the doctor.

use unticked_shared::merkle::proof;

use super::{
    Head, LedgerError, nodes,
    publish::sql::{self as publish_sql, CheckpointRow},
    sql::{self, Origin, SignedRow},
};
use crate::store::{Connection, Store};

/// What there is.
#[derive(Debug)]
pub struct Standing {
    /// Every name that the log has had, the oldest first; none where no collector has started yet.
    pub origins: Vec<Origin>,
    /// The head of the tree.
    pub head: Head,
    /// The head that was signed last.
    pub signed: Option<SignedRow>,
    /// The head that was published last under the present name.
    pub published: Option<CheckpointRow>,
    /// Why a collector would not start.
    pub trouble: Option<LedgerError>,
}

/// How a stored head continues what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// It does.
    GoesOn,
    /// A name was begun, and nothing is signed under it yet.
    Begins,
    /// Nothing was ever signed, and there is nothing.
    Fresh,
}

/// Looks.
pub async fn look(store: &Store) -> Result<Standing, LedgerError> {
    // Before the main database: what is signed meanwhile is in there, too.
    let signed = sql::signed(&mut store.keys().read().await?).await?;
    let mut connection = store.read().await?;
    let origins = sql::origins(&mut connection).await?;
    let edge = sql::head(&mut connection).await?;
    let head = Head { size: edge.size(), root: edge.root() };
    let mut standing = Standing { origins, head, signed, published: None, trouble: None };
    if let Some(origin) = standing.origins.last() {
        standing.published = publish_sql::newest(&mut connection, origin.number).await?;
        standing.trouble = course(&mut connection, origin, &head, standing.signed.as_ref()).await.err();
    }
    Ok(standing)
}

/// Holds the tree against what was signed last.
pub(super) async fn course(
    connection: &mut Connection,
    origin: &Origin,
    head: &Head,
    signed: Option<&SignedRow>,
) -> Result<Course, LedgerError> {
    let came_back = signed.and_then(SignedRow::before_restore);
    let course = unmarked(connection, origin, head, came_back.as_ref().or(signed)).await?;
    // Whatever else is amiss is told first: it leads to a new name as well.
    if came_back.is_some() { Err(LedgerError::Restored) } else { Ok(course) }
}

async fn unmarked(
    connection: &mut Connection,
    origin: &Origin,
    head: &Head,
    signed: Option<&SignedRow>,
) -> Result<Course, LedgerError> {
    if nodes::with_nodes(connection, |nodes| proof::root(nodes, head.size)).await? != head.root {
        return Err(LedgerError::Torn);
    }
    let Some(signed) = signed else {
        return if head.size > 0 { Err(LedgerError::Unsigned { found: head.size }) } else { Ok(Course::Fresh) };
    };
    if signed.origin != origin.origin {
        // The key store still has the last head of the name before.
        return if origin.previous.as_deref() == Some(signed.note.as_str()) {
            Ok(Course::Begins)
        } else {
            Err(LedgerError::Foreign { found: origin.origin.clone(), signed: signed.origin.clone() })
        };
    }
    let then = signed.head()?;
    if head.size < then.size {
        return Err(LedgerError::Behind { found: head.size, signed: then.size });
    }
    if nodes::with_nodes(connection, |nodes| proof::root(nodes, then.size)).await? != then.root {
        return Err(LedgerError::Inconsistent { signed: then.size });
    }
    Ok(Course::GoesOn)
}
