// SPDX-License-Identifier: Apache-2.0
//! Names of an answer's columns, as PostgreSQL gives them: `count`, not `count(*)`; and the same
//! name twice if it was asked for twice, which the engine's plans can't have.

use std::collections::HashSet;

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Statement, Value,
};

/// What PostgreSQL calls a column that has no name.
const NAMELESS: &str = "?column?";

/// The names that a query's text gives to its columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Those before the first `*`.
    head: Vec<Option<String>>,
    /// Those after the last `*`, if there is one.
    tail: Option<Vec<Option<String>>>,
}

impl Names {
    /// Reads the names, and makes them unique inside of the statement.
    pub(super) fn of(statement: &mut Statement) -> Self {
        match statement {
            Statement::Query(query) => first_select(query).map(read).unwrap_or_default(),
            _ => Self::default(),
        }
    }

    /// The name of each of `count` columns; `None` where the plan's own name is right.
    pub(crate) fn spread(&self, count: usize) -> Vec<Option<String>> {
        let mut names = vec![None; count];
        match &self.tail {
            None if self.head.len() == count => names.clone_from(&self.head),
            Some(tail) if self.head.len() + tail.len() <= count => {
                names[..self.head.len()].clone_from_slice(&self.head);
                names[count - tail.len()..].clone_from_slice(tail);
            }
            // Not what the text said: nothing is renamed.
            _ => {}
        }
        names
    }
}

/// The select whose columns name those of a query; that of a union is its first.
fn first_select(query: &mut Query) -> Option<&mut Select> {
    let mut body = query.body.as_mut();
    loop {
        match body {
            SetExpr::Select(select) => return Some(select),
            SetExpr::Query(query) => body = query.body.as_mut(),
            SetExpr::SetOperation { left, .. } => body = left,
            _ => return None,
        }
    }
}

fn read(select: &mut Select) -> Names {
    let (mut head, mut tail) = (Vec::new(), None::<Vec<Option<String>>>);
    for item in &select.projection {
        let name = match item {
            SelectItem::UnnamedExpr(expr) => own_name(expr),
            SelectItem::ExprWithAlias { alias, .. } => {
                let name = folded(alias);
                // So is a column called that upstream tells apart from the same one in a `*`.
                Some(
                    name.strip_prefix("__alias_")
                        .map_or(name.clone(), str::to_owned),
                )
            }
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                tail = Some(Vec::new());
                continue;
            }
        };
        tail.as_mut().unwrap_or(&mut head).push(name);
    }
    distinguish(select, tail.is_some());
    Names { head, tail }
}

/// Gives an alias to what has been there before under the same name, or is also in a `*`.
fn distinguish(select: &mut Select, star: bool) {
    let mut seen = HashSet::new();
    for (index, item) in select.projection.iter_mut().enumerate() {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let column = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
                if !seen.insert(expr.to_string()) || (star && column) {
                    let alias = Ident::with_quote('"', format!("{expr}:{index}"));
                    *item = SelectItem::ExprWithAlias {
                        expr: expr.clone(),
                        alias,
                    };
                }
            }
            SelectItem::ExprWithAlias { alias, .. } => {
                if !seen.insert(folded(alias)) {
                    *alias = Ident::with_quote('"', format!("{}:{index}", folded(alias)));
                }
            }
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {}
        }
    }
}

fn folded(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

/// PostgreSQL's name for an expression without an alias; `None` leaves the plan's.
fn own_name(expr: &Expr) -> Option<String> {
    Some(inner_name(expr).unwrap_or_else(|| NAMELESS.to_owned()))
}

pub(super) fn inner_name(expr: &Expr) -> Option<String> {
    let name = match expr {
        Expr::Identifier(ident) => return Some(folded(ident)),
        Expr::CompoundIdentifier(idents) => return idents.last().map(folded),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => return inner_name(inner),
        Expr::Cast {
            expr, data_type, ..
        } => {
            return inner_name(expr).or_else(|| Some(type_name(data_type)));
        }
        Expr::TypedString(typed) => return Some(type_name(&typed.data_type)),
        Expr::Function(function) => return Some(function_name(&function.name)),
        Expr::Value(value) if matches!(value.value, Value::Boolean(_)) => "bool",
        Expr::Case { .. } => "case",
        Expr::Extract { .. } => "extract",
        Expr::Ceil { .. } => "ceil",
        Expr::Floor { .. } => "floor",
        Expr::Position { .. } => "position",
        Expr::Substring { .. } => "substring",
        Expr::Trim { .. } => "btrim",
        Expr::Overlay { .. } => "overlay",
        Expr::AtTimeZone { .. } => "timezone",
        Expr::Exists { .. } => "exists",
        Expr::Array(_) => "array",
        Expr::Interval(_) => "interval",
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) => match select.projection.as_slice() {
                [SelectItem::UnnamedExpr(expr)] => return inner_name(expr),
                [SelectItem::ExprWithAlias { alias, .. }] => return Some(folded(alias)),
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    Some(name.to_owned())
}

fn function_name(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|part| part.as_ident()).map(folded);
    last.unwrap_or_else(|| name.to_string())
}

fn type_name(data_type: &DataType) -> String {
    let name = data_type.to_string().to_lowercase();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
    match name {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "double precision" | "float" | "double" => "float8",
        "real" => "float4",
        "boolean" => "bool",
        "timestamp with time zone" => "timestamptz",
        other => other.split(['(', ' ', '[']).next().unwrap_or(other),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn names(sql: &str, count: usize) -> Vec<Option<String>> {
        let parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("SQL");
        Names::of(&mut parsed.into_iter().next().expect("one")).spread(count)
    }

    #[test]
    fn as_postgresql_has_them() {
        let sql = "SELECT count(*), 1, a.B, max(x)::int, x::bigint, 1::int, 'x' AS \"Y\", \
                   CASE WHEN a THEN b END, now() - x, (SELECT min(z) FROM t), true UNION SELECT 1";
        let want = [
            "count", "?column?", "b", "max", "x", "int4", "Y", "case", "?column?", "min", "bool",
        ];
        let got = names(sql, want.len());
        assert_eq!(got, want.map(|name| Some(name.to_owned())));
    }

    #[test]
    fn a_star_leaves_its_own_names() {
        let got = names("SELECT count(*), t.*, min(x) FROM t", 4);
        assert_eq!(got, [Some("count".into()), None, None, Some("min".into())]);
        assert_eq!(names("SELECT * FROM t", 2), [None, None]);
        assert_eq!(
            names("SELECT a FROM t", 2),
            [None, None],
            "not what the text said"
        );
    }

    #[test]
    fn what_is_asked_for_twice_is_told_apart() {
        let sql = "SELECT a, a, b AS a, b AS a, * FROM t";
        let parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("SQL");
        let mut statement = parsed.into_iter().next().expect("one");
        Names::of(&mut statement);
        assert_eq!(
            statement.to_string(),
            "SELECT a AS \"a:0\", a AS \"a:1\", b AS \"a:2\", b AS \"a:3\", * FROM t"
        );
    }
}
