/**
 * What AWS's rotation template for a single PostgreSQL user does: its calls, its logins and their order, and nothing of its code.
 * https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas (SecretsManagerRDSPostgreSQLRotationSingleUser)
 * @module
 */
import * as sdk from '@aws-sdk/client-secrets-manager'
import pg from 'pg'
import type { RotationEvent, StepAnswer } from '../../test/fakes/aws/rotation-driver.ts'
import type { StoredLogin } from '../reading.ts'

export class Template {
  readonly #client: sdk.SecretsManagerClient
  /** Logins, and how many of them were refused. */
  readonly logins = { all: 0, refused: 0 }

  constructor(client: sdk.SecretsManagerClient) {
    this.#client = client
  }

  invoke = async ({ Step, SecretId, ClientRequestToken: token }: RotationEvent): Promise<StepAnswer> => {
    const { VersionIdsToStages = {} } = await this.#describe(SecretId)
    const stages = VersionIdsToStages[token]
    if (!stages?.includes('AWSPENDING')) return { ok: false, errorType: 'ValueError', errorMessage: 'not AWSPENDING' }
    if (stages.includes('AWSCURRENT')) return { ok: true }
    if (Step === 'createSecret') await this.#create(SecretId, token)
    if (Step === 'setSecret') await this.#set(SecretId, token)
    if (Step === 'testSecret') await this.#test(SecretId, token)
    if (Step === 'finishSecret') await this.#finish(SecretId, token)
    return { ok: true }
  }

  async #create(secret: string, token: string): Promise<void> {
    const current = (await this.#value(secret, 'AWSCURRENT'))!
    if (await this.#value(secret, 'AWSPENDING', token)) return
    const random = { ExcludeCharacters: ':/@"\'\\', PasswordLength: 32 }
    const { RandomPassword } = await this.#client.send(new sdk.GetRandomPasswordCommand(random))
    const SecretString = JSON.stringify({ ...current, password: RandomPassword })
    const input = { SecretId: secret, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] }
    await this.#client.send(new sdk.PutSecretValueCommand(input))
  }

  /** From here on the old password is dead, and what consumers read still holds it. */
  async #set(secret: string, token: string): Promise<void> {
    await this.#value(secret, 'AWSPREVIOUS')
    const current = (await this.#value(secret, 'AWSCURRENT'))!
    const pending = (await this.#value(secret, 'AWSPENDING', token))!
    const already = await this.#login(pending)
    if (already) return void (await already.end())
    const client = (await this.#login(current))!
    const { rows } = await client.query('SELECT quote_ident($1) AS name, quote_literal($2) AS password', [
      pending.username,
      pending.password,
    ])
    await client.query(`ALTER USER ${rows[0].name} WITH PASSWORD ${rows[0].password}`)
    await client.end()
  }

  async #test(secret: string, token: string): Promise<void> {
    const client = (await this.#login((await this.#value(secret, 'AWSPENDING', token))!))!
    await client.query('SELECT NOW()')
    await client.end()
  }

  async #finish(secret: string, token: string): Promise<void> {
    const { VersionIdsToStages = {} } = await this.#describe(secret)
    const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))!
    const move = { MoveToVersionId: token, RemoveFromVersionId: current }
    await this.#client.send(
      new sdk.UpdateSecretVersionStageCommand({ SecretId: secret, VersionStage: 'AWSCURRENT', ...move }),
    )
  }

  #describe(SecretId: string): Promise<sdk.DescribeSecretCommandOutput> {
    return this.#client.send(new sdk.DescribeSecretCommand({ SecretId }))
  }

  async #value(SecretId: string, VersionStage: string, VersionId?: string): Promise<StoredLogin | undefined> {
    try {
      const input = { SecretId, VersionStage, ...(VersionId !== undefined && { VersionId }) }
      const { SecretString } = await this.#client.send(new sdk.GetSecretValueCommand(input))
      return JSON.parse(SecretString!)
    } catch (error) {
      if (error instanceof sdk.ResourceNotFoundException) return undefined
      throw error
    }
  }

  /** The template takes every failure for a wrong password. */
  async #login({ host, port, username, password, dbname }: StoredLogin): Promise<pg.Client | undefined> {
    const client = new pg.Client({ host, port, user: username, password, database: dbname })
    client.on('error', () => {})
    this.logins.all++
    try {
      await client.connect()
      return client
    } catch {
      this.logins.refused++
      return undefined
    }
  }
}
