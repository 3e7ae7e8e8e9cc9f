// SPDX-License-Identifier: Apache-2.0
// A choice of the reader's that this browser remembers.

/** A text that lives in local storage; where there is none, until the page is closed. */
export function stored(key: string, initial: string): { value: string } {
  let value = $state(read(key) ?? initial);
  return {
    get value() {
      return value;
    },
    set value(next: string) {
      value = next;
      try {
        localStorage.setItem(key, next);
      } catch {
        // It is remembered until the page is closed.
      }
    },
  };
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
