/**
 * A secret of another account: by a role that is assumed, at a stand-in of STS over HTTP; and with the RotationToken of the event, without
 * which Secrets Manager does not know who puts [fake]. Planted: RotationToken not passed on, the role ignored, a denial of AssumeRole
 * taken for one of the call that needed it, no end to waiting for STS: each failed here.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../../aws/client.ts'
import { openAwsStore } from '../../aws/index.ts'
import { Requests } from '../../aws/requests.ts'
import { StepStore } from '../../aws/step-store.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { RotationId } from '../../core/ports/secret-store.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { type FakeSecretsManager, startSecretsManager } from '../fakes/aws/secrets-manager.ts'

const ID = 'prod/app'
const ROLE = 'arn:aws:iam::210987654321:role/rotates'
const role = { arn: ROLE, externalId: 'agreed' }
const call = (ms = 30_000) => ({ signal: new AbortController().signal, deadline: Date.now() + ms, run: {} })
/** As STS answers in XML. */
const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
  <AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>
  <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
const fault = (
  code: string,
) => `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
  <Code>${code}</Code><Message>User: Canary is not authorized to perform: sts:AssumeRole on resource: ${ROLE}</Message></Error></ErrorResponse>`

let answer: (response: ServerResponse) => void
const asked: URLSearchParams[] = []
const sts = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  asked.push(new URLSearchParams(text))
  answer(response)
})
const says = (status: number, body: string) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'text/xml' }).end(body)

let fake: FakeSecretsManager
beforeAll(async () => {
  await new Promise<void>(resolve => sts.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  sts.closeAllConnections()
  sts.close()
})
beforeEach(async () => {
  fake = await startSecretsManager()
  fake.service.createSecret({ name: ID, value: 'first' })
  fake.permissions.denyAction('own', '*')
  answer = says(200, assumed)
  asked.splice(0)
  vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${(sts.address() as AddressInfo).port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'own')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await fake.close()
})

const options = () => ({ region: fake.region, endpoint: fake.endpoint, role })

describe('a role that is assumed', () => {
  test('makes every call, after one question to STS', async () => {
    const store = await openAwsStore({ clock: systemClock, ...options() })
    const mine = call()
    const state = (await store.describe(ID, mine))!
    const move = { rotation: rotationId(ID, state), base: state.current.version }
    await store.putPending(ID, { ...move, value: SecretValue.of('second') }, mine)
    expect(await store.promote(ID, move, mine)).toMatchObject({ version: move.rotation })
    expect(new Set(fake.calls.list.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['ASSUMED']))
    expect(asked.map(each => Object.fromEntries(each))).toEqual([
      expect.objectContaining({
        Action: 'AssumeRole',
        ExternalId: 'agreed',
        RoleArn: ROLE,
        RoleSessionName: 'lockstep',
      }),
    ])
  })

  test('that may not be assumed: sts:AssumeRole and the role are named', async () => {
    answer = says(403, fault('AccessDenied'))
    const store = await openAwsStore({ clock: systemClock, ...options() })
    const error = await store.describe(ID, call()).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'access-denied', message: `sts:AssumeRole on ${ROLE} is not allowed.` })
    expect(error.next).toMatch(/^Allow sts:AssumeRole .*trust policy/)
    expect(JSON.stringify(error) + error.stack).not.toContain('Canary')
    expect(fake.calls.count()).toBe(0)
  })

  test('at an STS that cannot be reached, or does not answer: said so, within the time', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', 'http://127.0.0.1:1')
    const closed = await openAwsStore({ clock: systemClock, ...options() })
    await expect(closed.describe(ID, call())).rejects.toMatchObject({
      code: 'store-unavailable',
      message: 'STS cannot be reached (AssumeRole).',
    })
    vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${(sts.address() as AddressInfo).port}`)
    answer = () => {}
    const silent = await openAwsStore({ clock: systemClock, ...options() })
    const began = performance.now()
    await expect(silent.describe(ID, call(300))).rejects.toMatchObject({ code: 'store-unavailable' })
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('a rotation that only its RotationToken lets put', () => {
  const put = async (rotationToken: string | undefined) => {
    fake.service.requireRotationToken(ID)
    const start = fake.service.beginRotation(ID)
    const token = start.token as RotationId
    const client = await createClient(options())
    const managed = { token, rotationToken: rotationToken ?? start.rotationToken }
    const store = new StepStore(new Requests(client, systemClock), systemClock, managed)
    const mine = call()
    const { current } = (await store.describe(ID, mine))!
    return store.putPending(ID, { rotation: token, base: current.version, value: SecretValue.of('second') }, mine)
  }

  test('puts, by the role', async () => {
    const { version } = await put(undefined)
    expect(fake.service.peek(ID).versions.get(version)).toMatchObject({ value: 'second' })
  })

  test('with that of another rotation: denied', async () => {
    await expect(put('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'access-denied' })
  })
})
