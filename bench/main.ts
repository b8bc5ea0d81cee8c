/**
 * `npm run bench`: counts, and ratios in one run. `-- --json` for machines. Exit codes: 0 every goal is met, 1 one is missed.
 * @module
 */
import { Arena, strategies } from './arena.ts'
import { countLogins, countStoreCalls } from './counts.ts'
import { loading } from './loading.ts'
import { manySecrets } from './many-secrets.ts'
import { asTable, type Result } from './result.ts'
import { rotationTime, singleUserWindow } from './rotation-time.ts'

async function measure(): Promise<Result[]> {
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

const results = await measure()
const json = process.argv.includes('--json')
process.stdout.write(`${json ? JSON.stringify({ results }) : asTable(results)}\n`)
process.exitCode = results.every(({ met }) => met) ? 0 : 1
