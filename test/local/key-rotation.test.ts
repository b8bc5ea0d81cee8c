import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { integrityOf, killedAfter, killedWhen, sizeOf } from './processes.ts'
import { places, textOf, value } from './support.ts'

const place = places()

/** Each kill starts a process: on a busy machine that takes its time. */
const KILLS_MS = 300_000

it(
  'SIGKILL 30 times during key rotation: the store opens with the key files, and no value is lost',
  async () => {
    const here = place()
    const seeded = await here.open()
    for (let n = 0; n < 200; n++) await seeded.put(`s${n}`, value(`value ${n} ${'x'.repeat(3_000)}`), here.call())
    seeded.close()
    const next = `${here.keyFile}.next`
    /** Three moments: the answer has just come, the new key lies beside the old one, the log holds new values. */
    const moments = [() => true, () => existsSync(next), () => existsSync(next) && sizeOf(`${here.file}-wal`) > 100_000]
    let unfinished = 0
    for (let round = 0; round < 30; round++) {
      await killedWhen(here, ['rekey'], moments[round % 3]!)
      if (existsSync(next)) unfinished++
      const store = await here.open()
      for (const n of [0, 100, 199])
        expect(textOf(await store.get(`s${n}`, here.call()))?.split(' x')[0]).toBe(`value ${n}`)
      store.close()
    }
    expect(integrityOf(here.file)).toEqual(['ok'])
    expect(unfinished).toBeGreaterThan(10)
  },
  KILLS_MS,
)

it('a reader in another process follows a key rotation', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('kept'), here.call())
  await killedAfter(here, ['rekey'], 2)
  expect(textOf(await store.get('a', here.call()))).toBe('kept')
  await store.put('a', value('newer'), here.call())
  store.close()
  expect(textOf(await (await here.open()).get('a', here.call()))).toBe('newer')
})
