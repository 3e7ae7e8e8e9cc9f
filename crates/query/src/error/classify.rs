// SPDX-License-Identifier: Apache-2.0
//! From the engine's errors to ours. Where the engine has only text, the text is matched here and
//! nowhere else, and tests hold it still.

use std::io::ErrorKind;

use datafusion::arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use hw_kernel::port::tables::TableError;

use super::{QueryError, damage};

/// A list of the columns that there are is told up to this length.
const HINT_BYTES_MAX: usize = 400;

impl From<ParserError> for QueryError {
    fn from(error: ParserError) -> Self {
        match error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => {
                QueryError::Syntax(format!("syntax error: {text}"))
            }
            ParserError::RecursionLimitExceeded => {
                QueryError::limit("54001", "the statement is nested too deeply")
            }
        }
    }
}

impl From<TableError> for QueryError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::NotFound(name) => QueryError::NoTable(name),
            other => QueryError::Table(other),
        }
    }
}

/// What a value does wrong; `None` if it is something else that went wrong.
fn value(error: &ArrowError) -> Option<QueryError> {
    Some(match error {
        ArrowError::DivideByZero => QueryError::state("22012", "division by zero"),
        ArrowError::CastError(text) | ArrowError::ComputeError(text)
            if let Some(kind) = left_type(text) =>
        {
            QueryError::state("22003", format!("{kind} out of range"))
        }
        ArrowError::CastError(text) => QueryError::state("22P02", text),
        ArrowError::ParseError(text) => QueryError::state("22007", text),
        ArrowError::ArithmeticOverflow(text) => QueryError::state("22003", text),
        ArrowError::ComputeError(text) | ArrowError::InvalidArgumentError(text) => {
            QueryError::state("22000", text)
        }
        _ => return None,
    })
}

/// The type of whole numbers that a number does not fit, in PostgreSQL's words.
fn left_type(text: &str) -> Option<&'static str> {
    let cast = text
        .strip_prefix("Can't cast value ")
        .and_then(|rest| rest.rsplit_once(" to type "))
        .map(|(_, kind)| kind);
    let decimal = || {
        let rest = text.strip_prefix("value of ")?;
        rest.rsplit_once(" is out of range ").map(|(_, kind)| kind)
    };
    let abs = || {
        text.split_once("Array overflow on abs(")
            .map(|(kind, _)| kind)
    };
    match cast.or_else(decimal).or_else(abs)? {
        "Int64" => Some("bigint"),
        "Int32" => Some("integer"),
        "Int16" | "Int8" => Some("smallint"),
        _ => None,
    }
}

impl From<ArrowError> for QueryError {
    fn from(error: ArrowError) -> Self {
        if let Some(told) = value(&error) {
            return told;
        }
        match error {
            ArrowError::ExternalError(source) => external(source),
            ArrowError::ParquetError(_) => unreadable(error),
            other => internal(other),
        }
    }
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::SQL(error, _) => QueryError::from(*error),
            DataFusionError::SchemaError(error, _) => schema(&error),
            DataFusionError::Plan(text) => plan(text),
            DataFusionError::NotImplemented(text) => QueryError::Unsupported(first_line(&text)),
            DataFusionError::Execution(text) => QueryError::state("22000", first_line(&text)),
            DataFusionError::Configuration(text) => QueryError::invalid(first_line(&text)),
            DataFusionError::ResourcesExhausted(text) => exhausted(&text),
            DataFusionError::IoError(error) if error.kind() == ErrorKind::StorageFull => {
                QueryError::limit("53100", "the disk that statements spill to is full")
            }
            DataFusionError::ArrowError(error, _) => QueryError::from(*error),
            DataFusionError::External(source) => external(source),
            DataFusionError::ParquetError(_) => unreadable(error),
            DataFusionError::ObjectStore(error) => match *error {
                object_store::Error::NotFound { .. } => QueryError::Damaged(error),
                other => internal(other),
            },
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                QueryError::from(*inner)
            }
            DataFusionError::Shared(inner) => shared(&inner),
            DataFusionError::Collection(errors) => match errors.into_iter().next() {
                Some(first) => QueryError::from(first),
                None => QueryError::invalid("the statement is not valid"),
            },
            other => internal(other),
        }
    }
}

impl From<QueryError> for DataFusionError {
    fn from(error: QueryError) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

/// An error that came through the engine: ours again if it was ours.
fn external(source: Box<dyn std::error::Error + Send + Sync>) -> QueryError {
    let source = match source.downcast::<QueryError>() {
        Ok(own) => return *own,
        Err(source) => source,
    };
    let source = match source.downcast::<DataFusionError>() {
        Ok(inner) => return QueryError::from(*inner),
        Err(source) => source,
    };
    match source.downcast::<TableError>() {
        Ok(table) => QueryError::from(*table),
        Err(source) if damage(&*source).is_some() => QueryError::Damaged(source),
        Err(source) => QueryError::Internal(source),
    }
}

/// One error that several parts of a plan saw; it can't be taken out, so it is told again.
fn shared(error: &std::sync::Arc<DataFusionError>) -> QueryError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(text) => {
            QueryError::from(DataFusionError::ResourcesExhausted(text.clone()))
        }
        DataFusionError::Execution(text) => {
            QueryError::from(DataFusionError::Execution(text.clone()))
        }
        _ if damage(&**error).is_some() => {
            QueryError::Damaged(Box::new(std::sync::Arc::clone(error)))
        }
        DataFusionError::ArrowError(inner, _) => value(inner)
            .unwrap_or_else(|| QueryError::state("22000", first_line(&inner.to_string()))),
        DataFusionError::ParquetError(_) => unreadable(std::sync::Arc::clone(error)),
        DataFusionError::ObjectStore(_) => {
            QueryError::Damaged(Box::new(std::sync::Arc::clone(error)))
        }
        DataFusionError::External(source) => match source.downcast_ref::<QueryError>() {
            Some(own) => QueryError::Invalid {
                state: own.sqlstate(),
                message: own.to_string(),
            },
            None => QueryError::Internal(Box::new(std::sync::Arc::clone(error))),
        },
        _ => QueryError::Internal(Box::new(std::sync::Arc::clone(error))),
    }
}

