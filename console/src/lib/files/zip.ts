// SPDX-License-Identifier: Apache-2.0
// A zip of small texts, stored and not compressed (PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.3.16).

export interface TextFile {
  name: string;
  text: string;
  /** Readable by its owner alone. */
  secret?: boolean;
}

const UTF8_NAMES = 0x0800;
const MADE_BY_UNIX = 3 << 8;
/** 1980-01-01: the zip's own time is of no use to anybody. */
const DATE = 0x21;

export function zip(files: readonly TextFile[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, text, secret } of files) {
    const path = encoder.encode(name);
    const body = encoder.encode(text);
    const crc = crc32(body);
    const common = [20, UTF8_NAMES, 0, 0, DATE];
    const head = record(0x04034b50, [...common.map(short), long(crc), long(body.length), long(body.length), short(path.length), short(0)]);
    const mode = (0o100000 | (secret ? 0o600 : 0o644)) << 16;
    const entry = record(0x02014b50, [
      short(MADE_BY_UNIX | 20), ...common.map(short), long(crc), long(body.length), long(body.length), short(path.length),
      short(0), short(0), short(0), short(0), long(mode >>> 0), long(offset),
    ]);
    parts.push(head, path, body);
    directory.push(entry, path);
    offset += head.length + path.length + body.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = short(files.length);
  const end = record(0x06054b50, [short(0), short(0), count, count, long(size), long(offset), short(0)]);
  return joined([...parts, ...directory, end]);
}

function record(signature: number, fields: Uint8Array[]): Uint8Array {
  return joined([long(signature), ...fields]);
}

function short(value: number): Uint8Array {
  return new Uint8Array([value & 0xff, (value >>> 8) & 0xff]);
}

function long(value: number): Uint8Array {
  return joined([short(value & 0xffff), short(value >>> 16)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** CRC-32 of IEEE 802.3, bit by bit: the files are small. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
