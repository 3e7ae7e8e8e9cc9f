// SPDX-License-Identifier: Apache-2.0
//! The properties of MQTT 5 (section 2.2.2): raw bytes that were checked once, read as asked for.

mod buf;
mod check;
mod get;
mod id;
mod value;
mod walk;

pub use buf::PropertyBuf;
pub use id::{Place, PropertyId};
pub use value::Property;

pub(crate) use buf::{append, four_bytes, two_bytes};
pub(crate) use check::read_section;
pub(crate) use walk::Walk;

/// A list of properties: their raw bytes, without the length before them.
///
/// One that a decoder gave is valid for its packet: known properties that are allowed there, with
/// values in range and no forbidden repetition.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Properties<'a> {
    raw: &'a [u8],
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const EMPTY: Properties<'static> = Properties { raw: &[] };

    /// Takes raw bytes that [`Properties::raw`] of a decoded packet gave earlier. They are not
    /// checked again: over bytes of another origin the iterators end early and getters say `None`;
    /// use [`Properties::check`] for those.
    #[inline]
    pub const fn from_raw(raw: &'a [u8]) -> Self {
        Properties { raw }
    }

    /// The bytes, without the length before them.
    #[inline]
    pub const fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// All properties in their order.
    pub fn iter(self) -> impl Iterator<Item = Property<'a>> + Clone {
        Walk::new(self.raw).map_while(|raw| Property::from_raw(raw).ok())
    }
}

impl std::fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
