/**
 * What checks of an emulated Secrets Manager are written with: the real SDK, one secret, and its labels.
 * @module
 */
import assert from 'node:assert/strict'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'

export interface Emulated {
  readonly client: SecretsManagerClient
  /** A client of the same server for another region. */
  readonly elsewhere: (region: string) => SecretsManagerClient
}

/** Throws an assertion when it does not hold. On a server without secrets. */
export type Check = (on: Emulated) => Promise<void>

export const SECRET = 'app'

/** Version ids, long enough to be tokens. */
export const [FIRST, SECOND, THIRD, UNKNOWN] = ['1', '2', '3', '9'].map(n => n.repeat(32)) as [
  string,
  string,
  string,
  string,
]

export const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:rotator'

export const create = ({ client }: Emulated, SecretString = 'first') =>
  client.send(new CreateSecretCommand({ Name: SECRET, SecretString, ClientRequestToken: FIRST }))

export const put = (
  { client }: Emulated,
  ClientRequestToken: string,
  SecretString: string,
  stages?: PutSecretValueCommandInput['VersionStages'],
) =>
  client.send(
    new PutSecretValueCommand({
      SecretId: SECRET,
      ClientRequestToken,
      SecretString,
      ...(stages && { VersionStages: stages }),
    }),
  )

/** The secret with a first version that is current and a second that is pending. */
export async function withPending(on: Emulated): Promise<void> {
  await create(on)
  await put(on, SECOND, 'second', ['AWSPENDING'])
}

export const move = ({ client }: Emulated, VersionStage: string, to: string | undefined, from: string | undefined) =>
  client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: SECRET,
      VersionStage,
      MoveToVersionId: to,
      RemoveFromVersionId: from,
    }),
  )

/** Promotes the second version. */
export async function promoted(on: Emulated): Promise<void> {
  await withPending(on)
  await move(on, 'AWSCURRENT', SECOND, FIRST)
}

export async function value(
  { client }: Emulated,
  which: Omit<GetSecretValueCommandInput, 'SecretId'> = {},
): Promise<string | undefined> {
  return (await client.send(new GetSecretValueCommand({ SecretId: SECRET, ...which }))).SecretString
}

/** Of each version that is listed, deprecated ones included, its labels in order. */
export async function labels({ client }: Emulated): Promise<Record<string, readonly string[]>> {
  const listed = await client.send(new ListSecretVersionIdsCommand({ SecretId: SECRET, IncludeDeprecated: true }))
  const pairs = (listed.Versions ?? []).map(({ VersionId, VersionStages = [] }) => [
    VersionId!,
    [...VersionStages].sort(),
  ])
  return Object.fromEntries(pairs)
}

export const rotate = ({ client }: Emulated, input: object = { RotationLambdaARN: FUNCTION }) =>
  client.send(new RotateSecretCommand({ SecretId: SECRET, ClientRequestToken: THIRD, ...input }))

/** The call must fail; answers the error's code and HTTP status. */
export async function refused(call: Promise<unknown>): Promise<{ code: string; status: number | undefined }> {
  try {
    await call
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } }
    if ($metadata === undefined) throw error
    return { code: name, status: $metadata.httpStatusCode }
  }
  return assert.fail('the call was accepted')
}

/** The call fails with that error. */
export const refusedAs = async (code: string, call: Promise<unknown>): Promise<void> =>
  assert.equal((await refused(call)).code, code)
