// SPDX-License-Identifier: Apache-2.0
//! Statements that are not queries: sessions, settings, transactions; the rest is refused by name.

use datafusion::sql::sqlparser::ast::{
    CloseCursor, Expr, Ident, ObjectName, Reset, Set, Statement, TransactionAccessMode,
    TransactionMode, UnaryOperator, Value,
};

use super::{Command, cursor};
use crate::error::QueryError;

/// What a statement begins with, as in `CREATE`.
pub(super) fn first(statement: &Statement) -> String {
    statement
        .to_string()
        .split_whitespace()
        .next()
        .unwrap_or("the statement")
        .to_owned()
}

/// A statement that is not a query.
pub(super) fn command(statement: Statement) -> Result<Command, QueryError> {
    Ok(match statement {
        Statement::ShowVariable { variable } => show(&variable),
        Statement::Set(set) => return self::set(set),
        Statement::Reset(reset) => match reset.reset {
            Reset::ALL => Command::ResetAll,
            Reset::ConfigurationParameter(name) => Command::Set(plain(&name), None),
        },
        Statement::StartTransaction { modes, .. } => {
            read_only(&modes)?;
            Command::Begin
        }
        Statement::Commit { .. } => Command::Commit,
        Statement::Rollback {
            savepoint: None, ..
        } => Command::Rollback,
        Statement::Rollback { .. } => Command::Nothing("ROLLBACK"),
        Statement::Savepoint { .. } => Command::Nothing("SAVEPOINT"),
        Statement::ReleaseSavepoint { .. } => Command::Nothing("RELEASE"),
        Statement::UNLISTEN { .. } => Command::Nothing("UNLISTEN"),
        Statement::Discard { object_type } => Command::Discard(object_type.to_string()),
        Statement::Deallocate { name, .. } => {
            let all = name.quote_style.is_none() && name.value.eq_ignore_ascii_case("all");
            Command::Deallocate((!all).then_some(name.value))
        }
        Statement::Declare { stmts } => return cursor::declare(stmts),
        Statement::Fetch {
            name,
            direction,
            into: None,
            ..
        } => Command::Fetch(name.value, cursor::count(&direction)?),
        Statement::Close { cursor } => Command::Close(match cursor {
            CloseCursor::All => None,
            CloseCursor::Specific { name } => Some(name.value),
        }),
        Statement::Prepare {
            name,
            data_types,
            statement,
        } => return cursor::prepare(name.value, &data_types, *statement),
        Statement::Execute {
            name: Some(name),
            parameters,
            ..
        } => return cursor::execute(plain(&name), parameters),
        Statement::LISTEN { .. } | Statement::NOTIFY { .. } => {
            return unsupported("LISTEN and NOTIFY are not there: subscribe by MQTT or SSE");
        }
        other => return Err(QueryError::ReadOnly(first(&other))),
    })
}

pub(super) fn unsupported(text: &str) -> Result<Command, QueryError> {
    Err(QueryError::Unsupported(text.to_owned()))
}

/// `SHOW x`, also in the forms of several words that have names of one.
fn show(words: &[Ident]) -> Command {
    let words: Vec<String> = words.iter().map(|word| word.value.to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["all"] => Command::Show(None),
        ["time", "zone"] => Command::Show(Some("TimeZone".into())),
        ["transaction", "isolation", "level"] => {
            Command::Show(Some("transaction_isolation".into()))
        }
        other => Command::Show(Some(other.join("."))),
    }
}

fn set(set: Set) -> Result<Command, QueryError> {
    Ok(match set {
        Set::SingleAssignment {
            variable, values, ..
        } => {
            let value = values
                .iter()
                .map(value)
                .collect::<Result<Vec<_>, _>>()?
                .join(", ");
            let default = value.eq_ignore_ascii_case("default");
            Command::Set(plain(&variable), (!default).then_some(value))
        }
        Set::SetTimeZone { value: zone, .. } => {
            let zone = value(&zone)?;
            let default = ["default", "local"]
                .iter()
                .any(|word| zone.eq_ignore_ascii_case(word));
            Command::Set("TimeZone".into(), (!default).then_some(zone))
        }
        Set::SetNames { charset_name, .. } => {
            Command::Set("client_encoding".into(), Some(charset_name.value))
        }
        Set::SetNamesDefault {} => Command::Set("client_encoding".into(), None),
        Set::SetTransaction { modes, .. } => {
            read_only(&modes)?;
            Command::Nothing("SET")
        }
        Set::SetRole {
            role_name: None, ..
        } => Command::Nothing("SET"),
        other => return Err(QueryError::Unsupported(format!("{other} is not there"))),
    })
}

/// Every isolation level is kept by reading one snapshot of each table; writing is not there.
fn read_only(modes: &[TransactionMode]) -> Result<(), QueryError> {
    let writes = |mode: &TransactionMode| {
        matches!(
            mode,
            TransactionMode::AccessMode(TransactionAccessMode::ReadWrite)
        )
    };
    match modes.iter().any(writes) {
        true => Err(QueryError::ReadOnly("a transaction that writes".into())),
        false => Ok(()),
    }
}

fn plain(name: &ObjectName) -> String {
    let parts = name.0.iter().map(|part| {
        part.as_ident()
            .map_or_else(|| part.to_string(), |ident| ident.value.clone())
    });
    parts.collect::<Vec<_>>().join(".")
}

/// The text of a setting's value.
fn value(expr: &Expr) -> Result<String, QueryError> {
    match expr {
        Expr::Identifier(ident) => Ok(ident.value.clone()),
        Expr::Value(value) => Ok(match &value.value {
            Value::Number(digits, _) => digits.clone(),
            Value::Boolean(on) => if *on { "on" } else { "off" }.into(),
            other => other
                .clone()
                .into_string()
                .unwrap_or_else(|| other.to_string()),
        }),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => Ok(format!("-{}", value(expr)?)),
        other => Err(QueryError::Syntax(format!(
            "syntax error: {other} is not a setting's value"
        ))),
    }
}
