/**
 * `lockstep adopt --from gcp|azure`: looks, decides, writes. Nothing is changed in the cloud.
 * @module
 */
import { relative } from 'node:path'
import { RotationError } from '../../core/errors.ts'
import type { Answer } from '../answer.ts'
import { cloudAdoptionData, cloudAdoptionText } from '../render/cloud-adoption.ts'
import type { Session } from '../session.ts'
import { type Ask, asker } from './ask.ts'
import { azureCandidates, requireVault } from './azure.ts'
import { type Becoming, becoming, type Candidate } from './candidate.ts'
import { type CloudSource, cloudText } from './cloud-text.ts'
import { outFile, write } from './file.ts'
import { fitting } from './fits.ts'
import { gcpCandidates, requireProject } from './gcp.ts'
import { configName } from './name.ts'

export interface CloudOptions {
  readonly from: 'gcp' | 'azure'
  readonly project?: string
  readonly location?: string
  readonly vault?: string
  readonly journal?: string
  readonly endpoint?: string
  readonly prefix?: string
  readonly readBy?: string
  readonly readValues?: boolean
  readonly out?: string
  readonly force?: boolean
}

export async function adoptCloud(session: Session, options: CloudOptions): Promise<Answer> {
  const source = sourceOf(session, options)
  const out = outFile(session, options)
  const { ask, close } = asker(session)
  try {
    // A question and a spinner do not go together.
    const look = (report: (label: string) => void) => candidatesOf(session, source, options, ask, report)
    const candidates = ask ? await look(() => {}) : await session.working('listing secrets', look)
    return answer(
      session,
      source,
      options,
      candidates.map(candidate => fitting(becoming(candidate), source)),
      out,
    )
  } finally {
    await close()
  }
}

function sourceOf({ io }: Session, options: CloudOptions): CloudSource {
  const { from, location, endpoint, vault, journal, readBy } = options
  if (from === 'azure' && readBy !== undefined && readBy !== 'latest' && readBy !== 'reference')
    throw new RotationError('usage', '`--read-by` is latest or reference, at Azure.')
  if (from === 'azure') return { from, vault: requireVault(vault).replace(/\/$/, ''), journal, endpoint }
  const project = requireProject(options.project ?? io.env.GOOGLE_CLOUD_PROJECT)
  return { from, project, location, endpoint }
}

function candidatesOf(
  session: Session,
  source: CloudSource,
  { prefix, readBy, readValues = false }: CloudOptions,
  ask: Ask | undefined,
  report: (label: string) => void,
): Promise<readonly Candidate[]> {
  const how = { prefix, readBy, readValues }
  return source.from === 'gcp'
    ? gcpCandidates(session, { ...source, ...how }, ask, report)
    : azureCandidates(session, { ...source, ...how }, ask, report)
}

function answer(
  session: Session,
  source: CloudSource,
  { readValues = false, force = false }: CloudOptions,
  all: readonly Becoming[],
  out: string | undefined,
): Answer {
  const secrets = new Map<string, Becoming>()
  for (const one of all) if (one.becomes === 'single-user') secrets.set(configName(one.candidate.name, secrets), one)
  const on = new Date(session.io.clock.now()).toISOString().slice(0, 10)
  const text = cloudText(secrets, source, on)
  if (out && secrets.size > 0) write(out, text, force)
  const shown = out && relative(session.io.cwd, out)
  const place = source.from === 'gcp' ? source.project : source.vault
  const told = { from: source.from, place, all, secrets, readValues, out: shown, text }
  const report = cloudAdoptionText(told, session.style)
  const prints = shown === undefined && secrets.size > 0
  if (prints) session.say(report)
  const open = [...secrets.values()].some(({ missing }) => missing.length > 0)
  const next = secrets.size === 0 || shown === undefined ? undefined : open ? 'check' : 'check --connect'
  return { data: cloudAdoptionData(told), text: prints ? text.trimEnd() : report, next }
}
