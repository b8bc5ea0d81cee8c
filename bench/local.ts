/**
 * What is measured on the local store.
 * @module
 */
import { Arena, strategies } from './arena.ts'
import { countLogins, countStoreCalls } from './counts.ts'
import { loading } from './loading.ts'
import { manySecrets } from './many-secrets.ts'
import type { Result } from './result.ts'
import { rotationTime, singleUserWindow } from './rotation-time.ts'

export async function local(): Promise<Result[]> {
  const results = await countLogins()
  const arena = await Arena.open()
  try {
    results.push(...(await countStoreCalls(arena)))
    for (const strategy of strategies) results.push(...(await rotationTime(arena, strategy)))
    results.push(...(await singleUserWindow(arena)))
  } finally {
    await arena.close()
  }
  return [...results, ...(await manySecrets()), ...loading()]
}
