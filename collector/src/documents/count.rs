//! A view, counted where the person allows it.

use jiff::Timestamp;

use super::{Name, Opened, sql};
use crate::{
    forms::Forms,
    retention::{self, RetentionError, calendar},
    store::{Store, values::millis},
    tracking,
};

/// Counts a view of a personal link, if the person's yes to what it was made for stands now; answers whether it did.
///
/// Of whoever said no nothing is written, and no lock is taken. `signalled`: the browser asks not to be sold, shared or
/// profiled, which holds against purposes of those kinds whatever was granted before.
pub async fn count(
    store: &Store,
    forms: &Forms,
    opened: Opened,
    name: &Name,
    signalled: bool,
    now: Timestamp,
) -> Result<bool, RetentionError> {
    let Opened { submission, tracked } = opened;
    let mut connection = store.read().await?;
    let Some(row) = tracking::sql::find(&mut connection, submission).await? else { return Ok(false) };
    let answer = tracking::of_row(&mut connection, forms, &row, tracked, now).await?;
    drop(connection);
    let Some(answer) = answer.filter(|answer| answer.allowed) else { return Ok(false) };
    if signalled && refused_by_signal(forms, &row.version, &answer.purpose).await? {
        return Ok(false);
    }
    let mut tx = store.begin().await?;
    let Some(row) = retention::sql::lock(&mut tx, submission).await? else { return Ok(false) };
    // Once more, now that nobody takes it back meanwhile.
    let answer = tracking::of_row(&mut tx, forms, &row, tracked, now).await?;
    let Some(answer) = answer.filter(|answer| answer.allowed) else {
        tx.rollback().await?;
        return Ok(false);
    };
    let day = calendar::day_start(&calendar::day(now)).unwrap_or(now);
    sql::count(&mut tx, submission, tracked.as_str(), name.as_str(), millis(day), answer.purpose.as_str()).await?;
    tx.commit().await?;
    Ok(true)
}

async fn refused_by_signal(
    forms: &Forms,
    version: &str,
    purpose: &unticked_shared::id::PurposeId,
) -> Result<bool, RetentionError> {
    let version = forms.version(version).await?;
    let purpose = version.as_ref().and_then(|version| version.purposes.get(purpose));
    Ok(purpose.is_none_or(|purpose| unticked_shared::definition::content::refused_by_signal(purpose.kind)))
}
