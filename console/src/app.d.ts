// SPDX-License-Identifier: Apache-2.0
declare global {
  namespace App {
    interface Error {
      message: string;
      /** What to do about it. */
      cure?: string;
    }
  }
}

export {};
