/**
 * `npm run bench`: counts, and ratios in one run. `-- --cloud local` or `aws`: only those. `-- --json` for machines.
 * Exit codes: 0 every goal is met, 1 one is missed, 2 usage.
 * @module
 */
import { parseArgs } from 'node:util'
import { aws } from './aws/all.ts'
import { local } from './local.ts'
import { asTable, type Result } from './result.ts'

/** Below the table. */
const LEGEND =
  "aws (fake): Secrets Manager is our fake, and its times say nothing of AWS; the SDK, the function's bundle and PostgreSQL are real."

const parts: Readonly<Record<string, () => Promise<Result[]>>> = { local, aws }

async function main(): Promise<number> {
  const options = asked()
  if (!options) {
    process.stderr.write(`usage: bench [--cloud ${Object.keys(parts).join('|')}] [--json]\n`)
    return 2
  }
  const results: Result[] = []
  for (const measure of options.parts) results.push(...(await measure()))
  process.stdout.write(`${options.json ? JSON.stringify({ results }) : people(results)}\n`)
  return results.every(({ met }) => met) ? 0 : 1
}

const people = (results: readonly Result[]): string =>
  [asTable(results), ...(results.some(({ name }) => name.startsWith('aws')) ? [LEGEND] : [])].join('\n')

function asked(): { readonly parts: readonly (() => Promise<Result[]>)[]; readonly json: boolean } | undefined {
  try {
    const { cloud, json } = parseArgs({
      options: { cloud: { type: 'string' }, json: { type: 'boolean', default: false } },
    }).values
    const chosen = Object.entries(parts).filter(([name]) => cloud === undefined || cloud === name)
    return chosen.length === 0 ? undefined : { parts: chosen.map(([, measure]) => measure), json }
  } catch {
    return undefined
  }
}

process.exitCode = await main()
