// SPDX-License-Identifier: Apache-2.0
// Hands a file to the reader.

export function download(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  // Names come from devices and people: nothing of a path is left in them.
  link.download = name.replaceAll(/[^\w.@+-]+/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
