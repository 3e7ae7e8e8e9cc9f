// SPDX-License-Identifier: Apache-2.0
//! Rows from here and there in the buffer, in a new order. Texts in dictionaries are not copied:
//! only their numbers are.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;

use super::order::Place;
use crate::schema::dictionary;

/// Batches to gather from.
pub(super) struct Gather {
    schema: SchemaRef,
    columns: Vec<Column>,
}

enum Column {
    Plain(Vec<ArrayRef>),
    Texts(Texts),
}

/// The dictionaries of all batches, one behind the other.
struct Texts {
    keys: Vec<Int32Array>,
    first: Vec<i32>,
    values: ArrayRef,
}

impl Gather {
    /// From batches of the same columns, at least one.
    pub fn new(batches: &[&RecordBatch]) -> Result<Self, ArrowError> {
        let first = batches.first().map(|batch| batch.schema());
        let first = first.ok_or_else(|| ArrowError::ComputeError("no rows".into()))?;
        let mut fields = Vec::with_capacity(first.fields().len());
        let mut columns = Vec::with_capacity(first.fields().len());
        for (n, field) in first.fields().iter().enumerate() {
            let parts: Vec<ArrayRef> = batches.iter().map(|b| Arc::clone(b.column(n))).collect();
            let column = Column::of(parts)?;
            fields.push(field.as_ref().clone().with_data_type(column.data_type()));
            columns.push(column);
        }
        Ok(Self {
            schema: Arc::new(arrow_schema::Schema::new(fields)),
            columns,
        })
    }

    /// These rows.
    pub fn rows(&self, places: &[Place]) -> Result<RecordBatch, ArrowError> {
        let wide: Vec<(usize, usize)> = places
            .iter()
            .map(|(batch, row)| (*batch as usize, *row as usize))
            .collect();
        let columns = self.columns.iter().map(|column| column.rows(&wide));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

impl Column {
    fn of(parts: Vec<ArrayRef>) -> Result<Self, ArrowError> {
        let texts = |part: &ArrayRef| *part.data_type() == dictionary();
        if parts.iter().all(texts) {
            return Texts::of(&parts).map(Self::Texts);
        }
        // Of mixed parts the dictionaries are written out.
        let plain = |part: ArrayRef| match texts(&part) {
            true => {
                let part = part.as_dictionary::<Int32Type>();
                arrow_select::take::take(part.values(), part.keys(), None)
            }
            false => Ok(part),
        };
        let parts = parts.into_iter().map(plain).collect::<Result<_, _>>()?;
        Ok(Self::Plain(parts))
    }

    fn data_type(&self) -> arrow_schema::DataType {
        match self {
            Self::Plain(parts) => parts[0].data_type().clone(),
            Self::Texts(_) => dictionary(),
        }
    }

    fn rows(&self, places: &[(usize, usize)]) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Plain(parts) => {
                let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
                interleave(&parts, places)
            }
            Self::Texts(texts) => texts.rows(places),
        }
    }
}

impl Texts {
    fn of(parts: &[ArrayRef]) -> Result<Self, ArrowError> {
        let parts: Vec<_> = parts
            .iter()
            .map(|p| p.as_dictionary::<Int32Type>())
            .collect();
        let values: Vec<&dyn Array> = parts.iter().map(|part| part.values().as_ref()).collect();
        let mut next = 0;
        let first = values.iter().map(|values| {
            let first = next;
            next += values.len() as i32;
            first
        });
        Ok(Self {
            first: first.collect(),
            keys: parts.iter().map(|part| part.keys().clone()).collect(),
            values: concat(&values)?,
        })
    }

    fn rows(&self, places: &[(usize, usize)]) -> Result<ArrayRef, ArrowError> {
        let nulls = self.keys.iter().any(|keys| keys.null_count() > 0);
        let key =
            |(batch, row): &(usize, usize)| self.keys[*batch].values()[*row] + self.first[*batch];
        let keys: Int32Array = match nulls {
            false => Int32Array::from_iter_values(places.iter().map(key)),
            true => places
                .iter()
                .map(|place| self.keys[place.0].is_valid(place.1).then(|| key(place)))
                .collect(),
        };
        let rows = DictionaryArray::try_new(keys, Arc::clone(&self.values))?;
        Ok(Arc::new(rows))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;

    use super::*;

    #[test]
    fn texts_keep_their_meaning_in_dictionaries_plain_and_mixed() {
        let texts = [[Some("b"), None, Some("a")], [Some("a"), Some("c"), None]];
        let plain = texts.map(|t| Arc::new(StringArray::from_iter(t)) as ArrayRef);
        let coded = texts
            .map(|t| Arc::new(t.into_iter().collect::<DictionaryArray<Int32Type>>()) as ArrayRef);
        let mixed = [Arc::clone(&plain[0]), Arc::clone(&coded[1])];
        for parts in [plain, coded, mixed] {
            let batches = parts.map(|part| RecordBatch::try_from_iter([("t", part)]).expect("one"));
            let gather = Gather::new(&batches.iter().collect::<Vec<_>>()).expect("gathers");
            let rows = gather
                .rows(&[(1, 1), (0, 0), (1, 2), (0, 2), (1, 0)])
                .expect("rows");
            let column = Column::of(vec![Arc::clone(rows.column(0))]).expect("a column");
            let written = match column {
                Column::Plain(parts) => Arc::clone(&parts[0]),
                Column::Texts(texts) => {
                    arrow_select::take::take(&texts.values, &texts.keys[0], None).expect("takes")
                }
            };
            let found: Vec<_> = written.as_string::<i32>().iter().collect();
            assert_eq!(found, [Some("c"), Some("b"), None, Some("a"), Some("a")]);
        }
    }
}
