// SPDX-License-Identifier: Apache-2.0
//! Which accounts have registered a certificate, remembered until something changes: devices that all
//! come back are not asked for in the catalog one by one, twice.

use std::collections::HashMap;
use std::sync::Arc;

use hw_model::{AccountId, CertificateId};
use parking_lot::Mutex;

/// Certificates that are remembered; 100 bytes each.
const CERTIFICATES_MAX: usize = 32_768;

/// Accounts of certificates, as of one generation of the directory.
#[derive(Debug, Default)]
pub(super) struct Registered {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    generation: u64,
    accounts: HashMap<CertificateId, Arc<[AccountId]>>,
}

impl Registered {
    /// In the order in which they registered it; `None`: it is not remembered.
    pub fn get(&self, generation: u64, id: CertificateId) -> Option<Arc<[AccountId]>> {
        let known = self.known.lock();
        let is_so = known.generation == generation;
        known.accounts.get(&id).filter(|_| is_so).cloned()
    }

    /// Remembers what the catalog said after `generation` was read.
    pub fn put(&self, generation: u64, id: CertificateId, accounts: Arc<[AccountId]>) {
        let mut known = self.known.lock();
        if known.generation > generation {
            return;
        }
        if known.generation < generation || known.accounts.len() >= CERTIFICATES_MAX {
            known.generation = generation;
            known.accounts.clear();
        }
        known.accounts.insert(id, accounts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_forgotten_with_the_next_generation() {
        let registered = Registered::default();
        let (one, other) = (CertificateId([1; 32]), CertificateId([2; 32]));
        let accounts: Arc<[AccountId]> = [AccountId::FIRST].into();
        registered.put(2, one, accounts.clone());
        assert_eq!(registered.get(2, one), Some(accounts.clone()));
        assert_eq!(registered.get(2, other), None);
        assert_eq!(registered.get(3, one), None);
        registered.put(1, other, accounts.clone());
        assert_eq!(registered.get(2, other), None, "it may have changed since");
        registered.put(3, other, accounts.clone());
        assert_eq!(registered.get(3, one), None);
        assert_eq!(registered.get(3, other), Some(accounts));
    }
}
