/**
 * One run: a secret of its own name, brought, copied, rotated and ended by the commands that a person types; after each, what a
 * consumer reads is asked of the cloud itself.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { main } from '../cli/main.ts'
import { systemClock } from '../core/ports/clock.ts'
import { createKeyFile } from '../local/index.ts'
import type { Account } from './account.ts'

const target = resolve(import.meta.dirname, 'target.mjs')

/** A sentence of what was seen, and whether it was as promised. */
export interface Step {
  readonly says: string
  readonly kept: boolean
  /** Of what was not: the exit code of the command, and its error. */
  readonly detail?: string
}

export interface Run {
  readonly account: Account
  readonly prefix: string
  readonly signal: AbortSignal
  done(step: Step): void
}

/** Stops at the first thing that is not kept: what comes after it would only say so again. */
export async function exercise({ account, prefix, signal, done }: Run): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-e2e-'))
  const first = randomBytes(24).toString('base64url')
  const [id, copy] = [`${prefix}orders`, `${prefix}orders-copy`]
  configure(folder, account, { id, copy, first })
  const lockstep = (line: string, input?: string) => command(folder, line.split(' '), signal, input)
  const seen: (string | undefined)[] = []
  const changed = async () => {
    seen.push(await account.read(id, 'current'))
    return seen.at(-1) !== undefined && seen.at(-1) !== seen.at(-2)
  }
  const value = JSON.stringify({ username: 'orders', password: first })
  const onePrevious = async () => (await account.read(id, 'previous')) === seen.at(-2)
  const steps: readonly (readonly [says: string, line: string, check: () => Promise<boolean>, input?: string])[] = [
    ['a secret is created, and consumers read it', 'secret put orders', changed, value],
    [
      'it is copied to a second secret',
      'replicate orders',
      async () => (await account.read(copy, 'current')) === seen[0],
    ],
    ['a rotation moves current to a new value', 'rotate orders --force', changed],
    ...(account.labels.includes('previous')
      ? [['previous is what current was', 'status orders', onePrevious] as const]
      : []),
    ['the copy has followed', 'replicate orders', async () => (await account.read(copy, 'current')) === seen.at(-1)],
    ['nothing drifts', 'drift orders --fail-on-drift', async () => true],
    ['a revocation ends the old one, rotates, and ends that too', 'rotate orders --revoke-now --reason e2e', changed],
    ['nothing is left to retire', 'retire orders', async () => true],
    ['the trail has every step', 'history orders', async () => true],
  ]
  try {
    for (const [says, line, check, input] of steps) {
      const ran = await lockstep(line, input)
      let unread = ''
      const failed = (error: unknown) => {
        unread = `; read back: ${String(Object(error).code ?? Object(error).name)}`
        return false
      }
      const kept = ran.code === 0 && (await check().catch(failed))
      done({ says, kept, ...(!kept && { detail: `lockstep ${line}: exit ${ran.code} ${ran.error}`.trim() + unread }) })
      if (!kept) return false
    }
    return true
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Names {
  readonly id: string
  readonly copy: string
  readonly first: string
}

/** Who leads is written down here; everything else is in the account. */
function configure(folder: string, { store }: Account, { id, copy, first }: Names): void {
  const keys = join(folder, 'keys')
  mkdirSync(keys, { mode: 0o700 })
  createKeyFile(join(keys, 'store.key'))
  const config = {
    version: 1,
    deployment: 'e2e',
    stores: { cloud: store, here: { kind: 'local', file: 'keys/here.db', key: { file: 'keys/store.key' } } },
    audit: [{ kind: 'file', file: 'audit.jsonl' }],
    epochs: { store: 'here' },
    secrets: {
      orders: {
        ...{ store: 'cloud', id, strategy: 'single-user', grace: '1m', acceptGap: ['copy'] },
        target: { kind: 'module', module: target, options: { name: id, first } },
        followers: [{ name: 'copy', store: 'cloud', id: copy }],
      },
    },
  }
  writeFileSync(join(folder, 'lockstep.yml'), JSON.stringify(config), { mode: 0o600 })
}

async function command(cwd: string, args: readonly string[], signal: AbortSignal, input = '') {
  let out = ''
  const stdout = { write: (text: string) => (out += text) }
  const stdin = Readable.from([Buffer.from(input)])
  const io = { stdout, stderr: { write: () => {} }, stdin, env: process.env, cwd, clock: systemClock, signal }
  const code = await main([...args, '--json'], io)
  const error = /"error": \{[\s\S]*?"message": "((?:[^"\\]|\\.)*)"/.exec(out)?.[1] ?? ''
  return { code, error }
}
