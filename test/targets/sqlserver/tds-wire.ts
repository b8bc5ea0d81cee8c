/** As much of the protocol TDS 7.4 as a server needs to say: packets and tokens, written after the open specification MS-TDS. */

export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

const u16 = (n: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(n)
  return bytes
}
const u32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(n)
  return bytes
}
const text = (value: string): Buffer => Buffer.from(value, 'utf16le')
const byteText = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), text(value)])
const token = (id: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([id]), u16(body.length), body])
}

/** One message in as many packets as it needs. */
export function packets(body: Buffer, type = 4): Buffer {
  const size = 4088
  const all: Buffer[] = []
  for (let at = 0; at === 0 || at < body.length; at += size) {
    const part = body.subarray(at, at + size)
    const head = Buffer.alloc(8)
    head[0] = type
    head[1] = at + size >= body.length ? 1 : 0
    head.writeUInt16BE(part.length + 8, 2)
    all.push(head, part)
  }
  return Buffer.concat(all)
}

export const done = (status = 0): Buffer => Buffer.concat([Buffer.from([0xfd]), u16(status), u16(0), u32(0), u32(0)])

export const failed = (number: number, message: string, severity = 14): Buffer =>
  Buffer.concat([
    token(
      0xaa,
      ...[u32(number), Buffer.from([1, severity]), u16(message.length), text(message), byteText('stub'), byteText('')],
      u32(1),
    ),
    done(2),
  ])

export const loginAck = Buffer.concat([
  token(0xad, Buffer.from([1, 0x74, 0, 0, 4]), byteText('stub'), Buffer.from([16, 0, 0, 0])),
  done(),
])

/** ENCRYPTION: on, or not supported. */
export const prelogin = (encrypt: boolean): Buffer =>
  Buffer.concat([
    Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff]),
    Buffer.from([16, 0, 0, 0, 0, 0]),
    Buffer.from([encrypt ? 1 : 2]),
  ])

/** Numbers as FLOAT where they are large or broken, else as INT; all else as NVARCHAR. */
export function rowsOf(rows: readonly Row[]): Buffer {
  if (rows.length === 0) return done()
  const names = Object.keys(rows[0]!)
  const kind = (name: string) => {
    const values = rows.map(row => row[name]).filter(value => typeof value === 'number')
    if (values.length === 0) return 'text'
    return values.every(value => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31) ? 'int' : 'float'
  }
  const types = {
    text: Buffer.concat([Buffer.from([0xe7]), u16(8000), Buffer.from([9, 4, 0xd0, 0, 0x34])]),
    int: Buffer.from([0x26, 4]),
    float: Buffer.from([0x6d, 8]),
  }
  const columns = names.map(name =>
    Buffer.concat([u32(0), u16(1), types[kind(name)], Buffer.from([name.length]), text(name)]),
  )
  const cell = (value: Value, type: 'text' | 'int' | 'float'): Buffer => {
    if (type === 'text')
      return value === null ? u16(0xffff) : Buffer.concat([u16(String(value).length * 2), text(String(value))])
    if (value === null) return Buffer.from([0])
    const bytes = Buffer.alloc(type === 'int' ? 4 : 8)
    if (type === 'int') bytes.writeInt32LE(value as number)
    else bytes.writeDoubleLE(value as number)
    return Buffer.concat([Buffer.from([bytes.length]), bytes])
  }
  const lines = rows.map(row =>
    Buffer.concat([Buffer.from([0xd1]), ...names.map(name => cell(row[name] ?? null, kind(name)))]),
  )
  return Buffer.concat([Buffer.from([0x81]), u16(names.length), ...columns, ...lines, done()])
}

export interface Login7 {
  readonly user: string
  readonly password: string
  readonly database: string
}

export function login7(body: Buffer): Login7 {
  const part = (at: number) =>
    body.subarray(body.readUInt16LE(at), body.readUInt16LE(at) + body.readUInt16LE(at + 2) * 2)
  const password = Buffer.from(part(44)).map(byte => {
    const plain = byte ^ 0xa5
    return ((plain & 15) << 4) | (plain >> 4)
  })
  return {
    user: part(40).toString('utf16le'),
    password: Buffer.from(password).toString('utf16le'),
    database: part(68).toString('utf16le'),
  }
}

/** The text of a batch, behind its headers. */
export const batchText = (body: Buffer): string => body.toString('utf16le', body.readUInt32LE(0))
