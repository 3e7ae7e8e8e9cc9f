// SPDX-License-Identifier: Apache-2.0
//! A configuration profile of Apple's systems with one root certificate (Apple, "Configuration
//! Profile Reference", payload `com.apple.security.root`).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// For a CA by its SHA-256 and DER. The same CA gives the same profile, so that installing it again
/// replaces it.
pub(super) fn of(sha256: &[u8; 32], der: &[u8]) -> String {
    let certificate = BASE64_STANDARD.encode(der);
    let (outer, inner) = (uuid(&sha256[..16]), uuid(&sha256[16..]));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>headwater.ca.{outer}</string>
  <key>PayloadUUID</key><string>{outer}</string>
  <key>PayloadDisplayName</key><string>Headwater CA</string>
  <key>PayloadDescription</key><string>Trusts the certificates of one Headwater server.</string>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>headwater.ca.{outer}.root</string>
      <key>PayloadUUID</key><string>{inner}</string>
      <key>PayloadDisplayName</key><string>Headwater CA</string>
      <key>PayloadCertificateFileName</key><string>headwater-ca.crt</string>
      <key>PayloadContent</key><data>{certificate}</data>
    </dict>
  </array>
</dict>
</plist>
"#
    )
}

/// Sixteen bytes as a UUID of version 8, whose content is its maker's own (RFC 9562).
fn uuid(bytes: &[u8]) -> String {
    let mut all = [0; 16];
    all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    all[6] = all[6] & 0x0f | 0x80;
    all[8] = all[8] & 0x3f | 0x80;
    let hex: String = all.iter().map(|byte| format!("{byte:02X}")).collect();
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    parts.map(|(from, to)| &hex[from..to]).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_certificate_and_two_identifiers() {
        let profile = of(&[0xab; 32], b"DER");
        assert!(profile.contains("<data>REVS</data>"));
        let expected = "ABABABAB-ABAB-8BAB-ABAB-ABABABABABAB";
        assert!(profile.contains(expected), "{profile}");
    }
}
