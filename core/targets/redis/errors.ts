/**
 * One mapping of everything that `@redis/client`, sockets and TLS throw to Lockstep's codes. A server's answer begins with a word
 * in capitals, its code; the rest may echo what was sent, so it is looked at, where one code stands for several things, and dropped.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { byTransport, foreign, type Outcome, type Phase, type Where } from '../common/transport.ts'

export type { Phase } from '../common/transport.ts'

/** What the server answered, if it did. For decisions only: never kept. */
export function answerText(error: unknown): string {
  const { message } = foreign(error)
  return /^[A-Z][A-Z]+ /.test(message) ? message : ''
}

/** Any thrown thing as a RotationError of the right code. */
export function mapError(error: unknown, phase: Phase, where: Where): RotationError {
  if (isRotationError(error)) return error
  const answer = answerText(error)
  const code = answer === '' ? foreign(error).code : answer.slice(0, answer.indexOf(' '))
  const [mapped, text] = answer === '' ? byTransport(code, phase) : byAnswer(code!, answer, phase)
  return new RotationError(mapped, text, { at: where.at, ...(code === undefined ? {} : { foreign: code }) })
}

function byAnswer(code: string, answer: string, phase: Phase): Outcome {
  const anywhere = ofServer(code, answer)
  if (anywhere !== undefined) return anywhere
  if (phase === 'login') return atLogin(code)
  if (phase === 'probe') return ['probe-failed', 'A probe command failed.']
  if (code === 'NOPERM') return ['permission-missing', 'The server denied the command to the login that ran it.']
  if (code === 'NOAUTH') return ['permission-missing', 'The server wants a login before it answers.']
  if (CANNOT_WRITE.test(answer)) return ['unsupported', 'The server could not write its file of users or settings.']
  // CONFIG SET refuses a password that is too long; whatever else it says, nothing was set
  if (phase === 'change' && /^ERR CONFIG SET failed/.test(answer))
    return ['value-rejected', 'The server refused the new password.']
  return ['unsupported', 'The server does not know or does not allow a command that the rotation needs.']
}

const CANNOT_WRITE = /^ERR (There was an error trying to save|Rewriting config file)/

/** The state of the server, whatever was asked. */
function ofServer(code: string, answer: string): Outcome | undefined {
  if (code === 'LOADING') return ['target-busy', 'The server is starting: it loads its data.']
  if (code === 'MASTERDOWN')
    return ['target-busy', 'The replica has lost its primary and answers nothing until it is back.']
  if (code === 'CLUSTERDOWN') return ['target-busy', 'The cluster is down: slots are without a node.']
  if (code === 'READONLY')
    return ['target-busy', 'The server is a replica: a fail-over is under way, or the role is wrong.']
  if (/^(MISCONF|OOM|BUSY|TRYAGAIN|NOREPLICAS|UNBLOCKED)$/.test(code))
    return ['target-busy', 'The server takes no writes now, or is busy with a script.']
  if (/^ERR max number of clients/.test(answer)) return ['target-busy', 'The server has no free connection.']
  return undefined
}

function atLogin(code: string): Outcome {
  if (code === 'WRONGPASS') return ['auth-failed', 'The server refused the login.']
  if (code === 'DENIED')
    return ['login-locked', 'The server is in protected mode: it lets nobody in from another machine.']
  return ['unsupported', 'The server does not log users in by name: Redis 6, Valkey or later is needed.']
}
