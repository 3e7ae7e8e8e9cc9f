// SPDX-License-Identifier: Apache-2.0
//! What PostgreSQL and TimescaleDB write in one way and the engine in another: `AT TIME ZONE`,
//! `first(value, time)`, named arguments, names of columns of subqueries.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Ident, OrderByExpr, OrderByOptions, Query, SelectItem, SetExpr, Statement,
    Value, VisitMut, VisitorMut,
};

use super::compat::call;
use super::names::inner_name;
use crate::error::QueryError;

/// Brings a query to the engine's way.
///
/// # Errors
/// `Unsupported` for functions that would need more than another way to write them.
pub(super) fn adapt(statement: &mut Statement) -> Result<(), QueryError> {
    match VisitMut::visit(statement, &mut Adapt { depth: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Adapt {
    /// In how many queries.
    depth: usize,
}

impl VisitorMut for Adapt {
    type Break = QueryError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<QueryError> {
        if self.depth > 0 {
            name_columns(&mut query.body);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<QueryError> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<QueryError> {
        let adapted = match expr {
            Expr::AtTimeZone {
                timestamp,
                time_zone,
            } => {
                let args = vec![time_zone.as_ref().clone(), timestamp.as_ref().clone()];
                Ok(Some(call("timezone", args)))
            }
            Expr::Function(function) => self::function(function),
            Expr::Like {
                pattern,
                escape_char,
                ..
            }
            | Expr::ILike {
                pattern,
                escape_char,
                ..
            } => {
                escaped(pattern, escape_char);
                Ok(None)
            }
            Expr::Cast {
                expr,
                data_type: DataType::Bytea,
                ..
            } => Ok(digits(expr)),
            Expr::Cast {
                expr,
                data_type: DataType::Timestamp(..),
                ..
            } => {
                if let Expr::Value(value) = expr.as_mut()
                    && let Value::SingleQuotedString(text) = &mut value.value
                {
                    with_seconds(text);
                }
                Ok(None)
            }
            Expr::TypedString(typed) if matches!(typed.data_type, DataType::Timestamp(..)) => {
                if let Value::SingleQuotedString(text) = &mut typed.value.value {
                    with_seconds(text);
                }
                Ok(None)
            }
            _ => Ok(None),
        };
        match adapted {
            Ok(Some(adapted)) => *expr = adapted,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

/// Functions of a subquery's columns get the names that PostgreSQL gives them, where no two would
/// be the same.
fn name_columns(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => {
            let mut counts = HashMap::<String, usize>::new();
            for item in &select.projection {
                let name = match item {
                    SelectItem::UnnamedExpr(expr) => inner_name(expr),
                    SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
                    _ => None,
                };
                name.into_iter()
                    .for_each(|name| *counts.entry(name).or_default() += 1);
            }
            for item in &mut select.projection {
                if let SelectItem::UnnamedExpr(expr @ Expr::Function(_)) = item
                    && let Some(name) = inner_name(expr)
                    && counts.get(&name) == Some(&1)
                {
                    let alias = Ident::with_quote('"', name);
                    *item = SelectItem::ExprWithAlias {
                        expr: expr.clone(),
                        alias,
                    };
                }
            }
        }
        SetExpr::SetOperation { left, .. } => name_columns(left),
        SetExpr::Query(query) => name_columns(&mut query.body),
        _ => {}
    }
}

/// `'\\x00ff'::bytea` is written in digits.
fn digits(expr: &Expr) -> Option<Expr> {
    let text =
        |text: &str| Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span());
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(whole) => {
                let digits = whole.strip_prefix("\\x")?;
                Some(call("decode", vec![text(digits), text("hex")]))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The engine's `LIKE` escapes by a backslash only.
fn escaped(pattern: &mut Expr, escape: &mut Option<Value>) {
    let text =
        |text: &str| Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span());
    let Some(Value::SingleQuotedString(letter)) = escape else {
        return;
    };
    if letter.chars().count() == 1 && letter != "\\" {
        let plain = call("replace", vec![pattern.clone(), text("\\"), text("\\\\")]);
        *pattern = call("replace", vec![plain, text(letter), text("\\")]);
        *escape = None;
    }
}

/// The engine wants seconds in a time, PostgreSQL does not.
pub(crate) fn with_seconds(text: &mut String) {
    let shape = text
        .bytes()
        .take(16)
        .map(|b| if b.is_ascii_digit() { b'0' } else { b });
    let shape: Vec<u8> = shape.collect();
    let is_short = shape == b"0000-00-00 00:00" || shape == b"0000-00-00T00:00";
    if is_short && text.as_bytes().get(16) != Some(&b':') {
        text.insert_str(16, ":00");
    }
}

fn function(function: &mut Function) -> Result<Option<Expr>, QueryError> {
    let name = function.name.to_string().to_lowercase();
    let FunctionArguments::List(list) = &mut function.args else {
        return Ok(None);
    };
    match (name.as_str(), list.args.len()) {
        ("first" | "last", 2) => {
            let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(time))) = list.args.pop() else {
                return Ok(None);
            };
            let first = name == "first";
            // A row without a time is neither first nor last.
            let options = OrderByOptions {
                asc: Some(true),
                nulls_first: Some(!first),
            };
            let order = OrderByExpr {
                expr: time,
                options,
                with_fill: None,
            };
            list.clauses
                .push(FunctionArgumentClause::OrderBy(vec![order]));
            let name = if first { "first_value" } else { "last_value" };
            function.name = vec![Ident::new(name)].into();
        }
        ("date_trunc", 3) => {
            let [unit, time, zone] = unnamed(&list.args)?;
            let wall = call("timezone", vec![zone.clone(), time]);
            return Ok(Some(call(
                "timezone",
                vec![zone, call("date_trunc", vec![unit, wall])],
            )));
        }
        ("time_bucket", 3..) if list.args.iter().any(is_named) => {
            return Ok(Some(call("time_bucket", in_order(&list.args)?)));
        }
        ("time_bucket_gapfill" | "locf" | "interpolate", _) => {
            return Err(QueryError::Unsupported(format!(
                "{name} is not there: time_bucket, joined to generate_series, fills gaps"
            )));
        }
        ("histogram" | "width_bucket", _) => {
            return Err(QueryError::Unsupported(format!(
                "{name} is not there: count(*) FILTER (WHERE value >= a AND value < b) counts a bin"
            )));
        }
        ("approx_percentile", 2) => {
            // As in TimescaleDB's toolkit, the percentile comes first.
            list.args.reverse();
            function.name = vec![Ident::new("approx_percentile_cont")].into();
            let [value, percentile] = unnamed(&list.args)?;
            let order = OrderByExpr {
                expr: argument_of_percentile_agg(value),
                options: OrderByOptions {
                    asc: Some(true),
                    nulls_first: None,
                },
                with_fill: None,
            };
            list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(percentile))];
            function.within_group = vec![order];
        }
        _ => {}
    }
    Ok(None)
}

/// `approx_percentile(0.5, percentile_agg(value))` says twice what is once here.
fn argument_of_percentile_agg(value: Expr) -> Expr {
    if let Expr::Function(function) = &value
        && function
            .name
            .to_string()
            .eq_ignore_ascii_case("percentile_agg")
        && let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))] = list.args.as_slice()
    {
        return inner.clone();
    }
    value
}

