// SPDX-License-Identifier: Apache-2.0
//! Small charts of Unicode blocks.

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Bars of `values` in `rows` lines, the top one first; `max` fills all lines. What is more than
/// nothing is seen.
pub(super) fn bars(values: &[f64], rows: usize, max: f64) -> Vec<String> {
    let full = rows * 8;
    let eighths = |value: f64| {
        if value <= 0.0 || max <= 0.0 {
            return 0;
        }
        ((value / max * full as f64).round() as usize).clamp(1, full)
    };
    let line = |row: usize| {
        let below = (rows - 1 - row) * 8;
        let block = |value: &f64| BLOCKS[eighths(*value).saturating_sub(below).min(8)];
        values.iter().map(block).collect()
    };
    (0..rows).map(line).collect()
}

/// Sums of `values` in `columns` equal parts of `0.0..=1.0`.
pub(super) fn sums(values: impl Iterator<Item = (f64, f64)>, columns: usize) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    for (at, value) in values {
        let column = (at.clamp(0.0, 1.0) * columns as f64) as usize;
        if let Some(sum) = sums.get_mut(column.min(columns.saturating_sub(1))) {
            *sum += value;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_from_the_bottom() {
        assert_eq!(bars(&[0.0, 1.0, 4.0, 8.0], 1, 8.0), [" ▁▄█"]);
        assert_eq!(bars(&[0.0, 4.0, 8.0, 0.001], 2, 8.0), ["  █ ", " ██▁"]);
        assert_eq!(
            bars(&[1.0, -1.0], 1, 0.0),
            ["  "],
            "nothing to compare with"
        );
        assert!(bars(&[], 2, 1.0).iter().all(String::is_empty));
    }

    #[test]
    fn sums_by_part() {
        let values = [(0.0, 1.0), (0.49, 2.0), (0.5, 4.0), (1.0, 8.0)];
        assert_eq!(sums(values.into_iter(), 2), [3.0, 12.0]);
        assert_eq!(sums(values.into_iter(), 0), [0.0; 0]);
    }
}
