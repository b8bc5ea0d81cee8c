/** Reads a zip as an unpacker does: by the directory at its end. Written apart from the writer, so that both must know the format. */
import { crc32, inflateRawSync } from 'node:zlib'

export interface Entry {
  readonly name: string
  readonly content: Buffer
  /** Of Unix. */
  readonly mode: number
  readonly time: number
  readonly date: number
}

export function unzip(zip: Buffer): readonly Entry[] {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  const count = zip.readUInt16LE(end + 10)
  const entries: Entry[] = []
  let at = zip.readUInt32LE(end + 16)
  for (let i = 0; i < count; i++) {
    if (zip.toString('latin1', at, at + 4) !== 'PK\x01\x02') throw new Error(`no entry at ${at}`)
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const begin = zip.readUInt32LE(at + 42)
    if (zip.toString('latin1', begin, begin + 4) !== 'PK\x03\x04') throw new Error(`${name} is not where it should be`)
    const data = begin + 30 + zip.readUInt16LE(begin + 26) + zip.readUInt16LE(begin + 28)
    const content = inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(at + 20)))
    if (content.length !== zip.readUInt32LE(at + 24)) throw new Error(`${name} has another size`)
    if (crc32(content) !== zip.readUInt32LE(at + 16)) throw new Error(`${name} has another checksum`)
    const [time, date] = [zip.readUInt16LE(at + 12), zip.readUInt16LE(at + 14)]
    entries.push({ name, content, mode: zip.readUInt32LE(at + 38) >>> 16, time, date })
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  if (at !== end) throw new Error('the directory has another length')
  return entries
}