fn is_named(arg: &FunctionArg) -> bool {
    !matches!(arg, FunctionArg::Unnamed(_))
}

fn unnamed<const N: usize>(args: &[FunctionArg]) -> Result<[Expr; N], QueryError> {
    let exprs: Vec<Expr> = args
        .iter()
        .filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
            _ => None,
        })
        .collect();
    exprs
        .try_into()
        .map_err(|_| QueryError::Syntax("syntax error: arguments are missing".into()))
}

/// The arguments of `time_bucket` in their places: width, time, zone, origin, offset.
fn in_order(args: &[FunctionArg]) -> Result<Vec<Expr>, QueryError> {
    const PLACES: [&str; 5] = ["bucket_width", "ts", "timezone", "origin", "offset"];
    let mut placed: [Option<Expr>; 5] = Default::default();
    for (index, arg) in args.iter().enumerate() {
        let (name, arg) = match arg {
            FunctionArg::Unnamed(arg) => (None, arg),
            FunctionArg::Named { name, arg, .. } => (Some(name.value.to_lowercase()), arg),
            FunctionArg::ExprNamed { name, arg, .. } => {
                (Some(name.to_string().trim_matches('"').to_lowercase()), arg)
            }
        };
        let place = match &name {
            None => Some(index),
            Some(name) => PLACES.iter().position(|place| place == name),
        };
        match (place.and_then(|place| placed.get_mut(place)), arg) {
            (Some(free @ None), FunctionArgExpr::Expr(expr)) => *free = Some(expr.clone()),
            _ => {
                let text = format!(
                    "time_bucket has no argument {}: it has {}",
                    name.unwrap_or_default(),
                    PLACES.join(", ")
                );
                return Err(QueryError::state("42883", text));
            }
        }
    }
    let null = || Expr::Value(Value::Null.with_empty_span());
    Ok(placed
        .into_iter()
        .map(|expr| expr.unwrap_or_else(null))
        .collect())
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn adapted(sql: &str) -> Result<String, QueryError> {
        let mut parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("SQL");
        adapt(&mut parsed[0])?;
        Ok(parsed[0].to_string())
    }

    #[test]
    fn each_way_has_its_other() {
        for (sql, want) in [
            (
                "SELECT last(v, t) FILTER (WHERE v > 0) FROM x",
                "SELECT last_value(v ORDER BY t ASC NULLS FIRST) FILTER (WHERE v > 0) FROM x",
            ),
            ("SELECT t AT TIME ZONE 'UTC'", "SELECT timezone('UTC', t)"),
            (
                "SELECT time_bucket('1 day', t, \"offset\" => '6h', timezone => 'Europe/Zurich')",
                "SELECT time_bucket('1 day', t, 'Europe/Zurich', NULL, '6h')",
            ),
            (
                "SELECT date_trunc('day', t, 'Europe/Zurich')",
                "SELECT timezone('Europe/Zurich', date_trunc('day', timezone('Europe/Zurich', t)))",
            ),
            (
                "SELECT max FROM (SELECT max(v), count(v), count(*), v FROM x) AS q",
                "SELECT max FROM (SELECT max(v) AS \"max\", count(v), count(*), v FROM x) AS q",
            ),
            (
                "SELECT approx_percentile(0.5, percentile_agg(v)) FROM x",
                "SELECT approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY v ASC) FROM x",
            ),
            ("SELECT first(v)", "SELECT first(v)"),
            (
                "SELECT a LIKE b ESCAPE '/'",
                "SELECT a LIKE replace(replace(b, '\\', '\\\\'), '/', '\\')",
            ),
            (
                "SELECT '2019-02-21 16:14+01'::timestamptz, TIMESTAMP '2019-02-21 16:14:10'",
                "SELECT '2019-02-21 16:14:00+01'::TIMESTAMPTZ, TIMESTAMP '2019-02-21 16:14:10'",
            ),
        ] {
            assert_eq!(adapted(sql).expect(sql), want);
        }
        for sql in [
            "SELECT time_bucket_gapfill('1h', t)",
            "SELECT histogram(v, 0, 1, 5)",
        ] {
            assert!(
                matches!(adapted(sql), Err(QueryError::Unsupported(_))),
                "{sql}"
            );
        }
        assert!(adapted("SELECT time_bucket('1h', t, nope => 1)").is_err());
    }
}
