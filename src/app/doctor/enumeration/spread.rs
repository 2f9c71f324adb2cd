//! What the times of two sets of replies tell.

use std::time::Duration;

/// Median and quartiles, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Spread {
    /// A quarter is shorter.
    pub lower_ms: f64,
    /// Half are shorter.
    pub median_ms: f64,
    /// A quarter is longer.
    pub upper_ms: f64,
}

impl Spread {
    /// Of these times, of which there is at least one.
    pub(super) fn of(times: &[Duration]) -> Self {
        let mut times = times.to_vec();
        times.sort_unstable();
        let at = |quarter: usize| {
            let time = times.get((times.len() * quarter / 4).min(times.len().saturating_sub(1)));
            time.copied().unwrap_or_default().as_secs_f64() * 1000.0
        };
        Self { lower_ms: at(1), median_ms: at(2), upper_ms: at(3) }
    }
}

/// The area under the ROC curve: the chance that a time of the first set is longer than one of the second.
/// 0.5 tells nothing.
#[must_use]
pub fn roc_area(first: &[Duration], second: &[Duration]) -> f64 {
    let mut second = second.to_vec();
    second.sort_unstable();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let wins = first.iter().map(|time| {
        let shorter = second.partition_point(|other| other < time);
        let not_longer = second.partition_point(|other| other <= time);
        count(shorter + not_longer) / 2.0
    });
    wins.sum::<f64>() / (count(first.len()) * count(second.len()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Spread, roc_area};

    fn times(milliseconds: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        milliseconds.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn the_area_is_a_half_for_equal_times_and_one_if_every_first_time_is_longer() {
        let areas = [
            (times(1..=9), times(1..=9), 0.5),
            (times([7; 4]), times([7; 9]), 0.5),
            (times(10..=19), times(0..=9), 1.0),
            (times(0..=9), times(10..=19), 0.0),
            (times([1, 3]), times([2, 2]), 0.5),
            (times([2, 3]), times([1, 2]), 0.875),
        ];
        for (first, second, area) in areas {
            assert!((roc_area(&first, &second) - area).abs() < 1e-9, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_spread_has_the_median_and_the_quartiles() {
        let spread = Spread::of(&times((1..=100).rev()));
        assert_eq!(spread, Spread { lower_ms: 26.0, median_ms: 51.0, upper_ms: 76.0 });
        assert_eq!(Spread::of(&times([5])), Spread { lower_ms: 5.0, median_ms: 5.0, upper_ms: 5.0 });
    }
}
