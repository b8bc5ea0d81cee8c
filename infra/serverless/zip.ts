/**
 * A zip whose bytes depend on the names and contents of its files, and on the zlib of the Node.js that wrote it. A library would
 * be a dependency for eighty lines of a format from 1989, and most of them take the time and the owner of a file from the disk.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16
 * @module
 */
import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync } from 'node:zlib'

export type Files = ReadonlyMap<string, Uint8Array | string>

const VERSION = 20
/** By Unix, so that the permissions below are read. */
const MADE_BY = (3 << 8) | VERSION
const DEFLATED = 8
/** Names are UTF-8. */
const FLAGS = 0x0800
/** 1 January 1980, the first day that the format knows. */
const DATE = (1 << 5) | 1
/** A file that everybody may read: Lambda runs as another user than the one that unpacks. */
const MODE = (0o100644 << 16) >>> 0
/** More would need the 64-bit fields; no function may be as large. */
const LARGEST = 2 ** 32 - 1
const MOST = 2 ** 16 - 1

/** The files in the order of their names, the largest compression, no times. */
export function zip(files: Files): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  const names = [...files.keys()].toSorted()
  if (names.length > MOST) throw new RangeError('A zip holds 65,535 files.')
  for (const name of names) {
    const content = Buffer.from(files.get(name)! as string)
    const packed = deflateRawSync(content, { level: 9 })
    const path = Buffer.from(name)
    const common = [
      [VERSION, 2],
      [FLAGS, 2],
      [DEFLATED, 2],
      [0, 2],
      [DATE, 2],
      [crc32(content), 4],
      [packed.length, 4],
      [content.length, 4],
      [path.length, 2],
      [0, 2],
    ] as const
    local.push(fields([0x04034b50, 4], ...common), path, packed)
    // comment, disk, internal attributes; external ones; where the file begins
    const more = [
      [0, 2],
      [0, 2],
      [0, 2],
      [MODE, 4],
      [offset, 4],
    ] as const
    central.push(fields([0x02014b50, 4], [MADE_BY, 2], ...common, ...more), path)
    offset += 30 + path.length + packed.length
    if (offset > LARGEST) throw new RangeError('A zip holds 4 GiB.')
  }
  const directory = Buffer.concat(central)
  const counts = [
    [names.length, 2],
    [names.length, 2],
    [directory.length, 4],
    [offset, 4],
    [0, 2],
  ] as const
  return Buffer.concat([...local, directory, fields([0x06054b50, 4], [0, 2], [0, 2], ...counts)])
}

/** Little-endian numbers, each with its size in bytes. */
function fields(...values: readonly (readonly [value: number, bytes: number])[]): Buffer {
  const buffer = Buffer.alloc(values.reduce((sum, [, bytes]) => sum + bytes, 0))
  let at = 0
  for (const [value, bytes] of values) at = buffer.writeUIntLE(value, at, bytes)
  return buffer
}
