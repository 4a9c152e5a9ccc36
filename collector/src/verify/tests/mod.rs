//! A town of visitors whose data are altered in every way that a disk, a hand or an old copy can alter them. Each test
//! prints its seed; `UNTICKED_SEED` sets it.

mod bundles;
mod flips;
mod gaps;
mod old_copies;
mod outside;
mod town;

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Finding, Place, Summary, Told, run};
use town::Town;

/// Numbers that are the same for the same seed (`SplitMix64`).
pub struct Dice(u64);

impl Dice {
    pub fn new(test: &str, seed: u64) -> Self {
        let seed = std::env::var("UNTICKED_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(seed);
        eprintln!("{test}: UNTICKED_SEED={seed}");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What a finding may be about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Id(Uuid),
    Leaf(i64),
    Tile,
    Head,
    Signed,
    Origin,
    Checkpoint(i64),
    Version,
}

/// What a finding names; a range of leaves names each of them.
pub fn names(finding: &Finding) -> Vec<Name> {
    match &finding.place {
        Place::Record { record, leaf } => [Name::Id(*record)].into_iter().chain(leaf.map(Name::Leaf)).collect(),
        Place::Leaf { leaf } => vec![Name::Leaf(*leaf)],
        Place::Leaves { first, last } => {
            (*first..=*last).take(1_000).map(|leaf| Name::Leaf(i64::try_from(leaf).unwrap())).collect()
        }
        Place::Head => vec![Name::Head],
        Place::SignedHead => vec![Name::Signed],
        Place::Checkpoint { size } => vec![Name::Checkpoint(*size)],
        Place::Tile { .. } => vec![Name::Tile],
        Place::Origin { .. } => vec![Name::Origin],
        Place::Version { .. } => vec![Name::Version],
        Place::Submission { submission: id }
        | Place::Value { submission: id, .. }
        | Place::Delivery { delivery: id }
        | Place::Person { subject: id } => vec![Name::Id(*id)],
        Place::Table { .. } | Place::Database { .. } | Place::AccessLog | Place::File { .. } => Vec::new(),
    }
}

/// Runs the check; answers what it found.
pub async fn check(town: &Town) -> (Summary, Vec<Finding>) {
    let mut findings = Vec::new();
    let summary = run(&town.tools(), &mut |told| {
        if let Told::Finding(finding) = told {
            findings.push(finding);
        }
    })
    .await
    .unwrap();
    (summary, findings)
}

pub fn all_names(findings: &[Finding]) -> BTreeSet<Name> {
    findings.iter().flat_map(names).collect()
}

#[tokio::test]
async fn a_sound_town_has_nothing_wrong_with_it() {
    let town = Town::build(60).await;
    let (summary, findings) = check(&town).await;
    assert_eq!(findings, []);
    let leaves = town.house.needs.ledger.last_signed().head.size;
    assert!(summary.holds() && summary.leaves == leaves && summary.records == leaves && leaves > 80, "{summary:?}");
    assert_eq!((summary.submissions, summary.versions), (60, 1));
    assert!(summary.checkpoints >= 3 && summary.opened > 200, "{summary:?}");
    assert_eq!(summary.origin.as_deref(), Some("forms.example/ledger"));
}

#[tokio::test]
async fn a_check_beside_a_collector_at_work_finds_nothing_wrong() {
    let town = Town::build(20).await;
    let (store, vault) = (town.house.needs.store.clone(), town.house.needs.vault.clone());
    let visitors: Vec<_> = (0..40).map(|n| town.visitor(n)).collect();
    let submissions = town.house.submissions.clone();
    let at_work = tokio::spawn(async move {
        for visitor in visitors {
            submissions.submit(visitor).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let tools = super::Tools { store, vault, clock: town.house.hour.clock() };
    let mut leaves = 0;
    while !at_work.is_finished() {
        let mut findings = Vec::new();
        let summary = run(&tools, &mut |told| {
            if let Told::Finding(finding) = told {
                findings.push(finding);
            }
        })
        .await
        .unwrap();
        assert_eq!(findings, []);
        assert!(summary.leaves >= leaves);
        leaves = summary.leaves;
    }
    at_work.await.unwrap();
    assert_eq!(check(&town).await.1, []);
}
