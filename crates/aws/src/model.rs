// SPDX-License-Identifier: Apache-2.0
//! Which operations AWS has, and where they are bound: from the API models, by service.

/// One line of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Service, as in `iot`.
    pub service: &'static str,
    /// Name, as in `CreateThing`.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// Path with labels, as in `/things/{thingName}`; `{name+}` takes the rest.
    pub path: &'static str,
}

const OPERATIONS: &str = include_str!("../model/operations.tsv");

/// All operations of the services that are modelled here.
pub fn bindings() -> impl Iterator<Item = Binding> {
    OPERATIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let mut column = || columns.next();
            Some(Binding {
                service: column()?,
                name: column()?,
                method: column()?,
                path: column()?,
            })
        })
}
