/**
 * Whether a server offers TLS, asked without a login. PostgreSQL answers an SSLRequest with one byte; MySQL and MariaDB say it in the
 * greeting with which they begin. A server of MongoDB says nothing.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 * @module
 */
import net from 'node:net'
import { RotationError } from '../../core/errors.ts'
import type { TargetCall } from '../../core/ports/rotation-target.ts'
import type { EngineName } from './engines.ts'

const PATIENCE_MS = 5000

export interface Server {
  readonly host: string
  readonly port: number
}

interface Question {
  /** What is sent when the connection is there; nothing: the server speaks first. */
  readonly ask?: Buffer
  /** Of all that has come so far. `incomplete`: wait for more. Undefined: no answer that is understood. */
  readonly answer: (received: Buffer) => boolean | 'incomplete' | undefined
}

/** No answer, or another one than yes and no: `target-unreachable`. Only a plain no is a no. */
export async function offersTls(
  { host, port }: Server,
  engine: Exclude<EngineName, 'mongodb'>,
  call: TargetCall,
  now: number,
): Promise<boolean> {
  const patience = Math.min(PATIENCE_MS, call.deadline - now)
  if (patience <= 0) throw new RotationError('no-time', 'No time is left to ask the server for TLS.')
  const question = engine === 'postgres' ? sslRequest : greeting
  const answer = await answerOf(net.connect({ host, port, signal: call.signal }), question, patience)
  if (answer !== undefined) return answer
  throw new RotationError('target-unreachable', 'The server did not say whether it offers TLS.')
}

const sslRequest: Question = {
  // length 8, then 1234 and 5679
  ask: Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
  answer: received => ({ S: true, N: false })[received.toString('latin1', 0, 1)],
}

const CLIENT_SSL = 0x0800

/** Length and number, version 10, the server's version up to NUL, 13 bytes, then what it is capable of. */
const greeting: Question = {
  answer(received) {
    if (received.length < 5) return 'incomplete'
    if (received[4] !== 10) return undefined
    const capabilities = received.indexOf(0, 5) + 14
    if (capabilities < 14 || received.length < capabilities + 2) return 'incomplete'
    return (received.readUInt16LE(capabilities) & CLIENT_SSL) !== 0
  },
}

/** More than any greeting. */
const MOST = 1024

function answerOf(socket: net.Socket, { ask, answer }: Question, patience: number): Promise<boolean | undefined> {
  return new Promise(resolve => {
    const end = (found?: boolean) => {
      socket.destroy()
      resolve(found)
    }
    let received = Buffer.alloc(0)
    socket.setTimeout(patience, () => end())
    socket.once('error', () => end()).once('close', () => end())
    if (ask !== undefined) socket.once('connect', () => socket.write(ask))
    socket.on('data', data => {
      received = Buffer.concat([received, data])
      const found = answer(received)
      if (found !== 'incomplete') end(found)
      else if (received.length > MOST) end()
    })
  })
}