/// A file that can't be read, or a condition that could not be worked out while it was.
fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> QueryError {
    let text = error.to_string();
    match text.split_once("Error evaluating filter predicate: ") {
        Some((_, inner)) => condition(inner),
        None => QueryError::Damaged(Box::new(error)),
    }
}

/// What went wrong in a condition that is looked at while a file is read: the reader passes it on
/// as the text that programmers see.
fn condition(inner: &str) -> QueryError {
    const STATES: [&str; 5] = ["22003", "22007", "22P02", "54000", "0A000"];
    let field = |name: &str| {
        let (_, rest) = inner.split_once(name)?;
        rest.split_once('"').map(|(value, _)| value)
    };
    if inner.contains("DivideByZero") {
        return QueryError::state("22012", "division by zero");
    }
    if let Some(text) = field("CastError(\"") {
        return match left_type(text) {
            Some(kind) => QueryError::state("22003", format!("{kind} out of range")),
            None => QueryError::state("22P02", text),
        };
    }
    let told = field("state: \"").zip(field("message: \""));
    let known = told.and_then(|(state, message)| {
        let state = STATES.into_iter().find(|known| *known == state)?;
        Some(match inner.contains("Limit {") {
            true => QueryError::limit(state, message),
            false => QueryError::state(state, message),
        })
    });
    known.unwrap_or_else(|| {
        let text = field("Error(\"").unwrap_or("of a value that it can't take");
        QueryError::state("22000", format!("a condition can't be worked out: {text}"))
    })
}

/// Whether it is the disk for spilling that is used up, and not memory.
pub(crate) fn is_spill_full(text: &str) -> bool {
    text.contains("disk space during the spilling")
}

fn exhausted(text: &str) -> QueryError {
    if is_spill_full(text) {
        return QueryError::limit(
            "53100",
            "statements have spilled as much to disk as they may (spill_bytes_max): \
             filter earlier or group by less",
        );
    }
    QueryError::limit(
        "53200",
        "the statement needs more memory than it may have \
         (statement_memory_bytes_max, session_memory_bytes_max): filter earlier or group by less",
    )
}

fn schema(error: &SchemaError) -> QueryError {
    let text = first_line(&error.to_string());
    match error {
        SchemaError::FieldNotFound { field, .. } => {
            let names = text
                .split_once(". ")
                .map(|(_, rest)| rest.trim_end_matches('.'));
            let names = names.filter(|names| names.len() <= HINT_BYTES_MAX);
            let hint = names.map(|names| format!(" ({names})")).unwrap_or_default();
            let name = field.flat_name();
            QueryError::state("42703", format!("column \"{name}\" does not exist{hint}"))
        }
        SchemaError::AmbiguousReference { .. } => QueryError::state("42702", text),
        SchemaError::DuplicateQualifiedField { .. }
        | SchemaError::DuplicateUnqualifiedField { .. } => QueryError::state("42701", text),
    }
}

fn plan(text: String) -> QueryError {
    let quoted = |prefix: &str| {
        text.strip_prefix(prefix)
            .and_then(|rest| rest.split_once('\''))
            .map(|(name, _)| name)
    };
    if let Some(name) = quoted("table '") {
        return QueryError::NoTable(relation(name));
    }
    if let Some(name) = quoted("table function '").or_else(|| quoted("Invalid function '")) {
        return QueryError::state("42883", format!("function {name} does not exist"));
    }
    let call = "No function matches the given name and argument types '";
    if let Some((_, rest)) = text.split_once(call)
        && let Some((call, _)) = rest.split_once('\'')
    {
        return QueryError::state("42883", format!("function {call} does not exist"));
    }
    // What it got is told as the engine's own structures.
    if let Some((told, _)) = text.split_once(", got ")
        && told.starts_with("Argument #")
    {
        return QueryError::state("22023", told);
    }
    QueryError::invalid(first_line(&text))
}

/// A table's name as its user wrote it: without the catalog, and without `public`.
fn relation(full: &str) -> String {
    let own = full
        .strip_prefix(crate::catalog::DATABASE)
        .and_then(|rest| rest.strip_prefix('.'));
    let name = own.unwrap_or(full);
    name.strip_prefix("public.").unwrap_or(name).to_owned()
}

/// The first line: what follows are hints for programmers and back-traces.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> QueryError {
    match damage(&error) {
        Some(_) => QueryError::Damaged(Box::new(error)),
        None => QueryError::Internal(Box::new(error)),
    }
}
