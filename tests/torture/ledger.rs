//! The ledger after the kills: what was ever said of it is still so.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use unticked_collector::{
    fetch_all,
    ledger::{self, Ledger},
    vault::{KeyRing, Vault},
    world::{Clock, Random},
};
use unticked_shared::{
    evidence,
    merkle::{Checkpoint, Frontier, Hash, leaf_hash},
    receipt::{Receipt, verify},
};

use crate::{collector::Shop, visitors::World};

/// The roots of the tree at each size, made anew from the leaves alone.
fn roots(leaves: &[Hash]) -> Vec<Hash> {
    let mut edge = Frontier::default();
    let mut roots = vec![edge.root()];
    for commitment in leaves {
        edge.append(leaf_hash(&evidence::leaf(commitment)), |_, _, _| {});
        roots.push(edge.root());
    }
    roots
}

/// One leaf for each record; no head signed that is not durable; and every receipt proves its record in the tree as it was
/// then, which is what the tree of now began with. Nothing runs.
pub fn every_receipt_still_proves(shop: &Shop, world: &World) {
    let port = world.collectors[0].port();
    let settings = shop.settings_of(port);
    let (runtime, store) = shop.store(port);
    runtime.block_on(async {
        let mut connection = store.read().await.unwrap();
        let rows = fetch_all!(
            &mut connection,
            (Option<i64>, Vec<u8>),
            "select leaf_index, commitment from evidence order by leaf_index"
        );
        let rows = rows.await.unwrap();
        let head = ledger::sql::head(&mut connection).await.unwrap();
        let mut leaves: Vec<Hash> = Vec::new();
        while (leaves.len() as u64) < head.size() {
            let more = ledger::sql::leaves(&mut connection, leaves.len() as u64, 10_000).await.unwrap();
            assert!(!more.is_empty(), "the head has {} leaves, {} are kept", head.size(), leaves.len());
            leaves.extend(more);
        }
        drop(connection);
        assert_eq!(rows.len(), leaves.len(), "a leaf for each record");
        for (number, (index, commitment)) in rows.iter().enumerate() {
            assert_eq!((*index, commitment.as_slice()), (i64::try_from(number).ok(), &leaves[number][..]));
        }
        let roots = roots(&leaves);
        assert_eq!(head.root(), roots[leaves.len()], "the head follows from the leaves");

        let signed = ledger::sql::signed(&mut store.keys().read().await.unwrap()).await.unwrap().unwrap();
        let size = usize::try_from(signed.size).unwrap();
        assert!(size <= leaves.len(), "{size} leaves were signed, and {} are durable", leaves.len());
        assert_eq!(signed.root, roots[size], "the head that was signed last");
        let ring = KeyRing::open(&settings.key_ring, &Random::system()).unwrap();
        let vault = Vault::new(ring, Random::system());
        let opened = Ledger::open(&store, &vault, &settings.server.public_url, &Clock::system()).await.unwrap();
        let key = opened.verifier();
        store.close().await;

        let mut places: BTreeMap<String, u64> = BTreeMap::new();
        for (id, text) in world.book.receipts() {
            let receipt = Receipt::read(&STANDARD.decode(text).unwrap()).unwrap();
            let proved = verify(&receipt, &key).unwrap_or_else(|error| panic!("the receipt of {id}: {error}"));
            // Its signature holds already; without optimisation a second look costs as much as all the rest.
            let (text, _) = proved.checkpoint.split_once("\n\n").unwrap();
            let then = Checkpoint::parse(&format!("{text}\n")).unwrap();
            let at = usize::try_from(then.size).unwrap();
            assert!(at <= leaves.len(), "the receipt of {id} speaks of {at} leaves, {} are kept", leaves.len());
            assert_eq!(then.root, roots[at], "the receipt of {id}: the tree of {at} leaves");
            let place = *places.entry(id.clone()).or_insert(proved.index);
            assert_eq!(place, proved.index, "{id} stands in the ledger twice");
        }
        assert_eq!(places.len(), world.book.len(), "everybody has a receipt");
    });
}
