/**
 * A process of its own on a store file, told by its arguments what to do until it is killed or done. Each line on stdout is
 * something that the store has acknowledged; it is written synchronously, so that SIGKILL cannot take it back.
 * @module
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isRotationError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { RotationId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { type LocalStore, openLocalStore, rotateKeyFile } from '../../local/index.ts'

const [folder = '', job = '', name = '', rounds = '0'] = process.argv.slice(2)
const keyFile = join(folder, 'key')

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal })
  },
}
const call = () => ({ signal: new AbortController().signal, deadline: Date.now() + 30_000, run: {} })
const acknowledge = (line: unknown) => writeSync(1, `${JSON.stringify(line)}\n`)

/** Values whose text says what they are, long enough for overflow pages. */
const longValue = (text: string) => SecretValue.of(`${text} ${'x'.repeat(5_000)}`)

const jobs: Record<string, (store: LocalStore) => Promise<void>> = {
  /** Edits one secret after the other. */
  async put(store) {
    for (let n = 0; ; n++) {
      const text = `${name} ${n}`
      const { version } = await store.put(`${name}/${n % 3}`, longValue(text), call())
      acknowledge([`${name}/${n % 3}`, version, text])
    }
  },

  /** Rotates one secret against whoever else does; a rotation's name follows from what it starts from, as in the engine. */
  async rotate(store) {
    for (let n = 0; n < Number(rounds); n++) {
      try {
        if (await rotateOnce(store, `${name} ${n}`)) acknowledge('moved')
      } catch (error) {
        if (!isRotationError(error, 'stale', 'discarded')) throw error
      }
    }
  },

  async rekey(store) {
    for (;;) acknowledge(await rotateKeyFile(store, keyFile, call()))
  },
}

/** Whether it was this process that moved the stages. */
async function rotateOnce(store: LocalStore, text: string): Promise<boolean> {
  const state = (await store.describe('shared', call()))!
  const base = state.current.version
  const rotation = `ls-${base}-${state.generation}` as RotationId
  await store.putPending('shared', { rotation, base, value: longValue(text) }, call())
  return !(await store.promote('shared', { rotation, base }, call())).already
}

const key = process.env.LOCKSTEP_TEST_KEY ? { variable: 'LOCKSTEP_TEST_KEY' } : { file: keyFile }
try {
  const store = await openLocalStore({ file: join(folder, 'store.db'), key, clock, create: job !== 'open' })
  await jobs[job]?.(store)
  store.close()
} catch (error) {
  if (!isRotationError(error)) throw error
  acknowledge({ failed: error })
  process.exitCode = 1
}
