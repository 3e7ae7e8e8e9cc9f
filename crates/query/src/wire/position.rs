// SPDX-License-Identifier: Apache-2.0
//! Where in a statement's text an error is, so that psql can put its `^` there.

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};
use datafusion_postgres::pgwire::error::PgWireError;

use crate::error::QueryError;

/// The error with the place that its words tell of, as a number of characters, from 1.
pub(super) fn placed(error: QueryError, sql: &str) -> PgWireError {
    let place = match &error {
        QueryError::Syntax(text) => told(text).and_then(|at| offset(sql, at)),
        QueryError::NoTable(name) => first(sql, name.rsplit('.').next().unwrap_or(name)),
        QueryError::Invalid {
            state: "42703" | "42883" | "42702",
            message,
        } => named(message).and_then(|name| first(sql, name.rsplit('.').next().unwrap_or(name))),
        _ => None,
    };
    let mut error = PgWireError::from(error);
    if let (Some(place), PgWireError::UserError(info)) = (place, &mut error) {
        info.position = Some(place.to_string());
    }
    error
}

/// `… at Line: 1, Column: 8`.
fn told(text: &str) -> Option<Location> {
    let (_, rest) = text.rsplit_once("Line: ")?;
    let (line, column) = rest.split_once(", Column: ")?;
    let digits = column.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(Location::of(line.parse().ok()?, digits.parse().ok()?))
}

fn offset(sql: &str, at: Location) -> Option<usize> {
    let line = usize::try_from(at.line).ok()?.checked_sub(1)?;
    let before: usize = sql
        .split('\n')
        .take(line)
        .map(|line| line.chars().count() + 1)
        .sum();
    Some(before + usize::try_from(at.column).ok()?)
}

/// The name in `column "x" does not exist` or `function x(int) does not exist`.
fn named(message: &str) -> Option<&str> {
    if let Some((_, rest)) = message.split_once('"') {
        return rest.split('"').next();
    }
    let rest = message.strip_prefix("function ")?;
    rest.split(['(', ' ']).next()
}

/// Where a name is written first.
fn first(sql: &str, name: &str) -> Option<usize> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize_with_location()
        .ok()?;
    let found = tokens.iter().find(|token| match &token.token {
        Token::Word(word) => word.value.eq_ignore_ascii_case(name),
        _ => false,
    });
    offset(sql, found?.span.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let sql = "SELECT ä,\n  nope FROM t";
        assert_eq!(first(sql, "NOPE"), Some(13));
        assert_eq!(offset(sql, Location::of(1, 8)), Some(8));
        assert_eq!(
            told("syntax error: Expected: x, found: y at Line: 2, Column: 3"),
            Some(Location::of(2, 3))
        );
        assert_eq!(named("column \"a\" does not exist (x)"), Some("a"));
        assert_eq!(named("function nope(Int64) does not exist"), Some("nope"));
    }
}
