/**
 * A stub of SQL Server on the wire, for the real driver. It keeps logins, passwords and sessions, and knows the statements that we
 * send by their text. It shows what our side sends and how it takes an answer, not that SQL Server takes the statement.
 */
import net, { type AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import tls from 'node:tls'
import {
  batchText,
  done,
  failed,
  type Login7,
  login7,
  loginAck,
  packets,
  prelogin,
  type Row,
  rowsOf,
} from './tds-wire.ts'

export interface StubLogin {
  password: string
  disabled?: boolean
  locked?: boolean
  mustChange?: boolean
  expires?: boolean
  noPolicy?: boolean
  privileged?: boolean
}

export interface StubSession {
  readonly id: number
  readonly user: string
  readonly database: string
  readonly since: number
  readonly socket: net.Socket
}

export type Answer = readonly Row[] | { readonly error: number; readonly severity?: number }

export interface TdsStub {
  readonly host: string
  readonly port: number
  /** By name; a change counts at once. */
  readonly logins: Map<string, StubLogin>
  readonly sessions: Map<number, StubSession>
  /** Every batch, with who sent it and where he was. */
  readonly seen: { readonly user: string; readonly database: string; readonly text: string }[]
  /** Every login that was tried, refused ones too. */
  readonly tried: { readonly user: string; readonly accepted: boolean }[]
  /** Who may change logins. */
  readonly admins: Set<string>
  /** Answers before the stub does: undefined leaves it to the stub. */
  override: (text: string, user: string) => Answer | undefined
  /** Answers of the login that the stub would not give by itself. */
  refuse: (login: Login7) => number | undefined
  /** What the clock of the server is ahead by when a change arrives. */
  late: number
  stop(): Promise<void>
}

export async function startTdsStub(secure?: { readonly cert: Buffer; readonly key: Buffer }): Promise<TdsStub> {
  let next = 50
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  const stub: TdsStub = {
    host: '127.0.0.1',
    port: 0,
    logins: new Map(),
    sessions: new Map(),
    seen: [],
    tried: [],
    admins: new Set(['sa']),
    override: () => undefined,
    refuse: () => undefined,
    late: 0,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise(closed => server.close(closed))
    },
  }

  function serve(socket: net.Socket): void {
    let session: StubSession | undefined
    socket.on('close', () => session && stub.sessions.delete(session.id))
    let handshake: Handshake | undefined
    const onMessage = (type: number, body: Buffer, answer: (message: Buffer) => void) => {
      if (type === 0x12 && handshake === undefined) {
        answer(prelogin(secure !== undefined))
        if (secure) handshake = startHandshake(socket, secure, onMessage)
        return
      }
      if (type === 0x10) {
        const login = login7(body)
        const number = stub.refuse(login) ?? refusal(login)
        stub.tried.push({ user: login.user, accepted: number === undefined })
        if (number !== undefined) return answer(failed(number, `Login failed for user '${login.user}'.`))
        session = { id: ++next, user: login.user, database: login.database, since: Date.now(), socket }
        stub.sessions.set(session.id, session)
        return answer(loginAck)
      }
      if (type === 0x06) return answer(done(0x20))
      const text = batchText(body)
      stub.seen.push({ user: session!.user, database: session!.database, text })
      const got = stub.override(text, session!.user) ?? run(text, session!)
      answer('error' in got ? failed(got.error, 'Reason with Canary-text', got.severity ?? 16) : rowsOf(got))
    }
    const feed = reader((type, body) => {
      if (handshake !== undefined && type === 0x12) handshake.wrapped(body)
      else onMessage(type, body, message => void socket.write(packets(message)))
    })
    socket.on('data', data => (handshake?.finished() ? handshake.encrypted(data) : feed(data)))
  }

  const refusal = ({ user, password }: Login7): number | undefined => {
    const login = stub.logins.get(user)
    if (login === undefined || login.password !== password) return 18_456
    if (login.disabled) return 18_470
    if (login.locked) return 18_486
    return login.mustChange ? 18_488 : undefined
  }

  function run(text: string, { user, id }: StubSession): Answer {
    const change = /ALTER (?:LOGIN|USER) \[((?:[^\]]|\]\])+)\] WITH PASSWORD = N'((?:[^']|'')*)'/.exec(text)
    if (change) {
      if (!stub.admins.has(user)) return { error: 15_151 }
      const latest = /DATEADD\(millisecond, (\d+), CONVERT\(datetime2, N'([^']+)', 126\)\)/.exec(text)!
      if (Date.now() + stub.late > Date.parse(`${latest[2]}Z`) + Number(latest[1])) return { error: 50_713 }
      stub.logins.get(change[1]!.replaceAll(']]', ']'))!.password = change[2]!.replaceAll("''", "'")
      return []
    }
    const create = /^CREATE LOGIN \[(.+)\] WITH PASSWORD = N'(.+?)'/.exec(text)
    if (create) stub.logins.set(create[1]!, { password: create[2]! })
    const grant = /^GRANT ALTER ANY LOGIN TO \[(.+)\]/.exec(text)
    if (grant) stub.admins.add(grant[1]!)
    const name = /(?:\.name = |SUSER_SID\()N'((?:[^']|'')*)'/.exec(text)?.[1]?.replaceAll("''", "'")
    if (/FROM sys\.(sql_logins|database_principals) AS \w WHERE/.test(text) && !text.includes('dm_exec_sessions'))
      return facts(name!)
    if (text.includes('dm_exec_sessions')) return sessionRows(name!, id)
    if (text.includes('ORIGINAL_LOGIN() AS login') || text.includes('USER_NAME() AS login')) return [{ login: user }]
    if (text.includes(' AS asker')) return [{ asker: user, may: 1, sees: 1 }]
    const kill = /^KILL (\d+)$/.exec(text)
    if (kill === null) return []
    if (!stub.sessions.has(Number(kill[1]))) return { error: 6106 }
    stub.sessions.get(Number(kill[1]))!.socket.destroy()
    stub.sessions.delete(Number(kill[1]))
    return []
  }

  function facts(name: string): readonly Row[] {
    const login = stub.logins.get(name)
    if (login === undefined) return []
    return [
      {
        name,
        disabled: login.disabled ? 1 : 0,
        locked: login.locked ? 1 : 0,
        must_change: login.mustChange ? 1 : 0,
        expires: login.expires ? 1 : 0,
        policy: login.noPolicy ? 0 : 1,
        privileged: login.privileged ? 1 : 0,
        server_time: new Date().toISOString().replace('Z', '0000'),
      },
    ]
  }

  function sessionRows(name: string, asking: number): readonly Row[] {
    const rows = [...stub.sessions.values()]
      .filter(({ user, id }) => user === name && id !== asking)
      .map(({ id, since }) => ({ sees: 1, id, age: Date.now() - since + 0.5, idle: 1 }))
    return rows.length > 0 ? rows : [{ sees: 1, id: null, age: null, idle: 0 }]
  }

  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  return Object.assign(stub, { port: (server.address() as AddressInfo).port })
}

