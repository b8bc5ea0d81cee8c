/**
 * What is asked of RDS, by the real SDK over HTTP, of a stand-in that answers in the service's XML. Planted: a denial taken for
 * absence: it failed here.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ManagedDatabases, managedDatabases } from '../../aws/drop-in/managed-databases.ts'
import { failure } from '../targets/postgres/fixture.ts'

let answer: { status: number; body: string }
const asked: URLSearchParams[] = []
const server = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  asked.push(new URLSearchParams(text))
  response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body)
})
const signal = new AbortController().signal
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
let rds: ManagedDatabases

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  rds = managedDatabases({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 })
})
afterAll(() => server.close())

const found = (operation: string, content: string) => ({
  status: 200,
  body: `<${operation}Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><${operation}Result>${content}</${operation}Result>
    <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${operation}Response>`,
})
const fault = (code: string, status = 400) => ({
  status,
  body: `<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>Sender</Type><Code>${code}</Code>
    <Message>User Canary may not</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
})

describe('RDS', () => {
  test('an instance', async () => {
    answer = found(
      'DescribeDBInstances',
      `<DBInstances><DBInstance><DBInstanceIdentifier>copy</DBInstanceIdentifier><Engine>postgres</Engine>
        <Endpoint><Address>copy.example</Address><Port>5432</Port></Endpoint>
        <ReadReplicaSourceDBInstanceIdentifier>orders</ReadReplicaSourceDBInstanceIdentifier></DBInstance></DBInstances>`,
    )
    expect(await rds.instance('copy', signal)).toMatchObject({
      Endpoint: { Address: 'copy.example', Port: 5432 },
      ReadReplicaSourceDBInstanceIdentifier: 'orders',
    })
    expect(Object.fromEntries(asked.at(-1)!)).toMatchObject({
      Action: 'DescribeDBInstances',
      DBInstanceIdentifier: 'copy',
    })
  })

  test('a cluster', async () => {
    answer = found(
      'DescribeDBClusters',
      `<DBClusters><DBCluster><Endpoint>w</Endpoint><ReaderEndpoint>r</ReaderEndpoint><Port>5432</Port></DBCluster></DBClusters>`,
    )
    expect(await rds.cluster('orders', signal)).toMatchObject({ Endpoint: 'w', ReaderEndpoint: 'r', Port: 5432 })
  })

  test.each(['DBInstanceNotFound', 'DBInstanceNotFoundFault'])('%s is absence', async code => {
    answer = fault(code, 404)
    expect(await rds.instance('nowhere', signal)).toBeUndefined()
  })

  test('so is a cluster that is not there, and a name that can be none', async () => {
    for (const code of ['DBClusterNotFoundFault', 'InvalidParameterValue']) {
      answer = fault(code, 404)
      expect(await rds.cluster('nowhere', signal), code).toBeUndefined()
    }
  })

  test('a denial names the permission', async () => {
    answer = fault('AccessDenied', 403)
    const arn = 'arn:aws:rds:eu-central-1:123456789012:db:orders'
    const { message, next, at } = await failure(rds.instance(arn, signal), 'access-denied')
    expect([message, at]).toEqual(['rds:DescribeDBInstances is not allowed.', arn])
    expect(next).toContain('rds:DescribeDBInstances')
    expect(JSON.stringify(await failure(rds.cluster('x', signal), 'access-denied'))).not.toContain('Canary')
  })

  test('throttled, broken, interrupted', async () => {
    answer = fault('Throttling')
    await failure(rds.instance('x', signal), 'busy')
    answer = { status: 500, body: 'Canary' }
    const broken = await failure(rds.instance('x', signal), 'store-unavailable')
    expect(JSON.stringify(broken)).not.toContain('Canary')
    await failure(rds.instance('x', AbortSignal.abort()), 'aborted')
  })

  test('nobody there: says what a VPC needs', async () => {
    const nowhere = managedDatabases({
      endpoint: 'http://127.0.0.1:1',
      region: 'eu-central-1',
      credentials,
      maxAttempts: 1,
    })
    const { next, foreign } = await failure(nowhere.instance('x', signal), 'store-unavailable')
    expect([next, foreign]).toEqual([expect.stringContaining('VPC'), 'ECONNREFUSED'])
  })
})
