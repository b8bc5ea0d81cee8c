/**
 * A process that answers each message with one.
 * @module
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

export interface Child<Asked, Answer> {
  ask(asked: Asked): Promise<Answer>
  end(): void
}

/** Its `{ error }` throws, and so does its end. */
export function startChild<Asked extends object, Answer extends object>(
  file: string,
  node: readonly string[] = [],
): Child<Asked, Answer> {
  const child = fork(path.join(import.meta.dirname, file), {
    execArgv: ['--disable-warning=ExperimentalWarning', ...node],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit').then(([code, signal]) => ({ error: `The process ended: ${signal ?? code}.` }))
  return {
    ask: async asked => {
      child.send(asked)
      const answer = await Promise.race([once(child, 'message').then(([message]) => message as Answer), gone])
      if ('error' in answer) throw new Error(String(answer.error))
      return answer as Answer
    },
    end: () => void child.kill(),
  }
}
