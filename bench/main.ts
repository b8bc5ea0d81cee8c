/**
 * `npm run bench`: counts, and ratios in one run. `-- client`, `local`, `followers`, `drift`, `aws`, `gcp` or `azure`, also after
 * `--cloud`: only those. `-- --json` for machines.
 * `-- artefacts`, the zips that are shipped, and `-- fleet`, thousands of secrets due at once: minutes each, so only when asked for.
 * `-- downtime`: what consumers feel of rotations, in `downtime/`.
 * Exit codes: 0 every goal is met, 1 one is missed, 2 usage.
 * @module
 */
import { parseArgs } from 'node:util'
import { artefacts } from './artefacts.ts'
import { aws } from './aws/all.ts'
import { azure } from './azure/all.ts'
import { client } from './client.ts'
import { downtime } from './downtime/main.ts'
import { drift } from './drift.ts'
import { fleet } from './fleet.ts'
import { followers } from './followers.ts'
import { gcp } from './gcp/all.ts'
import { local } from './local.ts'
import { asTable, type Result } from './result.ts'

/** Below the table, by what rows begin with. */
const legends: Readonly<Record<string, string>> = {
  aws: "aws (fake): Secrets Manager is our fake, and its times say nothing of AWS; the SDK, the function's bundle and PostgreSQL are real.",
  gcp: "gcp (fake): Secret Manager is our fake, and its times say nothing of Google Cloud; Google's client and PostgreSQL are real.",
  azure:
    "azure (fake): Key Vault and Blob storage are our fakes, and their times say nothing of Azure; Microsoft's clients and PostgreSQL are real.",
}
const LEAST =
  "More calls than the least: where nothing fences, a look reads the record again; the admin's secret is read as any secret is, with its record and dates."

const parts: Readonly<Record<string, () => Promise<Result[]>>> = { local, client, followers, drift, aws, gcp, azure }
const long: typeof parts = { artefacts, fleet }

async function main(): Promise<number> {
  const options = asked()
  if (!options) {
    process.stderr.write(`usage: bench [${Object.keys({ ...parts, ...long }).join('|')}|downtime] [--json]\n`)
    return 2
  }
  const results: Result[] = []
  for (const measure of options.parts) results.push(...(await measure()))
  process.stdout.write(`${options.json ? JSON.stringify({ results }) : people(results)}\n`)
  return results.every(({ met }) => met) ? 0 : 1
}

function people(results: readonly Result[]): string {
  const has = (words: string) => results.some(({ name }) => name.includes(words))
  const below = Object.entries(legends).filter(([cloud]) => results.some(({ name }) => name.startsWith(cloud)))
  return [asTable(results), ...below.map(([, legend]) => legend), ...(has('the least that') ? [LEAST] : [])].join('\n')
}

function asked(): { readonly parts: readonly (() => Promise<Result[]>)[]; readonly json: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      options: { cloud: { type: 'string' }, json: { type: 'boolean', default: false } },
      allowPositionals: true,
    })
    const { cloud, json } = values
    const asked = cloud === undefined ? positionals : [cloud, ...positionals]
    const chosen =
      asked.length === 0
        ? Object.entries(parts)
        : Object.entries({ ...parts, ...long }).filter(([name]) => asked.includes(name))
    return chosen.length === 0 ? undefined : { parts: chosen.map(([, measure]) => measure), json }
  } catch {
    return undefined
  }
}

const [part, ...args] = process.argv.slice(2)
process.exitCode = part === 'downtime' ? await downtime(args) : await main()
