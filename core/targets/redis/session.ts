/**
 * A session with one node, once it is open: commands with their errors mapped, and a goodbye. Commands that are sent without
 * waiting for each other travel together and are answered in their order.
 * @module
 */
import type { RotationError } from '../../errors.ts'
import { answerText, type Phase } from './errors.ts'
import type { Endpoint } from './options.ts'

export type Command = readonly string[]

export interface Session {
  readonly endpoint: Endpoint
  ask(command: Command): Promise<unknown>
  /** As `ask`, but undefined where the server's refusal matches. */
  askUnless(refusal: RegExp, command: Command): Promise<unknown>
  /** As `ask`, but an answer that does not come means `unknown-outcome`. */
  change(command: Command): Promise<void>
  /** Fails with `probe-failed`. */
  probe(command: Command): Promise<void>
  /** Does not wait. Repeat: nothing. */
  close(): void
}

export interface Sender {
  sendCommand(command: readonly string[]): Promise<unknown>
}

export function sessionOver(
  client: Sender,
  endpoint: Endpoint,
  failed: (error: unknown, phase: Phase) => RotationError,
  close: () => void,
): Session {
  const run = async (phase: Phase, command: Command, unless?: RegExp): Promise<unknown> => {
    try {
      return await client.sendCommand(command)
    } catch (error) {
      const answer = answerText(error)
      if (answer !== '' && unless?.test(answer) === true) return undefined
      throw failed(error, phase)
    }
  }
  return {
    endpoint,
    ask: command => run('statement', command),
    askUnless: (refusal, command) => run('statement', command, refusal),
    change: async command => void (await run('change', command)),
    probe: async command => void (await run('probe', command, elsewhere(endpoint))),
    close,
  }
}

/**
 * Refusals that come after the one for missing rights, and so prove the right: another node has the key, or a replica takes no
 * writes.
 */
const elsewhere = ({ role }: Endpoint): RegExp => (role === 'reader' ? /^(MOVED|ASK|READONLY) / : /^(MOVED|ASK) /)

/** Not allowed, or taken away by whoever runs the server. */
export const DENIED = /^NOPERM |^ERR unknown/

/** Answers of commands that travel together; the first failure, in their order, once all have ended. */
export async function together<T>(...answers: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(answers)
  const got: T[] = []
  for (const answer of answers) got.push(await answer)
  return got
}
