// SPDX-License-Identifier: Apache-2.0
//! Bounds on a statement's shape, looked at before anything that recurses over it. A planner walks
//! trees on the stack, and puts a named subquery in place at each mention: both can be made to
//! explode by a short text.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{ObjectName, Query, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::QueryError;
use crate::limits::Limits;

/// Tables that a statement may read when each named subquery is put in place of its mentions.
const RELATIONS_MAX: u64 = 256;

/// Queries in queries when each named one is put in place: what plans are walked by is a stack.
const QUERIES_DEEP_MAX: u64 = 64;

/// The length and the number of operators of a text.
pub(super) fn text(sql: &str, limits: &Limits) -> Result<(), QueryError> {
    if sql.len() > limits.sql_bytes_max {
        let max = limits.sql_bytes_max;
        let text = format!("the statement is longer than {max} bytes (sql_bytes_max)");
        return Err(QueryError::limit("54000", text));
    }
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize()
        .map_err(|error| QueryError::Syntax(format!("syntax error: {error}")))?;
    let operators = tokens.iter().filter(|token| nests(token)).count();
    if operators > limits.sql_operators_max {
        let max = limits.sql_operators_max;
        let text = format!("the statement has more than {max} operators (sql_operators_max)");
        return Err(QueryError::limit("54001", text));
    }
    Ok(())
}

/// Whether each further token of this kind can make a tree deeper: operators do, and joins and
/// unions; commas and parentheses do not (those of parentheses are bounded by the parser).
fn nests(token: &Token) -> bool {
    match token {
        Token::EOF
        | Token::Number(..)
        | Token::Char(_)
        | Token::SingleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::Placeholder(_)
        | Token::Comma
        | Token::Period
        | Token::SemiColon
        | Token::LParen
        | Token::RParen
        | Token::RBracket
        | Token::RBrace
        | Token::Whitespace(_) => false,
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::NOTNULL
                | Keyword::IN
                | Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::SIMILAR
                | Keyword::COLLATE
                | Keyword::AT
                | Keyword::OPERATOR
                | Keyword::JOIN
                | Keyword::UNION
                | Keyword::INTERSECT
                | Keyword::EXCEPT
        ),
        _ => true,
    }
}

/// How many tables a query reads, and how deep it goes, once its named subqueries are in place.
pub(super) fn relations(query: &Query) -> Result<(), QueryError> {
    let mut weight = Weight::default();
    weight.frames.push(Frame::default());
    match query.visit(&mut weight) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(text) => Err(QueryError::limit("54001", text)),
    }
}

/// Counts as the planner would expand. Names are not scoped: the heavier of two counts.
#[derive(Default)]
struct Weight {
    frames: Vec<Frame>,
    named: HashMap<String, Size>,
}

/// What stands behind a name.
#[derive(Clone, Copy)]
struct Size {
    tables: u64,
    depth: u64,
}

impl Size {
    const TABLE: Size = Size {
        tables: 1,
        depth: 0,
    };
}

#[derive(Default)]
struct Frame {
    tables: u64,
    depth: u64,
    /// Names of the `WITH` queries that have not been visited yet; they come first, in order.
    pending: VecDeque<String>,
}

impl Visitor for Weight {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        let pending = tables
            .map(|cte| cte.alias.name.value.to_lowercase())
            .collect();
        self.frames.push(Frame {
            pending,
            ..Frame::default()
        });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<String> {
        let Some(frame) = self.frames.pop() else {
            return ControlFlow::Continue(());
        };
        let size = Size {
            tables: frame.tables,
            depth: frame.depth + 1,
        };
        let Some(outer) = self.frames.last_mut() else {
            return ControlFlow::Continue(());
        };
        match outer.pending.pop_front() {
            Some(name) => {
                let known = self.named.entry(name).or_insert(Size::TABLE);
                known.tables = known.tables.max(size.tables);
                known.depth = known.depth.max(size.depth);
                check(size)
            }
            None => outer.add(size),
        }
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<String> {
        let named = match name.0.as_slice() {
            [only] => self.named.get(&only.to_string().to_lowercase()).copied(),
            _ => None,
        };
        match self.frames.last_mut() {
            Some(frame) => frame.add(named.unwrap_or(Size::TABLE)),
            None => ControlFlow::Continue(()),
        }
    }
}

impl Frame {
    fn add(&mut self, part: Size) -> ControlFlow<String> {
        self.tables = self.tables.saturating_add(part.tables);
        self.depth = self.depth.max(part.depth);
        check(Size {
            tables: self.tables,
            depth: self.depth,
        })
    }
}

fn check(size: Size) -> ControlFlow<String> {
    if size.tables > RELATIONS_MAX {
        return ControlFlow::Break(format!(
            "the statement reads more than {RELATIONS_MAX} tables when its WITH queries are put \
             in place"
        ));
    }
    if size.depth > QUERIES_DEEP_MAX {
        return ControlFlow::Break(format!(
            "the statement nests queries deeper than {QUERIES_DEEP_MAX} when its WITH queries are \
             put in place"
        ));
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::ast::Statement;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn read(sql: &str) -> Result<(), QueryError> {
        match Parser::parse_sql(&PostgreSqlDialect {}, sql)
            .expect("SQL")
            .remove(0)
        {
            Statement::Query(query) => relations(&query),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn named_queries_count_at_each_mention() {
        let mut sql = String::from("WITH a0 AS (SELECT 1 FROM t)");
        for level in 1..12 {
            let below = level - 1;
            sql += &format!(", a{level} AS (SELECT 1 FROM a{below} x, a{below} y)");
        }
        assert!(
            read(&format!("{sql} SELECT * FROM a11")).is_err(),
            "2^11 tables"
        );
        assert!(read("WITH a AS (SELECT 1 FROM t) SELECT * FROM a x, a y, t z").is_ok());
        assert!(read("SELECT (SELECT max(v) FROM t) FROM t UNION ALL SELECT v FROM u").is_ok());
    }

    #[test]
    fn depth_counts_through_names() {
        let chain = |levels: u32| {
            let mut sql = String::from("WITH a0 AS (SELECT 1 FROM t)");
            for level in 1..levels {
                sql += &format!(", a{level} AS (SELECT * FROM a{})", level - 1);
            }
            format!("{sql} SELECT * FROM a{}", levels - 1)
        };
        assert!(read(&chain(60)).is_ok());
        let refused = read(&chain(70)).expect_err("too deep");
        assert_eq!(refused.sqlstate(), "54001");
        assert!(refused.to_string().contains("deeper"), "{refused}");
        let side_by_side = vec!["SELECT * FROM (SELECT 1) AS x"; 100].join(" UNION ALL ");
        assert!(read(&side_by_side).is_ok(), "beside each other");
    }

    #[test]
    fn operators_are_counted_not_what_is_in_strings() {
        let limits = Limits {
            sql_operators_max: 3,
            ..Limits::default()
        };
        assert!(
            text(
                "SELECT '1+1+1+1+1+1', a, b, c FROM t WHERE x = 1 AND y = 2",
                &limits
            )
            .is_ok()
        );
        assert!(text("SELECT 1+1+1+1+1", &limits).is_err());
        assert!(text("SELECT 'open", &limits).is_err_and(|e| e.sqlstate() == "42601"));
        let short = Limits {
            sql_bytes_max: 10,
            ..Limits::default()
        };
        assert!(text("SELECT 1234", &short).is_err_and(|e| e.sqlstate() == "54000"));
    }
}
