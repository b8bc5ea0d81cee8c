/**
 * Saving: what is not saved, a restart undoes, and a password that was ended is valid again.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Context } from './options.ts'
import type { Command, Session } from './session.ts'

const ACL_SAVE: Command = ['ACL', 'SAVE']
const REWRITE: Command = ['CONFIG', 'REWRITE']
const NO_ACL_FILE = /not configured to use an ACL file/
const NO_CONFIG_FILE = /without a config file/

/** The command that saves users on a node; undefined where nothing can be saved and the configuration puts up with that. */
export type Saving = Command | undefined

/**
 * Saves the users as they are, and answers how: which of the two is right only the server knows, for with an ACL file
 * `CONFIG REWRITE` says OK and saves no user. Done once before a change, it proves that the change can be saved.
 */
export async function saveUsers(session: Session, { unsaved }: Context): Promise<Saving> {
  if ((await session.askUnless(NO_ACL_FILE, ACL_SAVE)) !== undefined) return ACL_SAVE
  if ((await session.askUnless(NO_CONFIG_FILE, REWRITE)) !== undefined) return REWRITE
  if (unsaved === true) return undefined
  throw unsaveable(session)
}

/** Saves settings, such as `masterauth`. */
export async function saveSettings(session: Session, { unsaved }: Context): Promise<void> {
  const saved = await session.askUnless(NO_CONFIG_FILE, REWRITE)
  if (saved === undefined && unsaved !== true) throw unsaveable(session)
}

const unsaveable = ({ endpoint }: Session): RotationError =>
  new RotationError('unsupported', 'The server runs without a configuration file: a restart would undo the change.', {
    at: endpoint.name,
    next: 'Start it with a configuration file or an `aclfile`; or set `unsaved: true` and put up with it.',
  })
