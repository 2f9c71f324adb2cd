//! What is stored for charts.

use gatepost::domain::record::Record;
use gatepost::domain::record::pending::Pending;
use gatepost::domain::record::sums::{Cursor, Day, EventPlace};
use gatepost::domain::record::time::Timestamp;

pub(super) fn records() -> Vec<(&'static str, Record)> {
    let place = |at| EventPlace { at: Timestamp(at), tail: [17; 8] };
    let cursor = Cursor {
        version: 1,
        first: Some(place(32)),
        last: Some(place(33)),
        first_day: Some(Day(20_454)),
        hour: 490_896,
    };
    vec![
        ("registrations", Record::from(Pending::default())),
        ("registrations with their time", Record::DatedPending(Pending::default(), Timestamp(34))),
        ("sum", Record::Sum(300)),
        ("cursor", Record::Cursor(cursor)),
    ]
}
