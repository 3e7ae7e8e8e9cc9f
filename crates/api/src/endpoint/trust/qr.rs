// SPDX-License-Identifier: Apache-2.0
//! QR codes, drawn here: no page has to ask anybody else for one.

use qrcodegen::{QrCode, QrCodeEcc};
use schemars::JsonSchema;
use serde::Serialize;

/// White modules around it that readers want (ISO/IEC 18004).
const QUIET: i32 = 4;

/// A QR code as an SVG draws it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Code {
    /// Width and height, with the quiet zone, in modules: the side of the SVG's `viewBox`.
    size: i32,
    /// The dark modules, as `d` of an SVG path.
    path: String,
}

impl Code {
    /// `None` for more text than fits.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                // A run of dark modules is one rectangle.
                let run = (x..code.size()).take_while(|x| code.get_module(*x, y));
                let run = i32::try_from(run.count()).unwrap_or(0);
                if run > 0 {
                    path += &format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += run.max(1);
            }
        }
        Some(Self {
            size: code.size() + 2 * QUIET,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finder_pattern_stands_in_the_corner() {
        let code = Code::of("https://192.0.2.7:8443/trust").expect("it fits");
        // Version 2 or 3: 25 or 29 modules, and the quiet zone.
        assert!([33, 37].contains(&code.size), "{}", code.size);
        assert!(code.path.starts_with("M4 4h7v1h-7z"), "{}", code.path);
        assert!(Code::of(&"x".repeat(5_000)).is_none());
    }
}
