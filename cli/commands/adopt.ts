/**
 * `lockstep adopt`: what is in a cloud today, as a `lockstep.yml`. Reads only; nothing rotates. What AWS rotates is recognised here.
 * @module
 */
import { relative } from 'node:path'
import { type Command, Option } from 'commander'
import type { Connection, Listed } from '../../aws/inventory.ts'
import { RotationError } from '../../core/errors.ts'
import { adoptCloud, type CloudOptions } from '../adopt/cloud.ts'
import { type Adoptable, configText } from '../adopt/config-text.ts'
import { decide, type Seen, worthReading } from '../adopt/decide.ts'
import { outFile, write } from '../adopt/file.ts'
import { configName } from '../adopt/name.ts'
import { settle } from '../adopt/settle.ts'
import type { Answer } from '../answer.ts'
import { adoptionData, adoptionText } from '../render/adoption.ts'
import type { Run, Session } from '../session.ts'

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
    .summary('write lockstep.yml for the secrets of a cloud')
    .description(
      'Lists the secrets of a cloud, says which of them Lockstep can take over, and writes a lockstep.yml for those. Changes nothing there, and nothing rotates: it only lists, and reads values if told to. At AWS it takes what Secrets Manager rotates; at Google Cloud and Azure, what has a schedule, an alias or an expiry, and with --read-values every login of PostgreSQL.',
    )
    .addOption(
      new Option('--from <cloud>', 'where the secrets are').choices(['aws', 'gcp', 'azure']).makeOptionMandatory(),
    )
    .option('--region <region>', 'aws: default AWS_REGION, or that of the profile (AWS_PROFILE)')
    .option('--project <id>', 'gcp: default GOOGLE_CLOUD_PROJECT')
    .option('--location <name>', 'gcp: of regional secrets')
    .option('--vault <url>', 'azure: https://NAME.vault.azure.net')
    .option('--journal <url>', 'azure: where the journal will be, https://ACCOUNT.blob.core.windows.net/CONTAINER')
    .option('--endpoint <address>', 'another address of the service: a private one, an emulator')
    .option('--prefix <text>', 'only secrets whose name begins so')
    .option('--read-by <how>', 'what consumers read. gcp: latest, or an alias. azure: latest, or reference')
    .option('--read-values', 'look into each value for host and login (needs the permission to read it)')
    .option('--out <file>', 'default: lockstep.yml; - or stdout prints it')
    .option('--force', 'replace the file if it is there')
    .addHelpText(
      'after',
      `
Examples:
  lockstep adopt --from aws --region eu-central-1
  lockstep adopt --from aws --prefix prod/ --read-values
  lockstep adopt --from gcp --project my-project --read-values --read-by current
  lockstep adopt --from azure --vault https://my-kv.vault.azure.net --read-by reference --out stdout

Needs secretsmanager:ListSecrets, secretmanager.secrets.list, or list on the vault's secrets; with --read-values also the
permission to read a value. Passwords are never written. What only you can know is asked at a terminal, or marked FILL IN.`,
    )
    .action((options: AdoptOptions | CloudOptions) =>
      run(session => (options.from === 'aws' ? adopt(session, options) : adoptCloud(session, options))),
    )
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

function nextOf({ secrets, out }: { secrets: ReadonlyMap<string, Adoptable>; out: string | undefined }) {
  if (secrets.size === 0 || out === undefined) return undefined
  const open = [...secrets.values()].some(({ missing }) => missing.length > 0)
  return open ? 'check' : 'check --connect'
}
