/**
 * What is in a zip of our own writer (infra/serverless/zip.ts): the files one after another, deflated, sizes before each.
 * @module
 */
import { inflateRawSync } from 'node:zlib'

export interface Entry {
  readonly name: string
  readonly content: Buffer
}

const FILE = 0x04034b50

export function entriesOf(zip: Buffer): readonly Entry[] {
  const entries: Entry[] = []
  for (let at = 0; zip.readUInt32LE(at) === FILE; ) {
    const [packed, length] = [zip.readUInt32LE(at + 18), zip.readUInt16LE(at + 26)]
    const begin = at + 30 + length + zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 30, at + 30 + length)
    at = begin + packed
    entries.push({ name, content: inflateRawSync(zip.subarray(begin, at)) })
  }
  return entries
}
