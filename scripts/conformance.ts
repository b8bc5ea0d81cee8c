/**
 * `npm run conformance`: the contract of stores, sentence by sentence, at every site that can be had here, or at one that is
 * named. `-- --help` says how.
 * @module
 */
import { parseArgs } from 'node:util'
import { type Asked, askedSites, isHere } from '../conformance/asked.ts'
import { azurite } from '../conformance/azurite.ts'
import { moto } from '../conformance/moto.ts'
import { reportText } from '../conformance/report.ts'
import { type Result, runSite, serverName } from '../conformance/run.ts'
import type { Site } from '../conformance/site.ts'
import { sitesHere } from '../conformance/sites-here.ts'

const HELP = `npm run conformance -- [options]

Without options: in memory, in a file, our fakes of the clouds, moto, and Azurite.

  --store NAME      only memory, local, aws, gcp or azure
  --json            one JSON object on stdout

At a server of yours, or in a real project (--yes), with the credentials that the SDK finds:

  --store aws    [--region R] [--endpoint URL]
  --store gcp    --project P [--location L] [--endpoint HOST:PORT]
  --store azure  --vault URL --journal URL/CONTAINER [--endpoint URL]
  --yes             it is no server on this machine: secrets named lockstep-conformance-… are created there, and deleted again
`

const { values: options } = parseArgs({
  options: {
    store: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
    yes: { type: 'boolean' },
    ...Object.fromEntries(
      ['endpoint', 'region', 'project', 'location', 'vault', 'journal'].map(name => [
        name,
        { type: 'string' as const },
      ]),
    ),
  },
})

const STORES = ['memory', 'local', 'aws', 'gcp', 'azure']

async function main(): Promise<number> {
  const refusal = refusalOf()
  if (refusal !== undefined) {
    process.stderr.write(`${refusal}\n\n${HELP}`)
    return 2
  }
  const results: Result[] = []
  const unavailable: { server: string; why: string }[] = []
  for (const site of sites()) {
    const opened = await site.open()
    if ('unavailable' in opened) unavailable.push({ server: serverName(site), why: opened.unavailable })
    else
      try {
        results.push(await runSite(site, opened, progress(site)))
      } finally {
        await opened.close()
      }
  }
  const rows = results.map(({ row }) => row)
  const failures = results.flatMap(each => each.failures)
  const text = options.json
    ? `${JSON.stringify({ rows, failures, unavailable }, null, 2)}\n`
    : reportText(results, unavailable)
  process.stdout.write(text)
  return failures.length > 0 || rows.length === 0 ? 1 : 0
}

const elsewhere = (): boolean => ['endpoint', 'region', 'project', 'vault'].some(name => name in options)

function refusalOf(): string | undefined {
  const { store, yes } = options
  if (store !== undefined && !STORES.includes(store)) return `--store ${store}: expected one of ${STORES.join(', ')}.`
  if (!elsewhere()) return undefined
  if (store !== 'aws' && store !== 'gcp' && store !== 'azure') return 'A server needs --store aws, gcp or azure.'
  if (isHere(asked()) || yes) return undefined
  return 'This is no server on this machine. Secrets would be created there and deleted again: say --yes.'
}

const asked = (): Asked => options as unknown as Asked

function sites(): readonly Site[] {
  if (elsewhere()) return askedSites(asked())
  return [...sitesHere, moto, azurite].filter(({ store }) => options.store === undefined || store === options.store)
}

/** On a terminal only: a report is no place for it. */
function progress(site: Site): (count: number, of: number) => void {
  if (!process.stderr.isTTY) return () => {}
  return (count, of) =>
    void process.stderr.write(`\r${site.store} at ${serverName(site)}: ${count}/${of}${count === of ? '\n' : ''}`)
}

if (options.help) process.stdout.write(HELP)
else process.exitCode = await main()
