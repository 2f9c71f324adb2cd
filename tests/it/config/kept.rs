//! How long events are kept.

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
