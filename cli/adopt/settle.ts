/**
 * What no single secret shows: two that rotate one login, and whatever `lockstep check` would refuse. Pure.
 * @module
 */
import { loadConfig } from '../../core/config/load.ts'
import { isRotationError } from '../../core/errors.ts'
import { type Adoptable, configText, twins } from './config-text.ts'
import type { Decision } from './decide.ts'
import { configName } from './name.ts'

/** The same decisions, those that do not fit a valid file turned into `stays`. */
export function settle(decisions: readonly Decision[]): readonly Decision[] {
  const taken = new Map<string, string>()
  return decisions.map(decision => {
    if (decision.becomes === 'stays') return decision
    const { listed, template } = decision
    const reason = clashOf(decision, taken) ?? problemOf(decision)
    if (reason !== undefined) return { listed, template, becomes: 'stays', reason }
    for (const login of loginsOf(decision)) taken.set(login, listed.name)
    return decision
  })
}

function clashOf(decision: Adoptable, taken: ReadonlyMap<string, string>): string | undefined {
  const other = loginsOf(decision)
    .map(login => taken.get(login))
    .find(name => name !== undefined)
  return other === undefined ? undefined : `rotates a login that ${other} rotates too: one of them has to go`
}

/** At which server which login, as far as that is known. */
function loginsOf({ becomes, engine, connection: { host, port = engine.port, username } }: Adoptable): string[] {
  if (host === undefined || username === undefined) return []
  const logins = becomes === 'single-user' ? [username] : twins(username)
  return logins.map(login => `${host.toLowerCase()}\n${port}\n${login}`)
}

const FILLED = { host: 'db.example', username: 'app', masterarn: 'admin', dbname: 'db' }

/** As if everything that is open were filled in. */
function problemOf(decision: Adoptable): string | undefined {
  const filled = { ...decision, missing: [], connection: { ...FILLED, ...decision.connection } }
  const { region = '' } = /^arn:[^:]*:secretsmanager:(?<region>[^:]*):/.exec(decision.listed.arn)?.groups ?? {}
  const text = configText(new Map([[configName(decision.listed.name, new Set()), filled]]), { region, on: '' })
  try {
    loadConfig(text, { fileName: 'lockstep.yml' })
    return undefined
  } catch (error) {
    if (!isRotationError(error)) throw error
    return error.message
      .split('\n')
      .at(-1)!
      .replace(/^\s*lockstep\.yml:\d+:\d+ /, '')
  }
}
