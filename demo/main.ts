/**
 * `npm run demo`: real rotations of real PostgreSQL passwords while twenty clients use them. `-- --cloud aws`: as a rotation
 * function of Secrets Manager, which is a fake. `-- --cloud gcp` or `azure`: with that cloud's store, a fake too, which consumers
 * are shown late (`--lag`, in milliseconds). `-- --regions`: one secret in four of them at once. `-- --json` for machines.
 * Exit codes: 0 every promise was kept, 1 one was broken or the demo could not run, 2 usage, 130 Ctrl-C.
 * @module
 */
import { parseArgs } from 'node:util'
import { LAG } from './cloud/timing.ts'
import type { Ended } from './ended.ts'

type Demo = (people: NodeJS.WriteStream, lag: number) => Promise<Ended | undefined>
const demos: Readonly<Record<string, () => Promise<Demo>>> = {
  local: async () => (await import('./local.ts')).local,
  aws: async () => (await import('./aws/demo.ts')).aws,
  gcp: async () => (await import('./gcp/demo.ts')).gcp,
  azure: async () => (await import('./azure/demo.ts')).azure,
}
const regions = async (): Promise<Demo> => (await import('./regions/demo.ts')).regions
const USAGE = `usage: demo [--cloud ${Object.keys(demos).join('|')}] [--lag MS] [--json]\n       demo --regions [--json]\n`

async function main(): Promise<number> {
  const options = asked()
  if (!options) {
    process.stderr.write(USAGE)
    return 2
  }
  // with --json, stdout is the object's alone
  const people = options.json ? process.stderr : process.stdout
  const demo = await options.load()
  const ended = await demo(people, options.lag)
  if (!ended) return 1
  if (options.json) process.stdout.write(`${JSON.stringify(ended.shown)}\n`)
  else people.write(`\n${ended.table}\n`)
  for (const words of ended.broken) process.stderr.write(`BROKEN PROMISE  ${words}\n`)
  return ended.broken.length === 0 ? 0 : 1
}

interface Asked {
  readonly load: () => Promise<Demo>
  readonly lag: number
  readonly json: boolean
}

function asked(): Asked | undefined {
  try {
    const { values } = parseArgs({
      options: {
        cloud: { type: 'string' },
        lag: { type: 'string' },
        regions: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    const { cloud = 'local', lag = String(LAG), json } = values
    if (values.regions) return (values.cloud ?? values.lag) ? undefined : { load: regions, lag: 0, json }
    const load = Object.entries(demos).find(([name]) => name === cloud)?.[1]
    return load && /^\d{1,5}$/.test(lag) ? { load, lag: Number(lag), json } : undefined
  } catch {
    return undefined
  }
}

process.exitCode = await main()
