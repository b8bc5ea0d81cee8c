/** `docs/permissions.md` is what the tables say, line by line; and the table of AWS leaves no call out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { table } from '../../infra/permissions/aws.ts'
import { permissionsPage } from '../../scripts/permissions-page.ts'
import { root } from './service.ts'

const text = (file: string): string => readFileSync(join(root, file), 'utf8')
const actionsOf = (file: string): readonly string[] =>
  table.filter(({ neededBy }) => neededBy.startsWith(`${file}#`)).map(({ action }) => action)
const found = (file: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text(file).matchAll(pattern)].map(([, name]) => name!)),
]

test('the page is what `node scripts/write-permissions.ts` writes', async () => {
  expect(text('docs/permissions.md')).toBe(await permissionsPage())
})

test.each([
  ['aws/requests.ts', /operation: '(\w+)'/g, 'secretsmanager'],
  ['aws/hooks-ecs.ts', /ask\('(\w+)'/g, 'ecs'],
  ['aws/hooks-lambda.ts', /operation: '(\w+)'/g, 'lambda'],
  ['aws/targets/elasticache-users.ts', /query\(api, '(\w+)'/g, 'elasticache'],
  ['aws/drop-in/managed-databases.ts', /asking\('(\w+)'/g, 'rds'],
])('every call of %s is in the table', (file, calls, service) => {
  const asked = found(file, calls).map(name => `${service}:${name}`)
  expect(asked.length).toBeGreaterThan(1)
  expect(actionsOf(file)).toEqual(expect.arrayContaining([...asked]))
})

test('the other files that speak to AWS are in it too', () => {
  expect(actionsOf('aws/queue.ts')).toEqual(['sqs:SendMessage'])
  expect(found('aws/queue.ts', /new (\w+Command)\(/g)).toEqual(['SendMessageBatchCommand'])
  expect(actionsOf('aws/client.ts')).toEqual(['sts:AssumeRole'])
  expect(actionsOf('aws/admin-token.ts')).toEqual(['rds-db:connect'])
})
