import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Context } from './options.ts'
export async function examine(_context: Context, _current: Credential, _call: TargetCall): Promise<readonly Finding[]> {
  return []
}
