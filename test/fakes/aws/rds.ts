/**
 * As much of RDS as a rotation function asks for: two descriptions, in the service's XML over HTTP. Not a fake of the service.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
 * @module
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Fields of a description, as XML elements; a field in a field as an object. */
export interface Described {
  readonly [field: string]: string | number | Described
}

export interface Rds {
  readonly endpoint: string
  /** By identifier, or by ARN where it is asked for by that. */
  readonly instances: Map<string, Described>
  readonly clusters: Map<string, Described>
  close(): Promise<void>
}

const kinds = {
  DescribeDBInstances: {
    id: 'DBInstanceIdentifier',
    list: 'DBInstances',
    each: 'DBInstance',
    none: 'DBInstanceNotFound',
  },
  DescribeDBClusters: {
    id: 'DBClusterIdentifier',
    list: 'DBClusters',
    each: 'DBCluster',
    none: 'DBClusterNotFoundFault',
  },
} as const
const NAMESPACE = 'xmlns="http://rds.amazonaws.com/doc/2014-10-31/"'

const xml = (fields: Described): string =>
  Object.entries(fields)
    .map(([name, value]) => `<${name}>${typeof value === 'object' ? xml(value) : value}</${name}>`)
    .join('')

export async function startRds(): Promise<Rds> {
  const instances = new Map<string, Described>()
  const clusters = new Map<string, Described>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const input = new URLSearchParams(body)
    const operation = input.get('Action') as keyof typeof kinds
    const { id, list, each, none } = kinds[operation]
    const found = (operation === 'DescribeDBInstances' ? instances : clusters).get(input.get(id) ?? '')
    const answer = found
      ? `<${operation}Response ${NAMESPACE}><${operation}Result>${xml({ [list]: { [each]: found } })}</${operation}Result></${operation}Response>`
      : `<ErrorResponse ${NAMESPACE}><Error><Type>Sender</Type><Code>${none}</Code><Message>none</Message></Error></ErrorResponse>`
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/xml' }).end(answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    instances,
    clusters,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
