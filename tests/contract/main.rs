//! The contract between each room's statements and the two engines: the same calls, the same answers.
//!
//! Every macro call in a `sql.rs` of the collector must have run at the end, on SQLite and, when
//! `UNTICKED_TEST_POSTGRES` names a server on which databases may be made, on PostgreSQL. A room with a new statement
//! adds its call here; the suite names the line until it does.
#![expect(clippy::unwrap_used, reason = "a contract that cannot go on is broken")]

mod accesses;
mod documents;
mod engagements;
mod engines;
mod erasure;
mod exports;
mod forms;
mod keep;
mod leads;
mod ledger;
mod mail;
mod outbox;
mod preferences;
mod publish;
mod retention;
mod rotation;
mod source;
mod submissions;
mod vault;
mod verify;
mod witness;

use std::{collections::BTreeSet, sync::Arc};

use engines::{Fresh, Seen};
use unticked_collector::store::{EngineKind, Store};

async fn every_room(store: &Store) {
    vault::keeps_finds_and_destroys_keys(store).await;
    vault::notes_how_far_the_main_database_is(store).await;
    ledger::keeps_the_names_and_the_last_signed_head(store).await;
    submissions::keeps_and_finds_submissions(store).await;
    submissions::a_second_one_with_the_same_id_or_reference_is_counted_out(store).await;
    submissions::finds_the_evidence_of_a_submission(store).await;
    submissions::lists_what_waits_and_lets_it_go(store).await;
    preferences::finds_and_locks_a_submission(store).await;
    preferences::whoever_withdraws_second_waits_for_the_first(store).await;
    forms::keeps_withdraws_and_reinstates_versions(store).await;
    outbox::leases_settles_and_lists_deliveries(store).await;
    leads::pages_through_submissions_and_reads_what_belongs_to_one(store).await;
    exports::finds_submissions_by_reference_person_and_form(store).await;
    leads::finds_the_deliveries_of_a_submission_and_what_did_not_arrive(store).await;
    mail::gathers_claims_and_settles_mails(store).await;
    accesses::keeps_what_was_opened_and_by_whom(store).await;
    outbox::what_follows_a_lead_waits_for_it(store).await;
    outbox::nothing_begins_while_a_withdrawal_looks(store).await;
    outbox::what_a_wrong_clock_put_off_is_brought_forward(store).await;
    retention::finds_what_is_due_and_says_when_to_look_again(store).await;
    retention::notes_where_the_clock_stood(store).await;
    retention::holds_a_submission_until_the_transaction_ends(store).await;
    retention::destroys_values_addresses_and_identities(store).await;
    retention::cuts_and_withholds_what_waits(store).await;
    engagements::finds_whom_a_destination_may_speak_of(store).await;
    engagements::takes_each_message_once(store).await;
    documents::finds_whose_tracking_may_be_asked_for(store).await;
    documents::counts_views_by_the_day_and_deletes_them(store).await;
    verify::reads_everything_again(store).await;
    verify::a_snapshot_is_of_one_moment(store).await;
    rotation::finds_what_lies_under_which_key_and_seals_it_anew(store).await;
    rotation::knows_who_works_with_which_keys_and_what_is_retired(store).await;
    erasure::goes_from_step_to_step(store).await;
    erasure::finds_people_and_those_who_share_what_they_entered(store).await;
    erasure::suppresses_and_destroys(store).await;
    ledger::sequences_what_is_in_no_ledger(store, &submissions::record(1).evidence).await;
    ledger::appends_and_reads_what_was_appended(store).await;
    ledger::two_appenders_make_one_tree(store).await;
    publish::publishes_and_finds_the_newest_of_a_name(store).await;
    witness::keeps_what_others_vouch_for(store).await;
    publish::mends_what_is_torn(store).await;
    publish::finds_the_place_of_a_record(store).await;
    ledger::collectors_continue_what_any_of_them_signed(store).await;
}

async fn every_statement_runs(fresh: Fresh, kind: EngineKind) {
    let seen = Arc::new(Seen::default());
    let store = fresh.open(Some(seen.clone())).await;
    assert_eq!(store.kind(), kind);
    every_room(&store).await;
    store.close().await;
    let all = source::statements();
    assert!(all.len() > 20, "the sources were found: {all:?}");
    let ran: BTreeSet<_> = seen.places().into_iter().filter(|(file, _)| file.ends_with("sql.rs")).collect();
    let strangers: Vec<_> = ran.difference(&all).collect();
    assert!(strangers.is_empty(), "these ran, but the source scan does not know them: {strangers:?}");
    let missing: Vec<_> = all.difference(&ran).map(|(file, line)| format!("{file}:{line}")).collect();
    assert!(missing.is_empty(), "these statements were never tried on {kind:?}:\n{}", missing.join("\n"));
    // What a newer start finds: a database that is up to date.
    fresh.open(None).await.close().await;
    fresh.remove().await;
}

#[tokio::test]
async fn every_statement_runs_on_sqlite() {
    every_statement_runs(Fresh::sqlite(), EngineKind::Sqlite).await;
}

#[tokio::test]
async fn every_statement_runs_on_postgresql() {
    let Some(fresh) = Fresh::postgres().await else {
        eprintln!("left out: UNTICKED_TEST_POSTGRES names no server");
        return;
    };
    every_statement_runs(fresh, EngineKind::Postgres).await;
}

#[tokio::test]
async fn a_backup_of_postgresql_comes_back_in_another_database() {
    let (Some(from), Some(to), Some(full)) =
        (Fresh::postgres().await, Fresh::postgres().await, Fresh::postgres().await)
    else {
        eprintln!("left out: UNTICKED_TEST_POSTGRES names no server");
        return;
    };
    keep::goes_and_comes_back(&from, &to, &full).await;
    for fresh in [from, to, full] {
        fresh.remove().await;
    }
}
