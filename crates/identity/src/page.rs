// SPDX-License-Identifier: Apache-2.0
//! Pages of lists. A page begins behind a place that an earlier one ended at, so that pages stay
//! right when entries come and go between them.

/// Most entries of one page, as on AWS IoT.
pub const PAGE_MAX: usize = 250;

/// Most entries of one page of people's lists.
pub const PEOPLES_PAGE_MAX: usize = 1_000;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, P> {
    /// In order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<P>,
}

impl<T, P> Page<T, P> {
    /// From what a query gave for `count` entries and one more, which tells whether there are more.
    pub(crate) fn cut(mut items: Vec<T>, count: usize, place: impl Fn(&T) -> P) -> Self {
        let more = items.len() > count;
        items.truncate(count);
        let next = if more { items.last().map(place) } else { None };
        Self { items, next }
    }
}

/// How many entries to ask a query for: the page and one more.
pub(crate) fn limit(count: usize) -> i64 {
    count.clamp(1, PAGE_MAX) as i64 + 1
}

/// The pattern of `LIKE … ESCAPE '!'` for texts in lower case that hold a word; empty without one.
pub(crate) fn containing(word: Option<&str>) -> String {
    let Some(word) = word.filter(|word| !word.is_empty()) else {
        return String::new();
    };
    let mut pattern = String::from("%");
    for c in word.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// A place in a list that is ordered by time of creation, then by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Microseconds since 1970.
    pub created_us: i64,
    /// Name or id.
    pub name: String,
}

/// Which way a list by time of creation goes, and where the page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByCreation {
    /// Oldest first; otherwise newest first.
    pub ascending: bool,
    /// Begin behind this; `None` is the list's beginning.
    pub after: Option<Place>,
    /// Most entries of the page.
    pub count: usize,
}

impl ByCreation {
    /// The place to begin behind, as arguments of a query.
    pub(crate) fn place(&self) -> Place {
        self.after.clone().unwrap_or_else(|| {
            let (created_us, name) = if self.ascending {
                (i64::MIN, String::new())
            } else {
                (i64::MAX, char::MAX.to_string())
            };
            Place { created_us, name }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn a_word_is_itself_in_a_pattern() {
        assert_eq!(containing(Some("Pump_1%!")), "%pump!_1!%!!%");
        assert_eq!(containing(Some("")), "");
        assert_eq!(containing(None), "");
    }
}
