// SPDX-License-Identifier: Apache-2.0
//! The parser. PostgreSQL's dialect as it is for people's statements; for those that ask the
//! system's catalogs, rewritten as the engine needs it.
//!
//! The rewriting of catalog statements is upstream's and is not faithful (it replaces correlated
//! subqueries by NULL, for one), so it must never touch a statement that reads only tables.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, ObjectName, ObjectNamePart, Statement, Value, Visit,
    VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser as SqlParser;
use datafusion_pg_catalog::pg_catalog::PG_CATALOG_TABLES;
use datafusion_pg_catalog::sql::PostgresCompatibilityParser;

use super::lookups;
use crate::catalog::is_view;
use crate::error::QueryError;

/// Parses; made once, shared by all.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    catalog: PostgresCompatibilityParser,
}

impl Parser {
    pub(super) fn parse(&self, sql: &str) -> Result<Vec<Statement>, QueryError> {
        let plain = match SqlParser::parse_sql(&PostgreSqlDialect {}, sql) {
            Ok(plain) => plain,
            // Some statements of tools parse only when rewritten; what is wrong in a person's
            // statement is wrong in both, and the first error tells it.
            Err(error) => match self.catalog.parse(sql) {
                Ok(rewritten) if rewritten.iter().all(asks_catalog) => {
                    return Ok(rewritten.into_iter().map(|s| fit(s, true)).collect());
                }
                _ => return Err(error.into()),
            },
        };
        if !plain.iter().any(asks_catalog) {
            return Ok(plain.into_iter().map(|s| fit(s, false)).collect());
        }
        let known = self.catalog.parse(sql)?;
        let known = if known.len() == plain.len() {
            known
        } else {
            plain.clone()
        };
        Ok(plain
            .into_iter()
            .zip(known)
            .map(|(plain, known)| self.chosen(plain, known))
            .collect())
    }

    /// A statement as it runs. `known` is what upstream makes of it: either one of its rewritings
    /// of a whole statement that it knows by heart, or the work of its rules, which are better
    /// applied to ids of tables that are already in place.
    fn chosen(&self, plain: Statement, known: Statement) -> Statement {
        if !asks_catalog(&plain) {
            return fit(plain, false);
        }
        let by_rules = self.catalog.rewrite(plain.clone());
        let mut placed = plain;
        let names_path = lookups::aggregate(&mut placed);
        if !names_path && by_rules.to_string() != known.to_string() {
            return fit(known, true);
        }
        // The visitor never breaks.
        let _ = VisitMut::visit(&mut placed, &mut TableIds);
        fit(self.catalog.rewrite(placed), true)
    }
}

/// `'telemetry'::regclass`, with or without `::oid`, is a call that answers the table's id.
struct TableIds;

impl VisitorMut for TableIds {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let cast = |expr: &Expr, types: &[&str]| match expr {
            Expr::Cast {
                expr, data_type, ..
            } => {
                let name = data_type.to_string().to_lowercase();
                let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
                types.contains(&name).then(|| expr.as_ref().clone())
            }
            _ => None,
        };
        let inner = cast(expr, &["oid"]).unwrap_or_else(|| expr.clone());
        let name = cast(&inner, &["regclass"]).filter(|name| match name {
            Expr::Value(name) => matches!(
                name.value,
                Value::SingleQuotedString(_) | Value::Placeholder(_)
            ),
            other => lookups::is_text_call(other),
        });
        if let Some(name) = name {
            *expr = call("to_regclass", vec![name]);
        }
        ControlFlow::Continue(())
    }
}

/// Whether a statement reads a table of the system, or has a type that only those need.
fn asks_catalog(statement: &Statement) -> bool {
    Visit::visit(statement, &mut CatalogNames).is_break()
}

struct CatalogNames;

