/**
 * `redis` (node-redis): a provider for its option `credentialsProvider`, which the driver asks at every connect. Its streaming
 * providers are not used, because the driver subscribes anew at each reconnect and never lets go of the old subscription; open
 * connections are told by `followRedis` instead. Tested with redis 6.
 * @module
 */
import type { SecretCredential } from '../credential.ts'
import type { Secrets } from '../secrets.ts'
import type { Following } from './follow.ts'

interface BasicAuth {
  readonly username?: string
  readonly password: string
}

/** What node-redis expects. */
export interface RedisCredentialsProvider {
  readonly type: 'async-credentials-provider'
  credentials(): Promise<BasicAuth>
}

/** What is used of an open client. */
export interface RedisLike {
  readonly isReady: boolean
  sendCommand(args: string[]): Promise<unknown>
}

const login = ({ username, password }: SecretCredential): BasicAuth => ({
  ...(username !== undefined && { username }),
  password: password.reveal(),
})

/** One provider for as many clients as there are. */
export function redisCredentials(secrets: Secrets, name: string): RedisCredentialsProvider {
  let asked = false
  return {
    type: 'async-credentials-provider',
    async credentials() {
      // From the second time on it may be a reconnect after a refusal: what is known is not good enough.
      const known = asked ? secrets.refresh(name).catch(() => secrets.get(name)) : secrets.get(name)
      asked = true
      return login(await known)
    },
  }
}

/** Open connections log in anew after a rotation, which loses no command. Refused: they go on as who they were. */
export function followRedis(secrets: Secrets, name: string, client: RedisLike): Following {
  const stop = secrets.onRotate(name, current => {
    const { username = 'default', password } = login(current)
    if (client.isReady) client.sendCommand(['AUTH', username, password]).catch(() => {})
  })
  return { stop }
}
