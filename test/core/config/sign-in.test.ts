/**
 * `signIn:` and `storedKey:` of stores: what they may say, and what they mean together. None of it asks a cloud.
 */
import { describe, expect, it } from 'vitest'
import { complaints, file, load } from './support.ts'

type Data = Record<string, unknown>

const ROLE = 'arn:aws:iam::123456789012:role/rotation'
const PROVIDER = 'projects/123456789012/locations/global/workloadIdentityPools/clouds/providers/amazon'
const GUID = '00000000-0000-4000-8000-000000000000'
const ACCOUNT = 'rotator@my-project.iam.gserviceaccount.com'

const kinds: Readonly<Record<string, Data>> = {
  aws: { kind: 'aws', region: 'eu-central-1' },
  gcp: { kind: 'gcp', project: 'my-project', readBy: 'latest' },
  azure: {
    kind: 'azure',
    vault: 'https://kv.vault.azure.net',
    journal: { url: 'https://acct.blob.core.windows.net', container: 'lockstep' },
  },
}
const targets: Readonly<Record<string, Data>> = {
  aws: { role: ROLE },
  gcp: { provider: PROVIDER },
  azure: { tenant: GUID, client: GUID },
}
const store = (kind: string, more: Data): Data =>
  file({ stores: { cloud: { ...kinds[kind], ...more } }, audit: [{ kind: 'stderr' }] })
const signIn = (kind: string, said: Data, more: Data = {}): Data =>
  store(kind, { signIn: { ...targets[kind], ...said }, ...more })
const resolved = (data: Data) => (load(data).stores.get('cloud') as { readonly signIn?: unknown }).signIn

describe('a sign-in', () => {
  it('has the audience of the cloud that is signed in to', () => {
    expect(resolved(signIn('aws', { from: 'gcp' }))).toEqual({ from: 'gcp', audience: 'sts.amazonaws.com', role: ROLE })
    expect(resolved(signIn('gcp', { from: 'aws' }))).toEqual({
      from: 'aws',
      audience: `https://iam.googleapis.com/${PROVIDER}`,
      provider: `//iam.googleapis.com/${PROVIDER}`,
    })
    expect(resolved(signIn('azure', { from: 'gcp' }))).toEqual({
      from: 'gcp',
      audience: 'api://AzureADTokenExchange',
      tenant: GUID,
      client: GUID,
    })
  })

  it('keeps what it is told', () => {
    const said = { from: 'azure', audience: 'api://lockstep', as: GUID, serviceAccount: ACCOUNT }
    expect(resolved(signIn('gcp', said))).toMatchObject(said)
    expect(resolved(signIn('gcp', { ...said, provider: `//iam.googleapis.com/${PROVIDER}` }))).toMatchObject({
      provider: `//iam.googleapis.com/${PROVIDER}`,
    })
    expect(resolved(signIn('aws', { from: 'gcp', as: ACCOUNT }))).toMatchObject({ as: ACCOUNT })
  })

  const appUri =
    'stores.cloud.signIn.audience: must be the Application ID URI of an app of your tenant, such as api://NAME'
  it.each<[string, Data, string[]]>([
    ['from its own cloud', signIn('aws', { from: 'aws' }), ['stores.cloud.signIn.from: expected one of gcp, azure']],
    ['from its own cloud', signIn('gcp', { from: 'gcp' }), ['stores.cloud.signIn.from: expected one of aws, azure']],
    ['from its own cloud', signIn('azure', { from: 'azure' }), ['stores.cloud.signIn.from: expected one of aws, gcp']],
    [
      'from a cloud that is misspelt',
      signIn('aws', { from: 'azur' }),
      ["stores.cloud.signIn.from: expected one of gcp, azure; did you mean 'azure'?"],
    ],
    ['from nowhere', signIn('aws', {}), ['stores.cloud.signIn.from: is missing; expected one of gcp, azure']],
    [
      'without a role',
      signIn('aws', { from: 'gcp', role: undefined }),
      [
        'stores.cloud.signIn.role: is missing; expected the ARN of a role, such as arn:aws:iam::123456789012:role/rotation',
      ],
    ],
    [
      'without a provider',
      signIn('gcp', { from: 'aws', provider: undefined }),
      [
        'stores.cloud.signIn.provider: is missing; expected a provider such as projects/123456789012/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
      ],
    ],
    [
      'with the ID of a project in the provider, which the service does not take',
      signIn('gcp', { from: 'aws', provider: PROVIDER.replace('123456789012', 'my-project') }),
      [
        'stores.cloud.signIn.provider: expected a provider such as projects/123456789012/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
      ],
    ],
    [
      'with a name in the place of an ID',
      signIn('azure', { from: 'aws', tenant: 'contoso' }),
      ['stores.cloud.signIn.tenant: expected an ID such as 00000000-0000-0000-0000-000000000000'],
    ],
    [
      'with an unknown key',
      signIn('aws', { from: 'gcp', rol: ROLE }),
      ["stores.cloud.signIn.rol: unknown key; did you mean 'role'?"],
    ],
    [
      'with a key of another kind of store',
      signIn('aws', { from: 'gcp', tenant: GUID }),
      ['stores.cloud.signIn.tenant: unknown key'],
    ],
    [
      'with an audience that would change the address that it is a part of',
      signIn('aws', { from: 'gcp', audience: 'sts&format=none' }),
      ['stores.cloud.signIn.audience: expected an audience such as api://NAME: letters, digits and . _ : / ~ -'],
    ],
    ['from Azure, for an audience that Entra has no app of', signIn('aws', { from: 'azure' }), [appUri]],
    ['from Azure, for an audience that Entra has no app of', signIn('gcp', { from: 'azure' }), [appUri]],
    [
      'from AWS, as somebody else',
      signIn('gcp', { from: 'aws', as: ACCOUNT }),
      ['stores.cloud.signIn.as: does not go with from: aws: the token is for the role of the process'],
    ],
    [
      'from Google Cloud, as a client ID',
      signIn('aws', { from: 'gcp', as: GUID }),
      ['stores.cloud.signIn.as: is no service account'],
    ],
    [
      'from Azure, as a service account',
      signIn('aws', { from: 'azure', as: ACCOUNT, audience: 'api://lockstep' }),
      ['stores.cloud.signIn.as: is no client ID of a managed identity'],
    ],
    [
      'at an emulator, which nobody signs in to',
      signIn('gcp', { from: 'aws' }, { endpoint: '127.0.0.1:8080' }),
      ['stores.cloud.signIn: does not go with an endpoint on this machine, to which nobody’s credentials are sent'],
    ],
  ])('%s is refused', (_, data, said) => {
    expect(complaints(data)).toEqual(said)
  })

  it('of a local store is an unknown key', () => {
    const local = { kind: 'local', file: 'x.db', key: { env: 'KEY' }, signIn: { from: 'aws' } }
    expect(complaints(file({ stores: { local } }))).toEqual(['stores.local.signIn: unknown key'])
  })
})

describe('a stored key', () => {
  it.each(['aws', 'gcp', 'azure'])('is named at a store of kind %s', kind => {
    expect(load(store(kind, { storedKey: true })).stores.get('cloud')).toMatchObject({ storedKey: true })
  })

  it('is named or not: there is no other word', () => {
    expect(complaints(store('aws', { storedKey: false }))).toEqual(['stores.cloud.storedKey: expected true'])
  })

  it('does not go with a sign-in without one', () => {
    expect(complaints(signIn('aws', { from: 'gcp' }, { storedKey: true }))).toEqual([
      'stores.cloud.storedKey: does not go with signIn, which needs no key',
    ])
  })
})
