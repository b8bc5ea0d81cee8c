/**
 * `lockstep init`: a first configuration, and the keys that it names. Asks nothing, replaces nothing.
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Command } from 'commander'
import { exampleConfig } from '../../core/config/example.ts'
import type { Config, KeySource } from '../../core/config/types.ts'
import { RotationError } from '../../core/errors.ts'
import { createKeyFile } from '../../local/index.ts'
import type { Answer } from '../answer.ts'
import type { Run } from '../main.ts'
import { stacked } from '../render/block.ts'
import type { Session } from '../session.ts'

const IGNORED = '.lockstep/'

export function addInit(program: Command, run: Run): void {
  program
    .command('init')
    .summary('write a first lockstep.yml, and its keys')
    .description(
      'Writes a commented lockstep.yml, the keys that it names (readable by you only), and keeps them out of git. Replaces nothing: with a lockstep.yml that is there, only missing keys are made.',
    )
    .addHelpText('after', '\nExample:\n  lockstep init && $EDITOR lockstep.yml && lockstep check')
    .action(() => run(init))
}

async function init(session: Session): Promise<Answer> {
  const { file, shown } = session.configFile()
  const made: string[] = []
  const attempt = (path: string, make: () => void) => made.push(...attempted(session, path, make))
  if (!existsSync(file)) {
    attempt(shown, () => writeFileSync(file, exampleConfig, { flag: 'wx' }))
    ignoreKeys(join(dirname(file), '.gitignore'), path => attempt(path, () => {}), session)
  }
  for (const key of missingKeys(session.loadConfig()))
    attempt(key, () => {
      mkdirSync(dirname(key), { recursive: true, mode: 0o700 })
      createKeyFile(key)
    })
  if (made.length === 0)
    throw new RotationError('refused', `${shown} and its keys exist; nothing was replaced.`, {
      at: shown,
      next: 'Edit it, then run `lockstep check`.',
    })
  const { green } = session.style
  return {
    data: { made, config: shown },
    text: stacked(
      ...made.map(path => `${green('✔')} ${path}`),
      '',
      `Now say in ${shown} what to rotate, and keep a copy of the keys where backups of the store are not.`,
    ),
    next: 'check',
  }
}

function attempted({ io }: Session, path: string, make: () => void): string[] {
  try {
    make()
  } catch (error) {
    if (error instanceof RotationError) throw error
    const { code } = error as { code?: string }
    throw new RotationError('store-unavailable', `${path} cannot be written.`, {
      at: path,
      foreign: code,
      next: 'Make the folder writable, then run `lockstep init` again.',
    })
  }
  return [relative(io.cwd, join(path.startsWith('/') ? '' : io.cwd, path)) || path]
}

/** Key files that are not there. One whose store is: a new key could not read it, so that is an error. */
function missingKeys({ stores, fingerprintKey }: Config): string[] {
  const missing = (key: KeySource | undefined): key is { readonly file: string } =>
    key !== undefined && 'file' in key && !existsSync(key.file)
  for (const { file, key } of stores.values())
    if (missing(key) && existsSync(file))
      throw new RotationError('key-missing', `The key file ${key.file} of the store ${file} does not exist.`, {
        at: key.file,
        next: 'Restore the key from its backup: a new one cannot read this store.',
      })
  const keys = [...[...stores.values()].map(({ key }) => key), fingerprintKey].filter(missing)
  return [...new Set(keys.map(({ file }) => file))]
}

function ignoreKeys(file: string, report: (path: string) => void, session: Session): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (before.split(/\r?\n/).some(line => line.trim().replace(/^\//, '') === IGNORED || line.trim() === '.lockstep'))
    return
  attempted(session, file, () =>
    appendFileSync(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}${IGNORED}\n`),
  )
  report(file)
}
