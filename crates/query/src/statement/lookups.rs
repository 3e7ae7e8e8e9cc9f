// SPDX-License-Identifier: Apache-2.0
//! Subqueries by which tools look things up in the catalogs, one row for each row outside, brought
//! to a shape that the engine can plan: it wants them aggregated.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, GroupByExpr,
    OrderByKind, Query, Select, SelectItem, SetExpr, Statement, Value, VisitMut, VisitorMut,
};

use super::compat::call;

/// Rewrites the look-ups of a statement; whether there was one that names the search path.
pub(super) fn aggregate(statement: &mut Statement) -> bool {
    let mut lookups = Lookups { path: false };
    // The visitor never breaks.
    let _ = VisitMut::visit(statement, &mut lookups);
    lookups.path
}

struct Lookups {
    path: bool,
}

impl VisitorMut for Lookups {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut() {
            if let Some(filter) = &mut select.selection {
                // The visitor never breaks.
                let _ = VisitMut::visit(filter, &mut InFilter);
            }
            for item in &mut select.projection {
                if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
                    && let Expr::Subquery(inner) = expr
                    && inner.to_string().contains("information_schema.")
                    && aggregated(inner)
                {
                    // In parentheses, upstream's rules leave it alone.
                    *expr = Expr::Nested(Box::new(expr.clone()));
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Grafana unfolds the search path: tables are in `public` and nowhere else.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::InSubquery {
            expr: tested,
            subquery,
            negated,
        } = expr
        {
            let text = subquery.to_string();
            if text.contains("current_setting('search_path')") && text.contains("generate_series") {
                let public = Value::SingleQuotedString(crate::catalog::PUBLIC.to_owned());
                *expr = Expr::InList {
                    expr: tested.clone(),
                    list: vec![Expr::Value(public.with_empty_span())],
                    negated: *negated,
                };
                self.path = true;
            }
        }
        ControlFlow::Continue(())
    }
}

struct InFilter;

impl VisitorMut for InFilter {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Subquery(inner) = expr {
            aggregated(inner);
        }
        ControlFlow::Continue(())
    }
}

/// `SELECT x … ORDER BY y LIMIT 1` is the first `x`; without an order there is one row at most, and
/// its greatest `x` is `x`.
fn aggregated(query: &mut Query) -> bool {
    let SetExpr::Select(select) = query.body.as_mut() else {
        return false;
    };
    if !is_plain(select) {
        return false;
    }
    let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] =
        select.projection.as_mut_slice()
    else {
        return false;
    };
    let order = match query.order_by.take().map(|order| order.kind) {
        Some(OrderByKind::Expressions(order)) => order,
        _ => Vec::new(),
    };
    query.limit_clause = None;
    let name = if order.is_empty() {
        "max"
    } else {
        "first_value"
    };
    let mut value = call(name, vec![expr.clone()]);
    if let Expr::Function(function) = &mut value
        && let FunctionArguments::List(list) = &mut function.args
        && !order.is_empty()
    {
        list.clauses.push(FunctionArgumentClause::OrderBy(order));
    }
    *expr = value;
    true
}

/// No aggregate, no groups, nothing distinct.
fn is_plain(select: &Select) -> bool {
    let groups = match &select.group_by {
        GroupByExpr::All(_) => true,
        GroupByExpr::Expressions(exprs, _) => !exprs.is_empty(),
    };
    let aggregates = [
        "count",
        "max",
        "min",
        "sum",
        "avg",
        "string_agg",
        "array_agg",
        "bool_or",
    ];
    let is_aggregate = select.projection.iter().any(|item| match item {
        SelectItem::UnnamedExpr(Expr::Function(function))
        | SelectItem::ExprWithAlias {
            expr: Expr::Function(function),
            ..
        } => {
            let name = function.name.to_string().to_lowercase();
            let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
            aggregates.contains(&name)
        }
        _ => false,
    });
    !groups && !is_aggregate && select.distinct.is_none()
}

/// The arguments of a call, if each is an expression.
pub(super) fn is_text_call(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
            let texts = ["format", "quote_ident", "concat"].contains(&name);
            texts
                && matches!(&function.args, FunctionArguments::List(list) if list.args.iter().all(is_expr))
        }
        Expr::Nested(inner) => is_text_call(inner),
        Expr::BinaryOp { op, .. } => op.to_string() == "||",
        _ => false,
    }
}

fn is_expr(arg: &FunctionArg) -> bool {
    matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(_)))
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    #[test]
    fn lookups_are_aggregated() {
        for (sql, want) in [
            (
                "SELECT t FROM x WHERE (SELECT c.k = 'c' FROM y AS c WHERE c.o = x.o)",
                "SELECT t FROM x WHERE (SELECT max(c.k = 'c') FROM y AS c WHERE c.o = x.o)",
            ),
            (
                "SELECT (SELECT a FROM information_schema.columns AS c WHERE c.t = x.t ORDER BY p LIMIT 1) FROM x",
                "SELECT ((SELECT first_value(a ORDER BY p) FROM information_schema.columns AS c WHERE c.t = x.t)) FROM x",
            ),
            (
                "SELECT (SELECT count(*) FROM y) FROM x WHERE a = (SELECT max(b) FROM y)",
                "SELECT (SELECT count(*) FROM y) FROM x WHERE a = (SELECT max(b) FROM y)",
            ),
        ] {
            let mut parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("SQL");
            aggregate(&mut parsed[0]);
            assert_eq!(parsed[0].to_string(), want);
        }
    }
}