/** Calls with each whole message. */
function reader(onMessage: (type: number, body: Buffer) => void): (data: Buffer) => void {
  let buffered = Buffer.alloc(0)
  let parts: Buffer[] = []
  return data => {
    buffered = Buffer.concat([buffered, data])
    while (buffered.length >= 8 && buffered.length >= buffered.readUInt16BE(2)) {
      const length = buffered.readUInt16BE(2)
      const [type, last] = [buffered[0]!, buffered[1]! & 1]
      parts.push(buffered.subarray(8, length))
      buffered = buffered.subarray(length)
      if (!last) continue
      const body = Buffer.concat(parts)
      parts = []
      onMessage(type, body)
    }
  }
}

interface Handshake {
  wrapped(data: Buffer): void
  encrypted(data: Buffer): void
  finished(): boolean
}

/** TLS 1.2 whose handshake travels in packets of their own type; what follows it is plain TLS. */
function startHandshake(
  socket: net.Socket,
  { cert, key }: { readonly cert: Buffer; readonly key: Buffer },
  onMessage: (type: number, body: Buffer, answer: (message: Buffer) => void) => void,
): Handshake {
  let over = false
  const carrier = new Duplex({
    read() {},
    write(chunk: Buffer, _, written) {
      socket.write(over ? chunk : packets(chunk, 0x12))
      written()
    },
  })
  const secured = new tls.TLSSocket(carrier as net.Socket, { isServer: true, cert, key, maxVersion: 'TLSv1.2' })
  secured.on('error', () => socket.destroy())
  secured.on('secure', () => setImmediate(() => (over = true)))
  const feed = reader((type, body) => onMessage(type, body, message => void secured.write(packets(message))))
  secured.on('data', feed)
  return {
    wrapped: data => void carrier.push(data),
    encrypted: data => void carrier.push(data),
    finished: () => over,
  }
}
