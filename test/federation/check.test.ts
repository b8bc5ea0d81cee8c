/**
 * `lockstep check --connect` with stores of other clouds: signs in to each before anything else is asked, says which leg failed, and shows
 * no token. Every cloud is a fake of ours [fake]. Planted: the sign-in not tried, the secrets of a closed store asked after all, the error
 * of the service printed: each failed here.
 */
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Workspace } from '../../cli/compose.ts'
import { loadConfig } from '../../core/config/load.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { type Project, projects } from '../cli/support.ts'
import { REGION, ROLE, SESSION } from '../fakes/federation/aws-sts.ts'
import { APP, APP_URI, TENANT } from '../fakes/federation/entra.ts'
import { PROVIDER } from '../fakes/federation/google.ts'
import { CONTAINER, federation, set } from './support.ts'

const clouds = federation()
const project = projects()
let here: Project

afterEach(() => {
  const kept = readdirSync(here.folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'latin1'))
  const shown = [here.printed, ...kept]
  expect(clouds().world.tokens.filter(each => shown.some(text => text.includes(each)))).toEqual([])
})

const secret = (store: string) => ({
  store,
  strategy: 'single-user',
  user: 'app',
  target: { kind: 'postgres', endpoints: [{ host: '127.0.0.1', port: 9, database: 'x' }] },
})

function configured(): Project {
  const { secretsManager, vault, blobs } = clouds()
  const journal = { url: blobs.endpoint, container: CONTAINER }
  here = project().configure({
    stores: {
      amazon: { kind: 'aws', region: REGION, endpoint: secretsManager.endpoint, signIn: { from: 'gcp', role: ROLE } },
      google: {
        kind: 'gcp',
        project: 'my-project',
        readBy: 'latest',
        signIn: { from: 'azure', provider: PROVIDER.slice('//iam.googleapis.com/'.length), audience: APP_URI },
      },
      azure: {
        kind: 'azure',
        vault: vault.vaultUrl,
        endpoint: vault.endpoint,
        journal,
        signIn: { from: 'aws', tenant: TENANT, client: APP },
      },
    },
    audit: [{ kind: 'stderr' }],
    secrets: { orders: secret('amazon') },
  })
  set(clouds(), 'gcp', 'aws')
  set(clouds(), 'azure', 'gcp')
  set(clouds(), 'aws', 'azure')
  return here
}

const check = (args: readonly string[] = []) =>
  configured().main(['check', '--connect', ...args], { signInPlaces: clouds().places })

describe('check --connect [fake]', () => {
  it('says of each store that the sign-in works, and goes on to the secrets', async () => {
    const { stdout } = await check()
    expect(stdout).toContain('✔ amazon: sign-in from Google Cloud to AWS, without a stored key')
    expect(stdout).toContain('✔ google: sign-in from Azure to Google Cloud, without a stored key')
    expect(stdout).toContain('✔ azure: sign-in from AWS to Azure, without a stored key')
    expect(stdout).toContain('The store amazon has no secret orders')
    expect(clouds().secretsManager.calls.list.at(-1)?.accessKeyId).toMatch(/^ASIA/)
  })

  it('names the leg, what of the trust does not fit, and the page; once', async () => {
    configured()
    set(clouds(), 'gcp', 'aws').audience = 'api://somebody-else'
    const asked = clouds().secretsManager.calls.list.length
    const { code, stdout } = await here.main(['check', '--connect'], { signInPlaces: clouds().places })
    expect(code).toBe(4)
    expect(stdout).toContain(`✖ amazon: sign-in from Google Cloud to AWS failed
    Sign-in from Google Cloud: AWS refused the token: the trust there names another audience. [access-denied InvalidIdentityTokenException]
    Compare the issuer, audience and subject of the trust with what is written down. See docs/federation.md, "From Google Cloud to AWS".`)
    expect(stdout.match(/another audience/g)).toHaveLength(1)
    expect(stdout).toContain('✔ azure: sign-in from AWS to Azure')
    expect(clouds().secretsManager.calls.list.length).toBe(asked)
  })

  it('tells the two legs apart, as data too', async () => {
    configured()
    clouds().aws.enabled = false
    const { code, data } = await here.json(['check', '--connect'], { signInPlaces: clouds().places })
    expect(code).toBe(4)
    expect(data.signIns).toMatchObject([
      { store: 'amazon', from: 'gcp', to: 'aws' },
      { store: 'google', from: 'azure', to: 'gcp' },
      {
        store: 'azure',
        from: 'aws',
        to: 'azure',
        error: { code: 'access-denied', message: expect.stringContaining('AWS gave no token') },
      },
    ])
    expect(data.signIns[0].error).toBeUndefined()
  })
})

