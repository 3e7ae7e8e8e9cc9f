// SPDX-License-Identifier: Apache-2.0
//! Backups as a whole: what of a data folder goes into one, by which way its bytes come, and how
//! they become a file that is whole or not there.

mod checkpoints;
mod pipe;
mod save;
mod source;
mod stopped;

pub use checkpoints::Checkpoints;
pub use pipe::{PIECES_IN_FLIGHT, PipeReader, PipeWriter};
pub use save::{SaveError, Saved, Target, save};
pub use source::source;
pub use stopped::stopped;
