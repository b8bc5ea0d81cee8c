/**
 * `lockstep store rotate-key`: a new key for the file of a local store.
 * @module
 */
import type { Command } from 'commander'
import { RotationError } from '../../core/errors.ts'
import type { LocalStore } from '../../local/index.ts'
import type { Answer } from '../answer.ts'
import type { Run, Session } from '../session.ts'
import { placeOf } from '../stores.ts'

export function addStore(program: Command, run: Run): void {
  program
    .command('store')
    .summary('the key of a local store')
    .description('Care of a local store.')
    .command('rotate-key [store]')
    .summary('encrypt the store with a new key')
    .description(
      'Makes a new key, encrypts every value with it, and puts it in place of the old one. Interrupted: the store opens as before; run it again.',
    )
    .addHelpText('after', '\nExample:\n  lockstep store rotate-key')
    .action((store: string | undefined) => run(session => rotateKey(session, store)))
}

async function rotateKey(session: Session, named: string | undefined): Promise<Answer> {
  const { workspace, style } = session
  const { stores } = workspace.config
  const name = named ?? onlyStore([...stores].filter(([, { kind }]) => kind === 'local').map(([local]) => local))
  const config = stores.get(name)
  if (!config) throw new RotationError('usage', `No store is called ${name}.`)
  if (config.kind !== 'local')
    throw new RotationError(
      'unsupported',
      `${name} is no local store: ${placeOf(config)} encrypts with its own keys.`,
      {
        at: name,
        next: 'Choose its key where the store is: `aws secretsmanager update-secret --kms-key-id`.',
      },
    )
  const { key } = config
  if (!('file' in key))
    throw new RotationError(
      'unsupported',
      `The key of ${name} comes from the variable ${key.env}; only a key file can be replaced.`,
      {
        at: key.env,
        next: 'Move the key to a file (mode 0600), name it in lockstep.yml, and rotate it there.',
      },
    )
  const { rotateKeyFile } = await import('../../local/index.ts')
  const store = (await workspace.store(name)) as LocalStore
  const values = await session.working(`${name}: encrypting with a new key`, () =>
    rotateKeyFile(store, key.file, session.call),
  )
  return {
    data: { store: name, key: key.file, values },
    text: `${style.green('✔')} ${style.bold(name)} has a new key; ${values} values are encrypted with it. Back up ${key.file}; the old key is worth nothing but for old backups.`,
    next: 'status',
  }
}

function onlyStore(names: readonly string[]): string {
  if (names.length === 1) return names[0]!
  throw new RotationError('usage', `Which store? ${names.join(', ') || 'No local one is configured'}.`)
}
