/**
 * Google's functions-framework, as the platform runs it: one process a function, on 127.0.0.1.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { atFreePort, until } from './stand.ts'

const root = path.resolve(import.meta.dirname, '../..')
const main = path.join(root, 'node_modules/@google-cloud/functions-framework/build/src/main.js')

export interface Framework {
  readonly url: string
  /** All that the process has written. */
  output(): string
  /** Lines of JSON on stdout. */
  lines(): readonly Record<string, unknown>[]
  close(): Promise<void>
}

export interface FrameworkOptions {
  /** The bundle; the framework is put beside it, as a deployment has it. */
  readonly bundle: string
  /** The packages that the platform installs, by name: those alone can be found. Default: all that the project has. */
  readonly installed?: readonly string[]
  readonly target: string
  readonly env?: Readonly<Record<string, string>>
}

/** Waits until it serves. It ends before that: throws with what it has written. */
export function startFramework(options: FrameworkOptions): Promise<Framework> {
  besideIt(path.dirname(options.bundle), options.installed)
  return atFreePort(port => startAt(options, port))
}

async function startAt({ bundle, target, env = {} }: FrameworkOptions, port: number): Promise<Framework> {
  const child = spawn(process.execPath, [main, `--source=${bundle}`, `--target=${target}`, `--port=${port}`], {
    cwd: path.dirname(bundle),
    env: { PATH: process.env.PATH!, HOME: '/nonexistent', METADATA_SERVER_DETECTION: 'none', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', data => {
      output += String(data)
    })
  const gone = once(child, 'exit')
  await until(() => {
    if (!output.includes('Serving function') && child.exitCode === null)
      throw new Error('functions-framework does not serve')
  })
  if (child.exitCode !== null) throw new Error(`functions-framework does not serve:\n${output}`)
  return {
    url: `http://127.0.0.1:${port}/`,
    output: () => output,
    lines: () =>
      output
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line)),
    async close() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

function besideIt(folder: string, installed?: readonly string[]): void {
  const names = installed?.map(name => path.join('node_modules', name)) ?? ['node_modules']
  for (const name of names) link(name, folder)
}

function link(name: string, folder: string): void {
  const place = path.join(folder, name)
  mkdirSync(path.dirname(place), { recursive: true })
  try {
    symlinkSync(path.join(root, name), place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
