// SPDX-License-Identifier: Apache-2.0
//! How an endpoint describes itself: what it takes and answers, as schemas made from the types
//! that it reads and writes.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Makes a schema.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a body, by reference.
pub(crate) fn wanted<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The schema of a query string, whose properties are parameters.
pub(crate) fn fields<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// An endpoint, as it is described.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    /// Names it in generated clients.
    pub id: &'static str,
    pub tag: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The rest of what there is to say.
    pub description: &'static str,
    /// Whether it needs neither key nor session.
    pub open: bool,
    /// Name and meaning of each part of the path.
    pub path: &'static [(&'static str, &'static str)],
    pub query: Option<SchemaOf>,
    pub body: Option<SchemaOf>,
    /// What it answers when it does what it is asked to.
    pub answers: &'static [Answer],
}

impl Operation {
    /// One that takes and answers nothing.
    pub(crate) const PLAIN: Self = Self {
        id: "",
        tag: "",
        summary: "",
        description: "",
        open: false,
        path: &[],
        query: None,
        body: None,
        answers: &[],
    };
}

/// An answer that is no refusal.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub status: u16,
    pub description: &'static str,
    pub content: Content,
}

/// What is in an answer.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    Nothing,
    Json(SchemaOf),
    /// The same, or text/csv for whoever asks for it.
    JsonOrCsv(SchemaOf),
    /// The same, or a Parquet file.
    JsonOrFile(SchemaOf),
    /// An object whose fields depend on the server's release.
    Object,
    /// Text of another type.
    Text(&'static str),
}

impl Answer {
    const fn new(status: u16, description: &'static str, content: Content) -> Self {
        Self {
            status,
            description,
            content,
        }
    }

    pub(crate) const fn json<T: JsonSchema>(status: u16, description: &'static str) -> Self {
        Self::new(status, description, Content::Json(wanted::<T>))
    }

    pub(crate) const fn or_csv(self) -> Self {
        match self.content {
            Content::Json(schema) => {
                Self::new(self.status, self.description, Content::JsonOrCsv(schema))
            }
            _ => self,
        }
    }

    pub(crate) const fn or_file(self) -> Self {
        match self.content {
            Content::Json(schema) => {
                Self::new(self.status, self.description, Content::JsonOrFile(schema))
            }
            _ => self,
        }
    }

    pub(crate) const fn object(status: u16, description: &'static str) -> Self {
        Self::new(status, description, Content::Object)
    }

    pub(crate) const fn empty(status: u16, description: &'static str) -> Self {
        Self::new(status, description, Content::Nothing)
    }

    pub(crate) const fn text(status: u16, description: &'static str, kind: &'static str) -> Self {
        Self::new(status, description, Content::Text(kind))
    }
}
