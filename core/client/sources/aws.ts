/**
 * AWS Secrets Manager, through the application's own client: `awsSource({ client, GetSecretValueCommand })`, both from
 * `@aws-sdk/client-secrets-manager`. Needs `secretsmanager:GetSecretValue`, and `kms:Decrypt` for a key of your own.
 * @module
 */
import { Buffer } from 'node:buffer'
import { ClientError, shortCode } from '../client-error.ts'
import type { SecretSource, SourceVersion, Which } from '../secret-source.ts'

/** What GetSecretValue answers, also through the Lambda extension. */
export interface AwsSecretValue {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | string | undefined
  readonly VersionId?: string | undefined
  readonly CreatedDate?: Date | string | number | undefined
}

export interface AwsSourceOptions<Command> {
  readonly client: { send(command: NoInfer<Command>, options: { abortSignal: AbortSignal }): Promise<AwsSecretValue> }
  readonly GetSecretValueCommand: new (input: { SecretId: string; VersionStage: string }) => Command
}

export const awsStages: Readonly<Record<Which, string>> = { current: 'AWSCURRENT', previous: 'AWSPREVIOUS' }
const DENIED = /^(AccessDenied|DecryptionFailure|InvalidRequest|UnrecognizedClient|ExpiredToken)/

export function awsSource<Command>({ client, GetSecretValueCommand }: AwsSourceOptions<Command>): SecretSource {
  return {
    async read(name, which, { signal }) {
      try {
        const command = new GetSecretValueCommand({ SecretId: name, VersionStage: awsStages[which] })
        return awsVersion(await client.send(command, { abortSignal: signal }))
      } catch (error) {
        if (error instanceof ClientError) throw error
        const foreign = (error as { name?: unknown }).name
        if (foreign === 'ResourceNotFoundException') return undefined
        throw awsError(typeof foreign === 'string' ? foreign : shortCode(error))
      }
    },
  }
}

export function awsVersion({ SecretString, SecretBinary, VersionId, CreatedDate }: AwsSecretValue): SourceVersion {
  const bytes = typeof SecretBinary === 'string' ? Buffer.from(SecretBinary, 'base64') : SecretBinary
  const value = SecretString ?? (bytes && Buffer.from(bytes).toString())
  if (value === undefined || VersionId === undefined)
    throw new ClientError('store-unavailable', 'Secrets Manager answered without a value.')
  // JSON has it in seconds.
  const created = typeof CreatedDate === 'number' ? CreatedDate * 1000 : Date.parse(String(CreatedDate))
  return { value, version: VersionId, createdAt: Number.isNaN(created) ? undefined : created }
}

/** A secret that is scheduled for deletion, or a key that may not be used, is not to be had, and not for want of a network. */
export const awsError = (foreign: string | undefined): ClientError =>
  foreign !== undefined && DENIED.test(foreign)
    ? new ClientError('access-denied', 'Secrets Manager refuses secretsmanager:GetSecretValue.', { foreign })
    : new ClientError('store-unavailable', 'Secrets Manager did not answer.', { foreign })
