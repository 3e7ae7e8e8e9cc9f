// SPDX-License-Identifier: Apache-2.0
//! How the Log answered the last group commits: when each was durable, and where it ends.

use std::collections::VecDeque;

use hw_kernel::port::position::{Partition, Position};
use hw_kernel::recall::Kept;
use hw_model::Timestamp;
use hw_session::{KeepFailure, Now, Ticket};

use crate::lane::Completion;

/// The last answers; as many as messages are remembered, since each message may have its own.
pub(super) struct Commits {
    answers: VecDeque<Answer>,
    max: usize,
}

struct Answer {
    ticket: Ticket,
    time: Timestamp,
    position: Option<(Partition, u64)>,
    failure: Option<KeepFailure>,
}

impl Commits {
    pub fn new(max: usize) -> Self {
        Self {
            answers: VecDeque::new(),
            max,
        }
    }

    /// Tickets come in order.
    pub fn push(&mut self, now: Now, completion: &Completion) {
        if self.answers.len() >= self.max {
            self.answers.pop_front();
        }
        if self.max > 0 {
            self.answers.push_back(Answer {
                ticket: completion.ticket,
                time: now.wall,
                position: completion.position,
                failure: completion.failure,
            });
        }
    }

    /// What became of a message of that group.
    pub fn kept(&self, ticket: Ticket) -> Kept {
        let at = self
            .answers
            .partition_point(|answer| answer.ticket < ticket);
        let first = self.answers.front();
        match self.answers.get(at) {
            None => Kept::Waiting,
            Some(_) if first.is_some_and(|first| first.ticket > ticket) => Kept::Forgotten,
            Some(answer) => match answer.failure {
                Some(failure) => Kept::Failed {
                    time: answer.time,
                    cause: failure.cause().to_owned(),
                },
                None => Kept::Durable {
                    time: answer.time,
                    position: Position(answer.position.into_iter().collect()).to_string(),
                },
            },
        }
    }
}
