/**
 * A reader of the README who types its part on AWS, with our fake of Secrets Manager and a real PostgreSQL behind it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { type FakeSecretsManager, startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { blocksOf, type Line, linesOf, root } from './blocks.ts'

const blocks = blocksOf('README.md').filter(({ more }) => more === 'aws')
const server = requireServer(await startPostgres({ tls: true }))
const PASSWORD = 'the-password-of-today'
const TEMPLATE = 'arn:aws:lambda:eu-central-1:123456789012:function:SecretsManagerRDSPostgreSQLRotationSingleUser'

describe.skipIf(server === undefined)('the README on AWS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-readme-aws-'))
  let fake: FakeSecretsManager

  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    symlinkSync(join(root, 'cli/lockstep.mjs'), join(folder, 'node_modules/.bin/lockstep'))
    writeFileSync(join(folder, 'ca.pem'), server!.tls!.ca)
    fake = await startSecretsManager({ region: 'eu-central-1' })
    await server!.sql(`CREATE ROLE reports LOGIN PASSWORD '${PASSWORD}'`)
    const value = { engine: 'postgres', host: 'localhost', port: server!.port, username: 'reports', password: PASSWORD }
    fake.service.createSecret({ name: 'prod/reports', value: JSON.stringify({ ...value, dbname: 'postgres' }) })
    const rotation = { lambdaArn: TEMPLATE }
    fake.service.createSecret({ name: 'prod/orders', value: JSON.stringify({ ...value, username: 'o' }), rotation })
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await fake.close()
    await server?.stop()
  })

  const type = async ({ command, exit }: Line): Promise<string> => {
    const env = {
      PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      // The only thing that tells the fake from the service.
      AWS_ENDPOINT_URL_SECRETS_MANAGER: fake.endpoint,
      NO_COLOR: '1',
    }
    const child = spawn('bash', ['-c', command.replace(/^npx /, '')], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += chunk))
    const [code] = await once(child, 'close')
    expect({ command, exit: code }, printed).toEqual({ command, exit })
    expect(printed).not.toContain(PASSWORD)
    return printed
  }

  test('every block, from top to bottom', async () => {
    for (const { kind, text } of blocks) {
      if (kind === 'yaml') {
        const corrected = text
          .replace('port: 5432', `port: ${server!.port}`)
          .replace('      endpoints:', '      tls: { mode: verify-full, ca: ./ca.pem }\n      endpoints:')
        expect(corrected).not.toBe(text)
        writeFileSync(join(folder, 'lockstep.yml'), corrected)
      } else for (const line of linesOf({ text } as never)) await type(line)
    }
  })

  test('ended where it says: rotated, on record, the old password refused, the other secret untouched', async () => {
    await expect(server!.connect('reports', PASSWORD)).rejects.toMatchObject({ code: '28P01' })
    expect(readFileSync(join(folder, 'lockstep-audit.jsonl'), 'utf8')).toContain('"secret_rotated"')
    const adopted = loadConfig(readFileSync(join(folder, 'adopted.yml'), 'utf8'), { fileName: 'adopted.yml' })
    expect([...adopted.secrets.keys()]).toEqual(['prod/orders'])
    expect(fake.service.peek('prod/orders').versions.size).toBe(1)
  })
})
