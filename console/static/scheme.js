// SPDX-License-Identifier: Apache-2.0
// Before anything is drawn: light or dark, if the reader chose one.
try {
  const chosen = localStorage.getItem('headwater.scheme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.scheme = chosen;
} catch {
  // No storage: the system's choice holds.
}
