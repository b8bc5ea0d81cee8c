/** What the tests of the demo on Google Cloud and Azure share: a run as another program makes it, and stages of their own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { members } from '../../demo/cloud/play.ts'
import type { Site } from '../../demo/cloud/site.ts'
import { type CloudOptions, CloudStage } from '../../demo/cloud/stage.ts'
import type { Played, Shown } from '../../demo/cloud/verdict.ts'
import type { SkippingClock } from '../torture/ask.ts'

const root = path.resolve(import.meta.dirname, '../..')

export interface Ran {
  readonly out: string
  readonly err: string
  readonly code: unknown
}

export async function runDemo(...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    path.join(root, 'demo/main.ts'),
    ...args,
  ])
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out, err, code }
}

/** Closed after the test. */
export async function stageOf<S extends Site>(
  open: (clock: SkippingClock) => Promise<S>,
  skip: (why: string) => never,
  more: Partial<CloudOptions> = {},
): Promise<CloudStage<S>> {
  const stage = await CloudStage.open(open, { lag: 0, members, ...more })
  if (!stage) return skip('no PostgreSQL on this machine')
  onTestFinished(() => stage.close())
  return stage
}

/** Each change of what was shown breaks one promise. */
export const changes: Readonly<Record<string, (played: Played) => object>> = {
  'clients that did nothing': ({ strategies: [one, ...more] }) => ({ strategies: [{ ...one, queries: 0 }, ...more] }),
  'a client locked out for good': ({ strategies: [one, ...more] }) => ({
    strategies: [{ ...one, leftFailing: 1 }, ...more],
  }),
  'a gap of three seconds': ({ strategies: [one, ...more] }) => ({
    strategies: [{ ...one, name: 'single-user', longestGapMs: 3_000 }, ...more],
  }),
  'one failed query of alternating users': ({ strategies }) => ({
    strategies: [...strategies.slice(0, -1), { ...strategies.at(-1), failedQueries: 1 }],
  }),
  ...planted('killedWorker', [
    { failedQueries: 1 },
    { signal: 'null' },
    { newPasswordAtServer: false },
    { sameRotation: false },
    { sameValue: false },
  ]),
  ...planted('editMeanwhile', [
    { failedQueries: 1 },
    { outcome: 'not seen' },
    { rotatedSince: false },
    { currentLogin: 'refused' },
  ]),
  ...planted('editAtPublication', [{ failedQueries: 1 }, { versionLeft: false }, { currentLogin: 'refused' }]),
  'killed at another moment': ({ killedWorker }) => ({
    killedWorker: { ...killedWorker, publishedAtDeath: !killedWorker.publishedAtDeath },
  }),
  'an edit handled as on another store': ({ site, editAtPublication }) => ({
    editAtPublication: { ...editAtPublication, outcome: site === 'gcp latest' ? 'not seen' : 'reported' },
  }),
}

function planted(scene: 'killedWorker' | 'editMeanwhile' | 'editAtPublication', all: readonly object[]) {
  return Object.fromEntries(
    all.map(change => [
      `${scene} ${JSON.stringify(change)}`,
      (played: Played) => ({ [scene]: { ...played[scene], ...change } }),
    ]),
  )
}

export const shownIn = ({ out }: Ran): Shown => JSON.parse(out || '{}') as Shown
