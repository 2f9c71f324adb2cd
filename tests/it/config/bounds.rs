//! How long events are kept, how much email is sent in a minute, and how much of the database is kept in memory.

use super::mistakes::assert_reported;
use super::{Bench, errors};

#[test]
fn events_are_kept_from_a_week_to_ten_years() {
    for keep in ["7d", "168h", "90d", "3650d"] {
        let bench = Bench::with_file(&format!("[events]\nkeep = \"{keep}\""));
        assert!(bench.check(&[], &[]).status.success(), "{keep}");
    }
    let wrong = "config.toml: events.keep: must be a duration such as \"90d\", from 7d to 3650d";
    for keep in ["\"6d\"", "\"167h\"", "\"3651d\"", "\"0d\"", "\"90\"", "\"forever\""] {
        let bench = Bench::with_file(&format!("[events]\nkeep = {keep}"));
        assert_reported(&errors(&bench.check(&[], &[])), &[wrong], keep);
    }
    let bench = Bench::with_file("[events]\nkeep = 90");
    assert_reported(
        &errors(&bench.check(&[], &[])),
        &["config.toml: events.keep: must be a quoted string"],
        "90",
    );
}

#[test]
fn email_can_be_limited_to_so_much_in_a_minute() {
    for number in ["0", "1", "60000"] {
        let bench = Bench::with_file(&format!("[mail]\nper_minute = {number}"));
        assert!(bench.check(&[], &[]).status.success(), "{number}");
    }
    let wrong = "config.toml: mail.per_minute: must be a whole number from 0 to 60000";
    for number in ["60001", "-1", "0.5", "\"60\""] {
        let bench = Bench::with_file(&format!("[mail]\nper_minute = {number}"));
        assert_reported(&errors(&bench.check(&[], &[])), &[wrong], number);
    }
}

#[test]
fn the_memory_for_the_database_can_be_set() {
    for number in ["0", "1", "65536"] {
        let bench = Bench::with_file(&format!("[store]\ncache_mib = {number}"));
        assert!(bench.check(&[], &[]).status.success(), "{number}");
    }
    let wrong = "config.toml: store.cache_mib: must be a whole number from 0 to 65536";
    for number in ["65537", "-1", "\"16 MiB\""] {
        let bench = Bench::with_file(&format!("[store]\ncache_mib = {number}"));
        assert_reported(&errors(&bench.check(&[], &[])), &[wrong], number);
    }
}
