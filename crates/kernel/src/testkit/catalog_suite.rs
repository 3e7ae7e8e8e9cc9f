// SPDX-License-Identifier: Apache-2.0
//! Conformance suite of the catalog port.
