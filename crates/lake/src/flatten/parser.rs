// SPDX-License-Identifier: Apache-2.0
//! The pass over a JSON text (RFC 8259). It keeps its own stack, so that nesting can't exhaust
//! the thread's.

use std::fmt::Write as _;

use super::leaves::Leaves;
use super::{BARE_METRIC, NESTING_MAX, number, text};

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It ends inside a value.
    #[error("it ends too early")]
    Ends,
    /// Bytes that are not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Something that no value begins with.
    #[error("a value is missing")]
    Value,
    /// An object's member without a key in quotes.
    #[error("a key is missing")]
    Key,
    /// A key without a colon behind it.
    #[error("a colon is missing")]
    Colon,
    /// Neither a comma nor the end of the object or array.
    #[error("a comma is missing")]
    Comma,
    /// A control character inside a string.
    #[error("a string holds a control character")]
    Control,
    /// A backslash with the wrong letter or digits behind it.
    #[error("a string holds a wrong escape")]
    Escape,
    /// Digits that are not a JSON number.
    #[error("a number is malformed")]
    Number,
    /// Something stands behind the value.
    #[error("something stands behind its end")]
    Trailing,
    /// More objects and arrays inside each other than [`NESTING_MAX`].
    #[error("it is nested too deeply")]
    Nested,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Reads one JSON text into `leaves`.
pub(super) fn read(text: &str, leaves: &mut Leaves) -> Result<(), Broken> {
    let Scratch {
        mut path,
        mut frames,
    } = std::mem::take(&mut leaves.scratch);
    path.clear();
    frames.clear();
    let mut parser = Parser {
        text,
        at: 0,
        path,
        frames,
        leaves,
    };
    let outcome = parser.document();
    let Parser { path, frames, .. } = parser;
    leaves.scratch = Scratch { path, frames };
    outcome
}

/// Buffers that the next payload uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    path: String,
    frames: Vec<Frame>,
}

/// An object or array that is open.
#[derive(Debug)]
struct Frame {
    /// Length of the path to it.
    path_bytes: usize,
    /// Number of the element; `None` in an object.
    element: Option<u32>,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    path: String,
    frames: Vec<Frame>,
    leaves: &'a mut Leaves,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Broken> {
        loop {
            let opened = self.value()?;
            if opened {
                continue;
            }
            if !self.close_and_go_on()? {
                return Ok(());
            }
        }
    }

    /// Reads a value: `true` if it opened an object or array and stands before its first value.
    fn value(&mut self) -> Result<bool, Broken> {
        match self.peek().ok_or(Broken::Ends)? {
            b'{' => return self.open(b'}', None),
            b'[' => return self.open(b']', Some(0)),
            b'"' => {
                self.at += 1;
                let from = self.leaves.texts.len();
                text::read(self.text, &mut self.at, &mut self.leaves.texts)?;
                self.leaf(None, Some(from));
            }
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("true", Some(1.0))?,
            b'f' => self.word("false", Some(0.0))?,
            b'n' => self.word("null", None)?,
            _ => return Err(Broken::Value),
        }
        Ok(false)
    }

    fn number(&mut self) -> Result<(), Broken> {
        let start = self.at;
        let number = number::read(self.text, &mut self.at)?;
        let from = self.leaves.texts.len();
        if number.inexact {
            self.leaves.texts.push_str(&self.text[start..self.at]);
        }
        self.leaf(number.value, number.inexact.then_some(from));
        Ok(())
    }

    fn word(&mut self, word: &str, value: Option<f64>) -> Result<(), Broken> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Broken::Value);
        }
        self.at += word.len();
        if value.is_some() {
            self.leaf(value, None);
        }
        Ok(())
    }

    fn leaf(&mut self, value: Option<f64>, text_from: Option<usize>) {
        let path = if self.frames.is_empty() {
            BARE_METRIC
        } else {
            &self.path
        };
        self.leaves.push(path, self.frames.len(), value, text_from);
    }

    fn open(&mut self, end: u8, element: Option<u32>) -> Result<bool, Broken> {
        self.at += 1;
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(false);
        }
        if self.frames.len() == NESTING_MAX {
            return Err(Broken::Nested);
        }
        self.frames.push(Frame {
            path_bytes: self.path.len(),
            element,
        });
        self.name()?;
        Ok(true)
    }

    /// Goes on behind a value: `true` if another one follows.
    fn close_and_go_on(&mut self) -> Result<bool, Broken> {
        loop {
            let byte = self.peek();
            let Some(frame) = self.frames.last_mut() else {
                return byte.map_or(Ok(false), |_| Err(Broken::Trailing));
            };
            self.path.truncate(frame.path_bytes);
            self.at += 1;
            match (byte.ok_or(Broken::Ends)?, &mut frame.element) {
                (b',', element) => {
                    if let Some(element) = element {
                        *element += 1;
                    }
                    self.name()?;
                    return Ok(true);
                }
                (b'}', None) | (b']', Some(_)) => {
                    self.frames.pop();
                }
                _ => return Err(Broken::Comma),
            }
        }
    }

    /// Appends the next member's key or element's number to the path.
    fn name(&mut self) -> Result<(), Broken> {
        if self.frames.len() > 1 {
            self.path.push('.');
        }
        let frame = self
            .frames
            .last()
            .expect("called inside an object or array");
        if let Some(element) = frame.element {
            write!(self.path, "{element}").expect("a String takes all");
            return Ok(());
        }
        if self.peek().ok_or(Broken::Ends)? != b'"' {
            return Err(Broken::Key);
        }
        self.at += 1;
        text::read(self.text, &mut self.at, &mut self.path)?;
        if self.peek().ok_or(Broken::Ends)? != b':' {
            return Err(Broken::Colon);
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is not space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !is_space(*byte) {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }
}
