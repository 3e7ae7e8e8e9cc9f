// SPDX-License-Identifier: Apache-2.0
//! Tables for people: columns as wide as their widest cell, numbers to the right.

use super::paint::Paint;

/// To which side a column's cells go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table that is filled row by row and printed once.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = (T, Align)>) -> Self {
        let columns = columns
            .into_iter()
            .map(|(title, align)| (title.into(), align))
            .collect();
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row. Control characters in cells are shown as escapes, so that data cannot steer the
    /// terminal; missing cells are empty.
    pub fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| harmless(&cell)).collect());
    }

    /// The table as text, each line ending in a line break.
    pub fn render(&self, paint: Paint) -> String {
        let widths: Vec<usize> = (0..self.columns.len()).map(|at| self.width(at)).collect();
        let titles: Vec<&str> = self
            .columns
            .iter()
            .map(|(title, _)| title.as_str())
            .collect();
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let mut text = paint.bold(&self.line(&titles, &widths)) + "\n";
        text += &(paint.dim(&rule.join("  ")) + "\n");
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            text += &(self.line(&cells, &widths) + "\n");
        }
        text
    }

    fn width(&self, at: usize) -> usize {
        let title = self.columns[at].0.chars().count();
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
            .max(title)
    }

    fn line(&self, cells: &[&str], widths: &[usize]) -> String {
        let mut line = String::new();
        for (at, (&width, (_, align))) in widths.iter().zip(&self.columns).enumerate() {
            let cell = cells.get(at).copied().unwrap_or_default();
            if at > 0 {
                line.push_str("  ");
            }
            match align {
                Align::Left => line += &format!("{cell:<width$}"),
                Align::Right => line += &format!("{cell:>width$}"),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Text without control characters.
pub fn harmless(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let escape = |c: char| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_blanks() {
        let mut table = Table::new([("thing", Align::Left), ("flow", Align::Right)]);
        table.push(["m1".to_owned(), "4.5".to_owned()]);
        table.push(["meter-2".to_owned(), "12".to_owned()]);
        table.push(["late".to_owned()]);
        let expected = "\
thing    flow
───────  ────
m1        4.5
meter-2    12
late
";
        assert_eq!(table.render(Paint::plain()), expected);
    }

    #[test]
    fn an_empty_table_has_its_head() {
        let table = Table::new([("a", Align::Left)]);
        assert_eq!(table.render(Paint::plain()), "a\n─\n");
    }

    #[test]
    fn cells_cannot_steer_the_terminal() {
        let mut table = Table::new([("text", Align::Left)]);
        table.push(["a\u{1b}[2Jb\nc".to_owned()]);
        assert!(table.render(Paint::plain()).ends_with("a\\u{1b}[2Jb\\nc\n"));
    }
}
