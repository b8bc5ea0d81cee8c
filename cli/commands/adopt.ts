/**
 * `lockstep adopt --from aws`: what Secrets Manager rotates today, as a `lockstep.yml`. Reads only; nothing rotates.
 * @module
 */
import { existsSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { Connection, Listed } from '../../aws/inventory.ts'
import { RotationError } from '../../core/errors.ts'
import { type Adoptable, configText } from '../adopt/config-text.ts'
import { decide, type Seen, worthReading } from '../adopt/decide.ts'
import { configName } from '../adopt/name.ts'
import { settle } from '../adopt/settle.ts'
import type { Answer } from '../answer.ts'
import { adoptionData, adoptionText } from '../render/adoption.ts'
import type { Run, Session } from '../session.ts'

const STDOUT = ['-', 'stdout']

interface AdoptOptions {
  readonly from: 'aws'
  readonly region?: string
  readonly endpoint?: string
  readonly prefix?: string
  readonly out?: string
  readonly readValues?: boolean
  readonly force?: boolean
}

export function addAdopt(program: Command, run: Run): void {
  program
    .command('adopt')
    .summary('write lockstep.yml for what AWS rotates today')
    .description(
      'Lists the secrets that Secrets Manager rotates, by rotation function, says which Lockstep can take over, and writes a lockstep.yml for them. Changes nothing at AWS, and nothing rotates: it only lists, and reads values if told to.',
    )
    .addOption(new Option('--from <cloud>', 'where the secrets are').choices(['aws']).makeOptionMandatory())
    .option('--region <region>', 'default: AWS_REGION, or that of the profile (AWS_PROFILE)')
    .option('--endpoint <url>', 'another address of the service: a VPC endpoint, an emulator')
    .option('--prefix <text>', 'only secrets whose name begins so')
    .option('--read-values', 'look into each value for engine, host and login (needs GetSecretValue)')
    .option('--out <file>', 'default: lockstep.yml; - or stdout prints it')
    .option('--force', 'replace the file if it is there')
    .addHelpText(
      'after',
      `
Examples:
  lockstep adopt --from aws --region eu-central-1
  lockstep adopt --from aws --prefix prod/ --read-values
  AWS_PROFILE=audit lockstep adopt --from aws --out stdout

Needs secretsmanager:ListSecrets; with --read-values also secretsmanager:GetSecretValue. Passwords are never written.`,
    )
    .action((options: AdoptOptions) => run(session => adopt(session, options)))
}

async function adopt(session: Session, options: AdoptOptions): Promise<Answer> {
  const out = outFile(session, options)
  const { region, unrotated, seen } = await session.working('listing secrets', report => look(session, options, report))
  // The service lists by date; by name it reads better, and the same again.
  const decisions = settle(seen.toSorted((a, b) => (a.listed.name < b.listed.name ? -1 : 1)).map(decide))
  const secrets = new Map<string, Adoptable>()
  for (const decision of decisions)
    if (decision.becomes !== 'stays') secrets.set(configName(decision.listed.name, secrets), decision)
  const on = new Date(session.io.clock.now()).toISOString().slice(0, 10)
  const text = configText(secrets, { region, endpoint: options.endpoint, on })
  if (out && secrets.size > 0) write(out, text, options.force === true)
  const shown = out && relative(session.io.cwd, out)
  const told = { region, unrotated, decisions, secrets, readValues: options.readValues === true, out: shown, text }
  const report = adoptionText(told, session.style)
  const prints = shown === undefined && secrets.size > 0
  if (prints) session.say(report)
  return { data: adoptionData(told), text: prints ? text.trimEnd() : report, next: nextOf(told) }
}

/** Looked at first: nobody should wait for a list to be told that there is no place for it. Undefined: stdout. */
function outFile(session: Session, { out, force }: AdoptOptions): string | undefined {
  if (out !== undefined && STDOUT.includes(out)) return undefined
  const file = out === undefined ? session.configFile().file : resolve(session.io.cwd, out)
  if (existsSync(file) && !force)
    throw new RotationError('refused', `${relative(session.io.cwd, file) || file} exists, and is not replaced.`, {
      at: file,
      next: 'Give another file with --out, print it with --out stdout, or replace it with --force.',
    })
  return file
}

interface Found {
  readonly region: string
  /** How many secrets have no rotation. */
  readonly unrotated: number
  readonly seen: readonly Seen[]
}

async function look(
  { io }: Session,
  { region: asked, endpoint, prefix, readValues }: AdoptOptions,
  report: (label: string) => void,
): Promise<Found> {
  const { createClient } = await import('../../aws/client.ts')
  const { listSecrets, readConnection, regionOf } = await import('../../aws/inventory.ts')
  const client = await createClient({ region: asked, endpoint })
  try {
    const region = await regionOf(client, '--region')
    const seen: Seen[] = []
    let unrotated = 0
    for await (const listed of listSecrets(client, { prefix, region }, io.signal)) {
      report(`${seen.length + unrotated + 1} secrets listed`)
      if (!isRotated(listed)) unrotated++
      else if (readValues && worthReading(listed))
        seen.push({ listed, connection: await readable(() => readConnection(client, listed.arn, io.signal)) })
      else seen.push({ listed })
    }
    return { region, unrotated, seen }
  } finally {
    client.destroy()
  }
}

const isRotated = ({ enabled, function: rotator, owner, partner }: Listed): boolean =>
  enabled || rotator !== undefined || owner !== undefined || partner !== undefined

/** One secret that may not be read, or has just been deleted, does not hide the others. */
async function readable(read: () => Promise<Connection | undefined>): Promise<NonNullable<Seen['connection']>> {
  try {
    return (await read()) ?? 'unreadable'
  } catch (error) {
    if (!(error instanceof RotationError)) throw error
    if (error.code === 'access-denied') return 'denied'
    if (error.code === 'secret-not-found' || error.code === 'refused') return 'unreadable'
    throw error
  }
}

function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    throw new RotationError('store-unavailable', `${file} cannot be written.`, {
      at: file,
      foreign: (error as { code?: string }).code,
      next: 'Name another file with --out, or print it with --out stdout.',
    })
  }
}

function nextOf({ secrets, out }: { secrets: ReadonlyMap<string, Adoptable>; out: string | undefined }) {
  if (secrets.size === 0 || out === undefined) return undefined
  const open = [...secrets.values()].some(({ missing }) => missing.length > 0)
  return open ? 'check' : 'check --connect'
}
