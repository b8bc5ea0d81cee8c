/**
 * Questions at a terminal that nobody but a person can answer.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { Session } from '../session.ts'

/** Answers one of the choices; nothing typed: the first. */
export type Ask = (question: string, choices: readonly string[]) => Promise<string>

/** Without a terminal: undefined. `close` lets the process end. */
export function asker({ io, json }: Session): { readonly ask: Ask | undefined; close(): Promise<void> } {
  if (json || !io.stdin.isTTY) return { ask: undefined, close: async () => {} }
  const lines = linesOf(io.stdin)
  return {
    async ask(question, choices) {
      for (;;) {
        io.stderr.write(`${question}\n  [${choices.join(' / ')}] (${choices[0]}) `)
        const line = await lines.next()
        if (line.done) throw new RotationError('aborted', 'Nobody answers; nothing was written.')
        const answer = line.value.trim() || choices[0]!
        if (choices.includes(answer)) return answer
      }
    },
    close: async () => void (await lines.return?.(undefined)),
  }
}

async function* linesOf(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      yield rest.slice(0, end)
      rest = rest.slice(end + 1)
    }
  }
  if (rest !== '') yield rest
}
