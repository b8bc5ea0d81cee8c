/**
 * The zips as `npm run package` leaves them, and each of them unpacked outside the project, where nothing of its packages can be
 * found: what runs there is what would run on the platform. They are made once for all files of tests, as long as no source changes.
 * @module
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { madeOnce } from '../stand/once.ts'
import { standRoot } from '../stand/stand.ts'
import { configs } from './configs.ts'
import { unzip } from './unzip.ts'

const root = path.resolve(import.meta.dirname, '../..')
const DAY = 86_400_000
const SOURCES = ['core', 'aws', 'gcp', 'azure', 'functions', 'scripts', 'infra']
const FILES = ['serverless.yml', 'package-lock.json', 'test/infra/configs.ts']

export const zips = ['aws/rotate', 'aws/sweep', 'aws/on-event', 'aws/worker', 'gcp/function', 'azure/function'] as const
export type Zip = (typeof zips)[number]

/** The folder of `aws/`, `gcp/` and `azure/`. */
export async function artefacts(): Promise<string> {
  const place = path.join(standRoot(), 'artefacts')
  const folder = path.join(place, hashOfSources())
  return madeOnce(folder, async making => {
    for (const left of globSync(path.join(place, '*')))
      if (Date.now() - statSync(left).mtimeMs > DAY) rmSync(left, { recursive: true, force: true })
    await packageInto(making)
  })
}

/** Runs `npm run package` in a folder of its own, and copies what it leaves. Answers how long the run took, in milliseconds. */
export async function packageInto(target: string): Promise<number> {
  // the framework compares paths, and the temporary folder of macOS is a link
  const service = realpathSync(mkdtempSync(path.join(tmpdir(), 'lockstep-artefacts-')))
  try {
    cpSync(path.join(root, 'serverless.yml'), path.join(service, 'serverless.yml'))
    for (const cloud of ['aws', 'gcp', 'azure'] as const) {
      cpSync(path.join(root, cloud, 'service.yml'), path.join(service, cloud, 'service.yml'))
      writeFileSync(path.join(service, cloud, 'lockstep.yml'), configs[cloud])
    }
    symlinkSync(path.join(root, 'infra'), path.join(service, 'infra'), 'junction')
    const began = performance.now()
    const child = spawn(process.execPath, [path.join(root, 'scripts/package.ts'), '--stage', 'prod'], {
      cwd: service,
      env: { PATH: process.env.PATH, HOME: service, NO_COLOR: '1', AWS_EC2_METADATA_DISABLED: 'true' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = new Promise<number | null>(done => child.once('exit', done))
    const [said, code] = await Promise.all([text(child.stderr), ended])
    if (code !== 0) throw new Error(`npm run package ended with ${code}:\n${said.slice(-2000)}`)
    const ms = performance.now() - began
    cpSync(path.join(service, 'dist'), target, { recursive: true })
    return ms
  } finally {
    rmSync(service, { recursive: true, force: true })
  }
}

/** A fresh folder with what is in the zip, and nothing else; whoever asks removes it. `config` in place of the zip's lockstep.yml. */
export async function unpacked(zip: Zip, config?: string): Promise<string> {
  const folder = unpackedFrom(await artefacts(), zip)
  if (config !== undefined) writeFileSync(path.join(folder, 'lockstep.yml'), config)
  return folder
}

/** The same of the zips in that folder. */
export function unpackedFrom(made: string, zip: Zip): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), `lockstep-${zip.replace('/', '-')}-`)))
  for (const { name, content } of unzip(readFileSync(path.join(made, `${zip}.zip`)))) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return folder
}

function hashOfSources(): string {
  const hash = createHash('sha256').update(process.version)
  const names = SOURCES.flatMap(folder => globSync(`${folder}/**/*`, { cwd: root })).filter(name =>
    statSync(path.join(root, name)).isFile(),
  )
  for (const name of [...names.toSorted(), ...FILES])
    hash.update(`\n${name}\n`).update(readFileSync(path.join(root, name)))
  return hash.digest('hex').slice(0, 16)
}
