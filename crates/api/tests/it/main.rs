// SPDX-License-Identifier: Apache-2.0
//! The API, asked through its router: one binary, because it links DataFusion.

mod admin_socket;
mod answer;
mod authorizations;
mod boards;
mod certificates;
mod errors;
mod house;
mod keys;
mod last_values;
mod links;
mod plug;
mod policies;
mod publish;
mod reach;
mod session;
mod site;
mod sql;
mod stream;
mod things;
