// SPDX-License-Identifier: Apache-2.0
//! Where a thing is, if it says so: by its last values, or by attributes (`map/place.ts` of the console
//! asks the same of one thing).

use std::collections::BTreeMap;

/// What latitude and longitude are called, in degrees, north and east positive; those first that are
/// asked first.
pub(crate) const NAMES: [(&str, &str); 3] =
    [("lat", "lon"), ("lat", "lng"), ("latitude", "longitude")];

/// Degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub lat: f64,
    pub lon: f64,
}

impl Place {
    /// That place, if there is such a place on earth.
    pub fn of(lat: f64, lon: f64) -> Option<Self> {
        let fits = lat.abs() <= 90.0 && lon.abs() <= 180.0;
        fits.then_some(Self { lat, lon })
    }

    /// By attributes, which may lie deeper and be written in any case: `site.Lat` and `site.Lon`.
    pub fn of_attributes(attributes: &BTreeMap<String, String>) -> Option<Self> {
        NAMES
            .iter()
            .find_map(|names| Self::of_attributes_called(attributes, *names))
    }

    fn of_attributes_called(
        attributes: &BTreeMap<String, String>,
        (lat, lon): (&str, &str),
    ) -> Option<Self> {
        attributes.iter().find_map(|(name, value)| {
            let base = name.len().checked_sub(lat.len())?;
            let (base, end) = (name.get(..base)?, name.get(base..)?);
            if !end.eq_ignore_ascii_case(lat) || !(base.is_empty() || base.ends_with('.')) {
                return None;
            }
            let other = format!("{base}{lon}");
            let mut all = attributes.iter();
            let (_, other) = all.find(|(name, _)| name.eq_ignore_ascii_case(&other))?;
            Self::of(value.trim().parse().ok()?, other.trim().parse().ok()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(attributes: &[(&str, &str)]) -> Option<(f64, f64)> {
        let attributes = attributes.iter();
        let attributes = attributes.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let found = Place::of_attributes(&attributes.collect());
        found.map(|place| (place.lat, place.lon))
    }

    #[test]
    fn attributes_say_where_a_thing_is() {
        assert_eq!(place(&[("lat", "1.5"), ("lon", "-2")]), Some((1.5, -2.0)));
        assert_eq!(place(&[("Lat", "1"), ("LNG", "2")]), Some((1.0, 2.0)));
        let deeper = [("site.latitude", "1"), ("site.longitude", "2")];
        assert_eq!(place(&deeper), Some((1.0, 2.0)));
        let both = [
            ("lat", "1"),
            ("lon", "2"),
            ("latitude", "3"),
            ("longitude", "4"),
        ];
        assert_eq!(place(&both), Some((1.0, 2.0)), "the first of the names");
        let second = [
            ("lat", "?"),
            ("lon", "2"),
            ("latitude", "3"),
            ("longitude", "4"),
        ];
        assert_eq!(place(&second), Some((3.0, 4.0)), "one that is a place");
    }

    #[test]
    fn what_is_no_place_is_none() {
        assert_eq!(place(&[("lat", "1")]), None);
        assert_eq!(place(&[("flat", "1"), ("flon", "2")]), None);
        assert_eq!(place(&[("a.lat", "1"), ("b.lon", "2")]), None);
        for (lat, lon) in [
            ("90.1", "0"),
            ("0", "181"),
            ("NaN", "0"),
            ("0", "inf"),
            ("", "0"),
        ] {
            assert_eq!(place(&[("lat", lat), ("lon", lon)]), None, "{lat} {lon}");
        }
        assert_eq!(place(&[("ünlat", "1"), ("ünlon", "2")]), None);
    }
}
