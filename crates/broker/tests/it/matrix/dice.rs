// SPDX-License-Identifier: Apache-2.0
//! Topics, filters and policies at random, from few letters, so that they meet.

use super::oracle::Statement;

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) as usize % bound
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    pub fn topic(&mut self) -> String {
        let levels = 1 + self.below(3);
        let levels: Vec<_> = (0..levels)
            .map(|_| self.one_of(&["a", "b", "ab"]))
            .collect();
        levels.join("/")
    }

    /// Exact, with `+`, with `#`.
    pub fn filter(&mut self, kind: usize) -> String {
        let topic = self.topic();
        let mut levels: Vec<_> = topic.split('/').collect();
        let at = self.below(levels.len());
        match kind % 3 {
            0 => {}
            1 => levels[at] = "+",
            _ => {
                levels.truncate(at);
                levels.push("#");
            }
        }
        levels.join("/")
    }

    /// What may stand behind `topic/` or `topicfilter/` in a statement.
    fn pattern(&mut self) -> String {
        let topic = self.topic();
        match self.below(7) {
            0 => "*".to_owned(),
            1 => format!("{topic}*"),
            2 => format!("*{topic}"),
            3 => topic.replacen('a', "?", 1),
            4 => self.filter(1),
            5 => self.filter(2),
            _ => topic,
        }
    }

    /// A few statements about an action; most of them allow.
    pub fn statements(&mut self, action: &'static str, kind: &str, out: &mut Vec<Statement>) {
        for _ in 0..1 + self.below(3) {
            let allow = self.below(4) > 0;
            let mut pattern = self.pattern();
            if pattern == "*" && !allow {
                // All of them, but not what the test itself needs.
                pattern = format!("{}*", self.one_of(&["a", "b"]));
            }
            out.push(Statement {
                allow,
                action,
                resource: format!("{kind}/{pattern}"),
            });
        }
    }
}