it('in the own cloud of a store its sign-in is not used: one file serves both sides [fake]', async () => {
  configured()
  const env = { AWS_LAMBDA_FUNCTION_NAME: 'rotator' }
  const { stdout } = await here.main(['check', '--connect'], { signInPlaces: clouds().places, env })
  expect(stdout).not.toContain('amazon: sign-in')
  expect(stdout).toContain('✔ azure: sign-in from AWS to Azure')
  expect(clouds().secretsManager.calls.list.at(-1)?.accessKeyId).toBe(SESSION.accessKeyId)
})

describe('a stored key [fake]', () => {
  const stored = (store: object) => {
    here = project().configure({
      stores: { cloud: store },
      audit: [{ kind: 'stderr' }],
      secrets: { orders: secret('cloud') },
    })
    return here
  }
  const atAws = (more: object = {}) => {
    vi.stubEnv('AWS_SESSION_TOKEN', undefined)
    return stored({ kind: 'aws', region: REGION, endpoint: clouds().secretsManager.endpoint, ...more })
  }
  const onCloudRun = { K_SERVICE: 'rotator' }
  const says = 'A stored key would sign in to AWS from another cloud: an access key of an IAM user.'

  it('for another cloud is refused where the process runs in one', async () => {
    const { code, stdout } = await atAws().main(['check', '--connect'], { env: onCloudRun })
    expect(code).toBe(4)
    expect(stdout).toContain(says)
    expect(stdout).toContain('`storedKey: true`')
  })

  it('is taken when it is named', async () => {
    const { stdout } = await atAws({ storedKey: true }).main(['check', '--connect'], { env: onCloudRun })
    expect(stdout).toContain('The store cloud has no secret orders')
  })

  it('is taken as ever in its own cloud, and where nobody says which cloud it is', async () => {
    for (const env of [
      { AWS_LAMBDA_FUNCTION_NAME: 'rotator' },
      {},
      { ...onCloudRun, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    ])
      expect((await atAws().main(['check', '--connect'], { env })).stdout).toContain(
        'The store cloud has no secret orders',
      )
  })

  it('for copies of another cloud’s secrets is refused wherever the process runs, but in the cloud of the copies', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', undefined)
    const users = { strategy: 'alternating-users', user: undefined, users: ['a', 'b'] }
    here = project().configure({
      stores: {
        leader: { kind: 'gcp', project: 'my-project', readBy: { alias: 'current' } },
        copies: { kind: 'aws', region: REGION, endpoint: clouds().secretsManager.endpoint },
      },
      epochs: { blob: { url: clouds().blobs.endpoint, container: CONTAINER } },
      audit: [{ kind: 'stderr' }],
      secrets: { led: { ...secret('leader'), ...users, followers: [{ store: 'copies' }] } },
    })
    const config = loadConfig(readFileSync(here.at('lockstep.yml'), 'utf8'), { fileName: here.at('lockstep.yml') })
    const looked = async (env: Record<string, string>) => {
      const workspace = new Workspace(config, systemClock, { env, streams: process })
      const call = { signal: new AbortController().signal, deadline: Date.now() + 30_000, run: {} }
      return (await workspace.store('copies')).describe('led', call).finally(() => workspace.close())
    }
    await expect(looked({})).rejects.toThrow(says)
    expect(await looked({ AWS_LAMBDA_FUNCTION_NAME: 'rotator' })).toBeUndefined()
  })

  it('at Google Cloud is the key file of a service account', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const client = stored({ kind: 'gcp', project: 'my-project', readBy: 'latest' })
    const key = { type: 'service_account', private_key, client_email: 'rotator@my-project.iam.gserviceaccount.com' }
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', client.write('key.json', JSON.stringify(key)))
    const { code, stdout } = await client.main(['check', '--connect'], { env: { AWS_LAMBDA_FUNCTION_NAME: 'rotator' } })
    expect(code).toBe(4)
    expect(stdout).toContain(
      'A stored key would sign in to Google Cloud from another cloud: the key file of a service account.',
    )
  })

  it('at Azure is the secret of an application, in a variable', async () => {
    const { vault, blobs } = clouds()
    const journal = { url: blobs.endpoint, container: CONTAINER }
    const keys = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: APP, AZURE_CLIENT_SECRET: 'hunter2' }
    const ran = await stored({ kind: 'azure', vault: vault.vaultUrl, endpoint: vault.endpoint, journal }).main(
      ['check', '--connect'],
      { env: { ...keys, AWS_LAMBDA_FUNCTION_NAME: 'rotator' } },
    )
    expect(ran.stdout).toContain('the secret of an application (AZURE_CLIENT_SECRET)')
    expect(ran.stdout + ran.stderr).not.toContain('hunter2')
  })
})
