/**
 * Whether the parts of a sign-in fit together, as far as it can be said without asking a cloud.
 * @module
 */
import type { Report } from './resolve-parts.ts'
import type { Config, SignInConfig, StoreConfig } from './types.ts'

/** In clear, by gcp/client.ts. */
const HERE = /^(127\.0\.0\.1|localhost)(:|$)/

export function checkSignIns({ stores }: Config, report: Report): void {
  for (const [name, store] of stores) {
    if (store.kind === 'local') continue
    const path = ['stores', name]
    if (store.storedKey && store.signIn) report([...path, 'storedKey'], 'does not go with signIn, which needs no key')
    if (store.signIn) checkSignIn(store, store.signIn, [...path, 'signIn'], report)
  }
}

function checkSignIn(store: StoreConfig, { from, as, audience }: SignInConfig, path: string[], report: Report): void {
  // Entra makes tokens for its own applications only, whatever the other cloud would call itself.
  if (from === 'azure' && /^(sts\.amazonaws\.com|https:\/\/iam\.googleapis\.com\/.*)$/.test(audience))
    report([...path, 'audience'], 'must be the Application ID URI of an app of your tenant, such as api://NAME')
  if (as !== undefined && from === 'aws')
    report([...path, 'as'], 'does not go with from: aws: the token is for the role of the process')
  if (as !== undefined && from !== 'aws' && as.includes('@') !== (from === 'gcp'))
    report([...path, 'as'], from === 'gcp' ? 'is no service account' : 'is no client ID of a managed identity')
  if (store.kind === 'gcp' && HERE.test(store.endpoint ?? ''))
    report(path, 'does not go with an endpoint on this machine, to which nobody’s credentials are sent')
}
