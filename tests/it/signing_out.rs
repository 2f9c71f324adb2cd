//! A session that ends while others are using it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    // Several threads and a store on a disk, because what was read lately is kept by several of them.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    after_signing_out_every_copy_of_the_session_is_refused,
}

async fn after_signing_out_every_copy_of_the_session_is_refused(door: Door) {
    let app = App::start_on_disk().await;
    for _ in 0..200 {
        let mut ann = app.signed_in(door, "ann@example.org").await;
        let is_over = Arc::new(AtomicBool::new(false));
        let copies = (0..3).map(|_| {
            let (mut copy, is_over) = (ann.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                // The last look begins after the answer to signing out.
                while !is_over.load(Ordering::SeqCst) {
                    copy.who().await;
                }
                copy.who().await
            })
        });
        let copies: Vec<_> = copies.collect();
        assert_eq!(ann.sign_out().await, Answer::Done);
        is_over.store(true, Ordering::SeqCst);
        for copy in copies {
            assert_eq!(copy.await.unwrap(), None);
        }
    }
}
