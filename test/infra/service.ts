/**
 * The service in a folder of its own: what the framework leaves there is gone with it, and nobody else's run is disturbed.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'

export const root = resolve(import.meta.dirname, '../..')
export const clouds = ['aws', 'gcp', 'azure'] as const

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ServiceFolder {
  readonly path: string
  /** `serverless ARGS`, with these variables and none of the machine's but its PATH. */
  serverless(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>
  /** `npm run package -- ARGS` */
  packageAll(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>
}

/** `config`: its lockstep.yml. `edit`: the text of a file of the service, by its path, changed. */
export function serviceFolder({ config }: { config?: string } = {}): ServiceFolder {
  // the framework compares paths, and the temporary folder of macOS is a link
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-service-')))
  afterAll(() => rmSync(path, { recursive: true }))
  cpSync(join(root, 'serverless.yml'), join(path, 'serverless.yml'))
  for (const cloud of clouds) cpSync(join(root, cloud, 'service.yml'), join(path, cloud, 'service.yml'))
  symlinkSync(join(root, 'infra'), join(path, 'infra'), 'junction')
  if (config !== undefined) writeFileSync(join(path, 'lockstep.yml'), config)

  const node = async (script: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> => {
    const own = { PATH: process.env.PATH!, HOME: path, NO_COLOR: '1', AWS_EC2_METADATA_DISABLED: 'true' }
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: path,
      env: { ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<number | null>(done => child.once('exit', done))
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    return { code, stdout, stderr }
  }
  return {
    path,
    serverless: (args, env = {}) => node('node_modules/serverless/bin/serverless.js', args, env),
    packageAll: (args = [], env = {}) => node('scripts/package.ts', args, env),
  }
}
