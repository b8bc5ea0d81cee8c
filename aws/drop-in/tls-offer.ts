/**
 * Whether a PostgreSQL server offers TLS, asked without a login: its answer to an SSLRequest is one byte.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
 * @module
 */
import net from 'node:net'
import { RotationError } from '../../core/errors.ts'
import type { TargetCall } from '../../core/ports/rotation-target.ts'

/** Length 8, then 1234 and 5679. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const PATIENCE_MS = 5000

export interface Server {
  readonly host: string
  readonly port: number
}

/** No answer, or another one than yes and no: `target-unreachable`. Only a plain no is a no. */
export async function offersTls({ host, port }: Server, call: TargetCall, now: number): Promise<boolean> {
  const patience = Math.min(PATIENCE_MS, call.deadline - now)
  if (patience <= 0) throw new RotationError('no-time', 'No time is left to ask the server for TLS.')
  const answer = await firstByte(net.connect({ host, port, signal: call.signal }), patience)
  if (answer === 'S') return true
  if (answer === 'N') return false
  throw new RotationError('target-unreachable', 'The server did not say whether it offers TLS.')
}

function firstByte(socket: net.Socket, patience: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const end = (answer?: string) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(patience, () => end())
    socket.once('error', () => end()).once('close', () => end())
    socket.once('connect', () => socket.write(SSL_REQUEST))
    socket.once('data', data => end(data.toString('latin1', 0, 1)))
  })
}
