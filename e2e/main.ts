/**
 * `npm run e2e -- --cloud aws|gcp|azure`: the promises, once, in an account of yours. Says first what it will make and what that
 * costs; makes nothing without --yes; takes everything away at the end.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Asked } from '../conformance/asked.ts'
import { sanitise } from '../core/errors.ts'
import { type Account, openAccount } from './account.ts'
import type { Step } from './run.ts'

const HELP = `npm run e2e -- --cloud CLOUD [options]

  --cloud aws    [--region R] [--endpoint URL]
  --cloud gcp    --project P [--location L] [--endpoint HOST:PORT]
  --cloud azure  --vault URL --journal URL/CONTAINER [--endpoint URL]
  --yes             do it: without this, only what would be done is said
  --conformance     then the contract of stores too, sentence by sentence: hundreds of secrets, one after the other
  --clean PREFIX    only take away what a run left whose prefix was PREFIX
  --help
`
const COSTS: Readonly<Record<Asked['store'], string>> = {
  aws: 'Two secrets for a minute or two, and fewer than 200 calls: less than one US cent by the list prices. Deletion is forced, at once.',
  gcp: 'Up to four secrets with a few versions for a minute or two, and fewer than 200 calls: less than one US cent by the list prices.',
  azure:
    'Up to four secrets and a few blobs for a minute or two, and fewer than 300 calls: less than one US cent by the list prices. A vault that forbids purging keeps the deleted names until its retention ends.',
}
const PREFIX = /^lockstep-e2e-[0-9a-f]{6}-$/
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const refuse = (line: string): 2 => {
  process.stderr.write(`${line}\n\n${HELP}`)
  return 2
}

async function run(): Promise<number> {
  const values = valuesOf()
  if (typeof values === 'string') return refuse(values)
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const { cloud, clean } = values
  if (cloud !== 'aws' && cloud !== 'gcp' && cloud !== 'azure') return refuse('--cloud must be aws, gcp or azure.')
  if (clean !== undefined && !PREFIX.test(clean))
    return refuse(`--clean takes the prefix of a run, such as lockstep-e2e-0a1b2c-; nothing else is ever deleted.`)
  const asked = { ...values, store: cloud } as Asked
  const prefix = clean ?? `lockstep-e2e-${randomBytes(3).toString('hex')}-`
  say(`${clean ? 'Deletes' : 'Makes and deletes again'} secrets of ${placeOf(asked)} whose names begin with ${prefix}`)
  if (!clean) say(COSTS[cloud])
  if (!values.yes) return refuse('Nothing was done: say --yes.')
  return within(asked, prefix, clean !== undefined, values.conformance === true)
}

function valuesOf() {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const places = { endpoint: text, region: text, project: text, location: text, vault: text, journal: text }
  try {
    const options = { cloud: text, clean: text, yes: flag, conformance: flag, help: flag, ...places }
    return parseArgs({ options }).values
  } catch (error) {
    return (error as Error).message.split('\n', 1)[0]!
  }
}

const placeOf = ({ store, region, project, vault, endpoint }: Asked): string =>
  [store, region ?? project ?? vault, endpoint && `at ${endpoint}`].filter(Boolean).join(' ')

async function within(asked: Asked, prefix: string, cleaning: boolean, conformance: boolean): Promise<number> {
  const account = await letIn(asked, prefix)
  if (typeof account === 'string') {
    process.stderr.write(`${account}\n`)
    return NOT_LET_IN
  }
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  let kept = false
  try {
    kept = cleaning || (await exercised(account, prefix, stop.signal))
    if (kept && conformance && !cleaning) kept = await contract(asked)
  } finally {
    kept = (await takenAway(account, prefix, asked)) && kept
  }
  if (!cleaning) say(`${kept ? 'Kept' : 'Not kept'}, on ${await whereOf(asked)}.`)
  return kept ? 0 : 1
}

const NOT_LET_IN = 4

/** Loaded here: a command line that is wrong is refused at once. */
async function exercised(account: Account, prefix: string, signal: AbortSignal): Promise<boolean> {
  const { exercise } = await import('./run.ts')
  return exercise({ account, prefix, signal, done: print })
}

async function whereOf(asked: Asked): Promise<string> {
  if (asked.endpoint === undefined) return 'a real account'
  const { isHere } = await import('../conformance/asked.ts')
  return isHere(asked) ? 'a server of this machine' : 'a server that is named'
}

/** The account, or why it cannot be had. To list is the first thing that is asked of it. */
async function letIn(asked: Asked, prefix: string): Promise<Account | string> {
  try {
    const account = await openAccount(asked)
    await account.list(prefix)
    return account
  } catch (error) {
    const { name, code, message } = Object(error)
    const known = /^--/.test(message) ? message : `It said ${String(code ?? name)}.`
    return `${asked.store} does not let this process in, so nothing was made. ${known} Sign in, or see \`lockstep deploy-check --cloud ${asked.store}\`.`
  }
}

function print({ says, kept, detail }: Step): void {
  say(`${kept ? '✔' : '✖'} ${says}`)
  if (detail !== undefined) say(`    ${detail}`)
}

async function contract(asked: Asked): Promise<boolean> {
  const { askedSites } = await import('../conformance/asked.ts')
  const { reportText } = await import('../conformance/report.ts')
  const { runSite } = await import('../conformance/run.ts')
  const results = []
  for (const site of askedSites(asked)) {
    const opened = await site.open()
    if ('unavailable' in opened) throw new Error(opened.unavailable)
    results.push(await runSite(site, opened, () => {}))
    await opened.close()
  }
  say(reportText(results, []))
  return results.every(({ failures }) => failures.length === 0)
}

/** Looks again afterwards: what a service lists may be late, and what is left must be told. */
async function takenAway(account: Account, prefix: string, { store }: Asked): Promise<boolean> {
  try {
    for (const id of await account.list(prefix)) await account.remove(id)
    const left = await account.list(prefix)
    if (left.length === 0) {
      say(`✔ nothing is left whose name begins with ${prefix}`)
      return true
    }
    say(`✖ left: ${left.join(', ')}`)
  } catch (error) {
    say(`✖ could not clean up: ${String(Object(error).code ?? Object(error).name)}`)
  }
  say(`    Later: npm run e2e -- --cloud ${store} --clean ${prefix} --yes, with the options of this run.`)
  return false
}

process.exitCode = await run().catch(error => {
  process.stderr.write(`The run was given up: ${sanitise(error).message}\n`)
  return 1
})
