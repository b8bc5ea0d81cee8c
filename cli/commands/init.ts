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
import type { Answer } from '../answer.ts'
import { paragraphs } from '../render/block.ts'
import type { Run, Session } from '../session.ts'

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
  const attempt = (path: string, write: () => void) => {
    writing(path, write)
    made.push(relative(session.io.cwd, path))
  }
  if (!existsSync(file)) {
    attempt(file, () => writeFileSync(file, exampleConfig, { flag: 'wx' }))
    const ignore = join(dirname(file), '.gitignore')
    if (!ignoresKeys(ignore)) attempt(ignore, () => appendFileSync(ignore, `${missingNewline(ignore)}${IGNORED}\n`))
  }
  const { createKeyFile } = await import('../../local/index.ts')
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
    text: paragraphs(
      made.map(path => `${green('✔')} ${path}`).join('\n'),
      `Now say in ${shown} what to rotate, and keep a copy of the keys where backups of the store are not.`,
    ),
    next: 'check',
  }
}

function writing(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (error instanceof RotationError) throw error
    throw new RotationError('store-unavailable', `${path} cannot be written.`, {
      at: path,
      foreign: (error as { code?: string }).code,
      next: 'Make the folder writable, then run `lockstep init` again.',
    })
  }
}

/** Key files that are not there. One whose store is: a new key could not read it, so that is an error. */
function missingKeys({ stores, fingerprintKey }: Config): string[] {
  const missing = (key: KeySource | undefined): key is { readonly file: string } =>
    key !== undefined && 'file' in key && !existsSync(key.file)
  const local = [...stores.values()].filter(store => store.kind === 'local')
  for (const { file, key } of local)
    if (missing(key) && existsSync(file))
      throw new RotationError('key-missing', `The key file ${key.file} of the store ${file} does not exist.`, {
        at: key.file,
        next: 'Restore the key from its backup: a new one cannot read this store.',
      })
  const keys = [...local.map(({ key }) => key), fingerprintKey].filter(missing)
  return [...new Set(keys.map(({ file }) => file))]
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

const ignoresKeys = (file: string): boolean =>
  textOf(file)
    .split(/\r?\n/)
    .some(line => /^\/?\.lockstep\/?$/.test(line.trim()))

const missingNewline = (file: string): string => (/[^\n]$/.test(textOf(file)) ? '\n' : '')
