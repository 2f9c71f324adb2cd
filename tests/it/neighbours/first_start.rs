//! Nodes that start at the same moment, with no store yet.

use std::sync::Arc;

use gatepost::domain::ports::World;
use gatepost::domain::token::KeyRing;
use gatepost::domain::upkeep::OpenError;
use gatepost::domain::{Gatepost, Settings};
use gatepost::store::memory::MemoryStore;

use crate::harness::street::{Plot, Street};
use crate::harness::wire::Wire;

/// Starts at this place with these keys.
async fn start(plot: Arc<Plot>, wire: Wire, world: World, keys: String) -> Result<Gatepost, OpenError> {
    let ring = KeyRing::parse(&keys).unwrap();
    Gatepost::open(Arc::new(wire), plot.company(), world, ring, Settings::default()).await
}

#[tokio::test]
async fn two_nodes_that_start_at_once_make_one_store_a_hundred_times() {
    for _ in 0..100 {
        let mut street = Street::new().await;
        street.store = Arc::new(MemoryStore::new());
        let plots = [street.plot("a"), street.plot("b")];
        let starts = plots.clone().map(|plot| {
            let wire = Wire::to(street.store.clone());
            tokio::spawn(start(plot, wire, street.world(), street.keys.clone()))
        });
        let [one, other] = starts;
        let nodes = [one.await.unwrap().unwrap(), other.await.unwrap().unwrap()];
        for node in &nodes {
            node.heartbeat().await.unwrap();
        }
        let counts = ["state", "n/", "k/", "node/"].map(|prefix| street.records(prefix));
        let counts = futures_util::future::join_all(counts).await;
        assert_eq!(counts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 2]);
    }
}

#[tokio::test]
async fn of_two_nodes_that_start_at_once_with_different_keys_one_serves_and_one_names_the_key() {
    for _ in 0..20 {
        let street = Street::new().await;
        let keys = [street.keys.clone(), KeyRing::generate(&street.world())];
        let starts = [street.plot("a"), street.plot("b")].into_iter().zip(keys).map(|(plot, keys)| {
            tokio::spawn(start(plot, Wire::to(street.store.clone()), street.world(), keys))
        });
        let mut serve = 0;
        for start in starts.collect::<Vec<_>>() {
            match start.await.unwrap() {
                Ok(_) => serve += 1,
                Err(error) => assert!(matches!(error, OpenError::WrongKey { .. }), "{error}"),
            }
        }
        assert_eq!(serve, 1);
        assert_eq!(street.names().await.len(), 1);
    }
}
