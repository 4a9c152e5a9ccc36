//! A new name for the ledger.

use jiff::Timestamp;
use unticked_shared::merkle::{
    note::{Signer, VerifierKey},
    proof,
};

use super::{rebuild::Tiles, sql};
use crate::{
    ledger::{
        Head, LedgerError, Signed, nodes, sign,
        sql::{self as ledger_sql, Origin},
    },
    store::{Store, StoreError, Transaction, values::millis},
    vault::{self, Vault},
};

/// A name that has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Such as `forms.example/ledger/20261123T150405Z`.
    pub origin: String,
    /// What checks its heads.
    pub key: VerifierKey,
    /// How many entries it goes on from.
    pub size: u64,
    /// The name before, and how many entries are known to have been signed under it.
    pub before: (String, Option<u64>),
    /// Entries that stood behind a gap and were taken out. Their records get new places at the next start.
    pub taken_out: u64,
}

/// Begins a new name over what is there, for `reason`, which everybody can read.
///
/// The name holds the time: a counter would be the same again after the same backup is restored twice, and one name would
/// have two histories. It is named after `public_url`, or else after the host that it had. Nobody
/// else may be at work on the databases.
pub async fn begin(
    store: &Store,
    vault: &Vault,
    public_url: Option<&str>,
    reason: &str,
    now: Timestamp,
) -> Result<Begun, LedgerError> {
    let previous = ledger_sql::signed(&mut store.keys().read().await?).await?;
    let mut tx = store.begin().await?;
    let last = ledger_sql::origins(&mut tx).await?.pop().ok_or(LedgerError::Absent)?;
    let (head, taken_out) = sound_head(&mut tx).await?;
    let host = match public_url {
        Some(url) => url.split_once("://").map_or(url, |(_, host)| host).trim_end_matches('/'),
        None => last.origin.split('/').next().unwrap_or_default(),
    };
    let origin = format!("{host}/ledger/{}", now.strftime("%Y%m%dT%H%M%SZ"));
    let signer = Signer::new(&origin, &vault.ring().ledger_seed(&origin));
    let signer = signer.map_err(|_| LedgerError::Name(origin.clone()))?;
    let row = Origin {
        number: last.number + 1,
        origin: origin.clone(),
        began_at_size: ledger_sql::count(head.size)?,
        began_at: millis(now),
        reason: Some(reason.to_owned()),
        previous: previous.as_ref().map(|row| row.note.clone()),
    };
    if last.origin == origin || ledger_sql::insert_origin(&mut tx, &row).await? == 0 {
        return Err(LedgerError::JustBegun(origin));
    }
    tx.commit().await?;
    // From here on the start knows what to do by itself, where it is the key store's own head that was written down.
    let first = Signed { head, note: sign::sign(&signer, &head)? };
    let mut tx = store.keys().begin().await?;
    ledger_sql::replace_signed(&mut tx, &sign::row(&origin, &first, millis(now))?).await?;
    // What the main database lacks is lost: that is what was said.
    vault::sql::forget_reached(&mut tx).await?;
    tx.commit().await?;
    let before = (last.origin, previous.map(|row| ledger_sql::number(row.size)).transpose()?);
    Ok(Begun { origin, key: signer.verifier(), size: head.size, before, taken_out })
}

/// The head, where the tree leads to it. Else what the leaves make up to the first gap, with tiles made anew.
async fn sound_head(tx: &mut Transaction) -> Result<(Head, u64), StoreError> {
    let edge = ledger_sql::lock_head(tx).await?;
    let head = Head { size: edge.size(), root: edge.root() };
    let whole = sql::first_gap(tx).await?;
    let leads = nodes::with_nodes(tx, |nodes| proof::root(nodes, head.size)).await;
    if ledger_sql::count(head.size)? == whole && leads.is_ok_and(|root| root == head.root) {
        return Ok((head, 0));
    }
    let taken_out = sql::remove_leaves(tx, whole).await?;
    let mut tiles = Tiles::default();
    let size = ledger_sql::number(whole)?;
    while tiles.edge().size() < size {
        let until = size.min(tiles.edge().size() + 65_536);
        tiles.read(tx, until, |_| ()).await?;
        tiles.keep_full(tx).await?;
    }
    tiles.keep_rest(tx).await?;
    sql::set_head(tx, tiles.edge()).await?;
    Ok((Head { size, root: tiles.edge().root() }, taken_out))
}
