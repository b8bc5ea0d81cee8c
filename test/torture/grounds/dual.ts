/**
 * What the engines share that can keep two passwords of one login: a folder with store and configuration, and first values.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Clock } from '../../../core/ports/clock.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { openWorkspace, storeCall } from '../../../demo/playground.ts'
import { createKeyFile } from '../../../local/index.ts'
import { timing } from '../ask.ts'
import type { Ground } from './ground.ts'

const secrets = {
  dual1: 'dual-password',
  dual2: 'dual-password',
  pair1: 'alternating-users',
  single1: 'single-user',
} as const
type Strategy = (typeof secrets)[keyof typeof secrets]

export interface DualServer {
  readonly kind: string
  readonly host: string
  readonly port: number
  readonly admin: { readonly username: string; readonly password: string }
  /** Lines of the target's configuration, and the files that they name. */
  readonly more?: string
  readonly files?: Readonly<Record<string, string>>
  create(username: string, password: string): Promise<unknown>
  accepts(credential: Credential): Promise<boolean>
  stop(): Promise<void>
}

export async function groundOn(server: DualServer, clock: Clock): Promise<Ground> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-torture-'))
  const at = (file: string) => path.join(folder, file)
  createKeyFile(at('store.key'))
  createKeyFile(at('fingerprint.key'))
  for (const [name, text] of Object.entries(server.files ?? {})) writeFileSync(at(name), text)
  writeFileSync(at('lockstep.yml'), configText(server))
  const workspace = openWorkspace(at('lockstep.yml'), clock)
  const store = await workspace.store('local', true)
  const put = (id: string, login: { readonly username: string; readonly password: string }) =>
    store.put(id, SecretValue.of(JSON.stringify(login)), storeCall(clock))
  await put('admin', server.admin)
  for (const [name, strategy] of Object.entries(secrets)) {
    const [first, second] = usersOf(name, strategy)
    const password = newPassword()
    await server.create(first!, password)
    if (second !== undefined) await server.create(second, newPassword())
    await put(name, { username: first!, password })
  }
  const close = async () => {
    await workspace.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const { accepts } = server
  const where = { workspace, configFile: at('lockstep.yml'), secrets: Object.keys(secrets) }
  return { ...where, firstCeiling: 300, accepts, close }
}

const newPassword = (): string => randomBytes(24).toString('hex')
const usersOf = (name: string, strategy: Strategy): readonly string[] =>
  strategy === 'alternating-users' ? [`${name}_a`, `${name}_b`] : [name]

const configText = (server: DualServer): string => `version: 1
deployment: torture
stores:
  local: { kind: local, file: store.db, key: { file: store.key } }
fingerprintKey: { file: fingerprint.key }
defaults:
  interval: never
  grace: ${timing.grace}ms
  replicaLag: 0s
  consumers: [{ name: clients, kind: other, refresh: ${timing.refresh}ms, connectRetry: 0s }]
secrets:
${Object.entries(secrets)
  .map(([name, strategy]) => secretText(server, name, strategy))
  .join('')}`

const secretText = (
  { kind, host, port, more = '' }: DualServer,
  name: string,
  strategy: Strategy,
): string => `  ${name}:
    strategy: ${strategy}
${strategy === 'alternating-users' ? `    users: [${usersOf(name, strategy).join(', ')}]\n` : ''}    target:
      kind: ${kind}
      endpoints: [{ host: ${host}, port: ${port} }]
      tls: { mode: disable } # loopback only
${more}${strategy === 'single-user' ? '' : '      admin: { id: admin }\n'}`
