/**
 * A login as any client makes it, past the engine: what the server says is what counts.
 * @module
 */
import type { Credential } from '../core/secret/credential.ts'
import type { Postgres } from '../test/stand/postgres.ts'
import { REFUSED } from './client.ts'

/** Anything but a refused password throws. */
export async function accepts(server: Postgres, { username, password }: Credential): Promise<boolean> {
  try {
    const client = await server.connect(username, password.reveal())
    await client.end()
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === REFUSED) return false
    throw error
  }
}
