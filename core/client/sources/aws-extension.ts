/**
 * The cache of the AWS Parameters and Secrets Lambda extension, or of the Secrets Manager agent: HTTP on this machine, no SDK.
 * @module
 */
import { ClientError, shortCode } from '../client-error.ts'
import type { SecretSource } from '../secret-source.ts'
import { type AwsSecretValue, awsError, awsStages, awsVersion } from './aws.ts'

export interface AwsExtensionOptions {
  /** `AWS_SESSION_TOKEN` of the function, or the agent's token; a function if it changes. */
  readonly token: string | (() => string)
  /** Default: `http://localhost:2773`. */
  readonly endpoint?: string
  /**
   * The extension goes on answering what it holds for its own time to live (`SECRETS_MANAGER_TTL`, five minutes), and a refused
   * login needs to know at once: that is asked here. Usually `awsSource`.
   */
  readonly fresh?: SecretSource
  /** The agent reads anew if it is told to; `fresh` is not needed then. */
  readonly refreshNow?: boolean
}

export function awsExtensionSource(options: AwsExtensionOptions): SecretSource {
  const { token, endpoint = 'http://localhost:2773', fresh, refreshNow = false } = options
  return {
    async read(name, which, call) {
      if (call.fresh && fresh !== undefined) return fresh.read(name, which, call)
      const query = new URLSearchParams({ secretId: name, versionStage: awsStages[which] })
      if (call.fresh && refreshNow) query.set('refreshNow', 'true')
      const headers = { 'X-Aws-Parameters-Secrets-Token': typeof token === 'string' ? token : token() }
      const answer = await ask(`${endpoint}/secretsmanager/get?${query}`, headers, call.signal)
      return answer && awsVersion(answer)
    },
  }
}

async function ask(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<AwsSecretValue | undefined> {
  const sent = async () => {
    const response = await fetch(url, { headers, signal })
    return { status: response.status, text: await response.text() }
  }
  const { status, text } = await sent().catch(error => {
    throw new ClientError('store-unavailable', 'The extension did not answer.', {
      foreign: shortCode(error.cause ?? error),
    })
  })
  if (status === 200) return JSON.parse(text) as AwsSecretValue
  // It puts the service's own error into its text, with a status of its own.
  if (text.includes('ResourceNotFoundException')) return undefined
  if (status === 401 || status === 403) throw awsError('AccessDenied')
  throw awsError(/[A-Za-z]+(?:Exception|Failure)/.exec(text)?.[0] ?? `HTTP-${status}`)
}
