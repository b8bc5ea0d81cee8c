/**
 * The floor: a rotation as four bare scripts, with the calls and logins of ours in their order, and nothing else. No check, no
 * retry, no log, no mark; it shares no line with Lockstep.
 * @module
 */
import { randomBytes } from 'node:crypto'
import * as sdk from '@aws-sdk/client-secrets-manager'
import pg from 'pg'

interface Login {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly dbname: string
  readonly masterarn?: string
}

export interface BareEvent {
  readonly Step: string
  readonly SecretId: string
  readonly ClientRequestToken: string
  /** Told, so that nothing is read to find out. */
  readonly alternating: boolean
}

/** Made once for a process, as a function's client is. */
export function bareRotation(client: sdk.SecretsManagerClient): (event: BareEvent) => Promise<void> {
  const describe = (SecretId: string) => client.send(new sdk.DescribeSecretCommand({ SecretId }))
  const value = async (SecretId: string, VersionStage = 'AWSCURRENT', VersionId?: string): Promise<Login> => {
    const { SecretString } = await client.send(new sdk.GetSecretValueCommand({ SecretId, VersionStage, VersionId }))
    return JSON.parse(SecretString!)
  }
  const promote = (SecretId: string, MoveToVersionId: string, RemoveFromVersionId: string) =>
    client.send(
      new sdk.UpdateSecretVersionStageCommand({
        ...{ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId, RemoveFromVersionId },
      }),
    )
  const holder = (stages: Record<string, string[]> | undefined) =>
    Object.entries(stages!).find(([, each]) => each.includes('AWSCURRENT'))![0]
  /** Known from `create` on, in a warm process. */
  let base = ''

  return async ({ Step, SecretId, ClientRequestToken: token, alternating }) => {
    switch (Step) {
      case 'createSecret': {
        const current = await value(SecretId)
        base = holder((await describe(SecretId)).VersionIdsToStages)
        const username = alternating ? otherOf(current.username) : current.username
        const SecretString = JSON.stringify({ ...current, username, password: randomBytes(24).toString('hex') })
        const input = { SecretId, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] }
        await client.send(new sdk.PutSecretValueCommand(input))
        return
      }
      case 'setSecret': {
        const pending = await value(SecretId, 'AWSPENDING', token)
        if (!alternating) return
        const current = await value(SecretId)
        await login(current)
        await login(await value(pending.masterarn!), change(pending))
        return
      }
      case 'testSecret': {
        const pending = await value(SecretId, 'AWSPENDING', token)
        if (alternating) await login(pending)
        return
      }
      case 'finishSecret': {
        if (alternating) base = holder((await describe(SecretId)).VersionIdsToStages)
        else {
          const current = await value(SecretId)
          const pending = await value(SecretId, 'AWSPENDING', token)
          await login(current, change(pending))
          await login(pending)
        }
        await promote(SecretId, token, base)
      }
    }
  }
}

const otherOf = (username: string): string =>
  username.endsWith('_clone') ? username.slice(0, -'_clone'.length) : `${username}_clone`

// random hexadecimal, and names of the bench
const change = ({ username, password }: Login): string => `ALTER USER "${username}" WITH PASSWORD '${password}'`

/** Waits for no goodbye, as ours does not. */
async function login({ host, port, username, password, dbname }: Login, statement = 'SELECT 1'): Promise<void> {
  const client = new pg.Client({ host, port, user: username, password, database: dbname })
  await client.connect()
  await client.query(statement)
  client.end().catch(() => undefined)
}
