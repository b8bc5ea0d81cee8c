/**
 * No value leaves, on AWS: known passwords, searched in everything that commands print and leave behind, and in what they tell
 * the service besides the value itself.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { furnishedOnAws, KEY, REGION, secretsManager } from './aws.ts'
import { prepare } from './database.ts'
import { projects } from './support.ts'

const server = requireServer(await startPostgres({ conf: { log_statement: 'all' } }))
const project = projects()
const fake = secretsManager()
afterAll(() => server?.stop())

const encodings = (text: string): string[] => [
  text,
  Buffer.from(text).toString('base64'),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
  JSON.stringify(text).slice(1, -1),
]

describe.skipIf(server === undefined)('no value leaves', () => {
  test('in good, failing and denied flows: neither printed, nor audited, nor in any file, label or tag', async () => {
    const prepared = await prepare(server!)
    const here = await furnishedOnAws(project(), prepared, fake(), {
      audit: [{ kind: 'file', file: 'audit.jsonl' }, { kind: 'stdout' }],
    })
    const brought = 'Brought/canary-4411"+x'
    here.write('value.json', brought)
    const id = here.ids['orders-db']
    const lines = [
      'status',
      'status orders-db',
      'check --connect',
      'plan orders-db --connect --force',
      'secret get orders-db',
      'rotate orders-db --force --value-file value.json',
      'rotate solo-db --force',
      'history orders-db',
      'doctor --fix',
      'rollback orders-db',
      'rotate orders-db --revoke-now --reason test',
      'retire orders-db',
      'store rotate-key',
      'rotate --all',
      `adopt --from aws --region ${REGION} --endpoint ${fake().endpoint} --read-values --force --out adopted.yml`,
      'secret get orders-db --reveal',
    ]
    const run = async (chosen: readonly string[]) => {
      for (const line of chosen) {
        await here.main(line.split(' '))
        await here.main([...line.split(' '), '--json'])
      }
    }
    const passwords = () =>
      Object.values(here.ids).flatMap(secret =>
        [...fake().service.peek(secret).versions.values()].flatMap(({ value }) =>
          value === undefined ? [] : [JSON.parse(value).password as string],
        ),
      )
    await run(lines)
    const rotation = {
      RotationLambdaARN: `arn:aws:lambda:${REGION}:123456789012:function:SecretsManagerRDSPostgreSQLRotationMultiUser`,
    }
    const { RotateSecretCommand } = await import('@aws-sdk/client-secrets-manager')
    const client = fake().client()
    await client.send(new RotateSecretCommand({ SecretId: id, ...rotation }))
    client.destroy()
    await run(['rotate orders-db --force', 'doctor', lines.at(-2)!, 'plan orders-db'])
    for (const action of [
      'GetSecretValue',
      'PutSecretValue',
      'UpdateSecretVersionStage',
      'DescribeSecret',
      'ListSecrets',
    ]) {
      fake().permissions.denyAction(KEY, action)
      await run(['rotate solo-db --force', 'check --connect', 'status', 'doctor', lines.at(-2)!])
      fake().permissions.reset()
    }
    for (const done of [
      'orders-db is rotated',
      'verified refused',
      'is not allowed',
      'Lockstep did not make',
      'adopted.yml',
    ])
      expect(here.printed).toContain(done)

    expect(here.printed).toContain('cancel-rotate-secret')
    const values = [...new Set([...passwords(), brought, prepared.password])]
    expect(values.length).toBeGreaterThan(4)
    here.write('value.json', '')
    const told = Object.values(here.ids).map(secret => {
      const { tags, versions } = fake().service.peek(secret)
      return JSON.stringify([tags, [...versions].map(([version, { stages }]) => [version, stages])])
    })
    const files = readdirSync(here.folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    const places = { printed: here.printed, files: files.join('\n'), labels: told.join('\n') }
    for (const value of values)
      for (const [place, text] of Object.entries(places))
        for (const form of encodings(value)) expect(text.includes(form), `a value in ${place}`).toBe(false)
  })
})