impl Visitor for CatalogNames {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        let names: Vec<String> = name
            .0
            .iter()
            .map(|part| part.to_string().trim_matches('"').to_lowercase())
            .collect();
        let found = match names.as_slice() {
            [table] => PG_CATALOG_TABLES.contains(&table.as_str()) || is_view(table),
            [.., schema, _] => schema == "pg_catalog" || schema == "information_schema",
            [] => false,
        };
        if found {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Cast {
                data_type: DataType::Custom(name, _),
                ..
            } => {
                let name = name.0.last().map(|part| part.to_string().to_lowercase());
                match name.as_deref() {
                    Some("oid") => ControlFlow::Break(()),
                    Some(name) if name.starts_with("reg") => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            }
            Expr::Cast {
                data_type: DataType::Regclass,
                ..
            } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// What changes no meaning: functions lose the qualifier `pg_catalog`, `current_schema` gets its
/// parentheses; and, in what asks the catalogs, some subqueries are NULL.
fn fit(mut statement: Statement, catalog: bool) -> Statement {
    // The visitor never breaks.
    let _ = VisitMut::visit(&mut statement, &mut Fit { catalog });
    statement
}

struct Fit {
    catalog: bool,
}

impl VisitorMut for Fit {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &mut ObjectName) -> ControlFlow<()> {
        if self.catalog
            && let [only] = name.0.as_slice()
            && only
                .as_ident()
                .is_some_and(|ident| is_view(&ident.value.to_lowercase()))
        {
            name.0
                .insert(0, ObjectNamePart::Identifier("pg_catalog".into()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) if self.catalog && is_array_of_subquery(function) => {
                *expr = no_array()
            }
            Expr::Function(function) => {
                unqualify(&mut function.name);
                if let Some(numbers) = subscripts(function) {
                    *expr = numbers;
                }
            }
            // The engine takes a field's name as text only.
            Expr::CompoundFieldAccess { root, access_chain }
                if !matches!(root.as_ref(), Expr::Identifier(_)) =>
            {
                for access in access_chain {
                    if let AccessExpr::Dot(Expr::Identifier(name)) = access {
                        let name = Value::SingleQuotedString(name.value.clone());
                        *access = AccessExpr::Dot(Expr::Value(name.with_empty_span()));
                    }
                }
            }
            Expr::Case { .. } if self.catalog => {
                // The visitor never breaks.
                let _ = VisitMut::visit(expr, &mut NoSubqueries);
            }
            Expr::Identifier(ident)
                if ident.quote_style.is_none()
                    && ident.value.eq_ignore_ascii_case("current_schema") =>
            {
                *expr = call("current_schema", Vec::new());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Tools ask the catalogs for what defaults and identities are by a subquery for each column, in a
/// CASE: there are none. Upstream does the same outside of CASE.
struct NoSubqueries;

impl VisitorMut for NoSubqueries {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Subquery(_)) {
            *expr = Expr::Value(Value::Null.with_empty_span());
        }
        ControlFlow::Continue(())
    }
}

/// `ARRAY(SELECT …)`, which the engine lacks. Tools ask the catalogs so for options and
/// memberships, of which there are none; elsewhere it stays, and the planner refuses it.
fn is_array_of_subquery(function: &Function) -> bool {
    matches!(function.args, FunctionArguments::Subquery(_))
        && function.name.to_string().eq_ignore_ascii_case("array")
}

/// `generate_subscripts(list, 1)` is the numbers from one to the list's length, a row each.
fn subscripts(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    let [
        FunctionArg::Unnamed(FunctionArgExpr::Expr(array)),
        FunctionArg::Unnamed(FunctionArgExpr::Expr(dimension)),
    ] = list.args.as_slice()
    else {
        return None;
    };
    if !function
        .name
        .to_string()
        .eq_ignore_ascii_case("generate_subscripts")
    {
        return None;
    }
    let number = |digits: &str| Expr::Value(Value::Number(digits.into(), false).with_empty_span());
    let length = call("array_upper", vec![array.clone(), dimension.clone()]);
    let series = call("generate_series", vec![number("1"), length]);
    Some(call("unnest", vec![series]))
}

fn no_array() -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(Expr::Value(Value::Null.with_empty_span())),
        data_type: DataType::Array(ArrayElemTypeDef::SquareBracket(
            Box::new(DataType::Text),
            None,
        )),
        format: None,
        array: false,
    }
}

fn unqualify(name: &mut ObjectName) {
    let qualified = name.0.len() == 2
        && name.0[0]
            .as_ident()
            .is_some_and(|ident| ident.value.eq_ignore_ascii_case("pg_catalog"));
    if qualified {
        name.0.remove(0);
    }
}

pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args
        .into_iter()
        .map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)));
    Expr::Function(Function {
        name: ObjectName::from(vec![name.into()]),
        args: FunctionArguments::List(FunctionArgumentList {
            args: args.collect(),
            duplicate_treatment: None,
            clauses: Vec::new(),
        }),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}
