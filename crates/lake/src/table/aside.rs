// SPDX-License-Identifier: Apache-2.0
//! A damaged table is put aside: it takes no rows, its cursor stands still, so that the Log keeps
//! them, and the other tables go on.

use hw_kernel::port::tables::TableError;

use super::LakeTable;
use crate::env::Env;

impl LakeTable {
    /// Why it was put aside, if it was.
    pub fn ailment(&self) -> Option<String> {
        self.state.lock().ailment.clone()
    }

    /// Refuses if it was put aside.
    pub(super) fn is_sound(&self) -> Result<(), TableError> {
        match self.ailment() {
            Some(detail) => Err(TableError::Damaged {
                table: self.name.clone(),
                detail,
            }),
            None => Ok(()),
        }
    }

    /// Puts it aside. Rows that wait are let go: they are in the Log behind its cursor.
    pub fn put_aside(&self, detail: String) {
        let mut state = self.state.lock();
        state.ailment = Some(detail);
        state.sealed = Default::default();
        state.fresh = Default::default();
        state.source = state.committed.clone();
    }

    /// Whether it can be read again, from its metadata to its list of files.
    pub async fn has_healed(&self, env: &Env) -> bool {
        let _turn = self.turn.lock().await;
        self.state.lock().opened = None;
        self.opened_in_turn(env).await.is_ok()
    }
}
