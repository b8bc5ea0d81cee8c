/**
 * Azurite, Microsoft's emulator of Azure Storage: a second opinion on Blob storage beside our own fake, and the server of
 * queues. Installed into the stand from npm at first use (318 packages, 190 MB), never a dependency of the project.
 * @module
 */
import path from 'node:path'
import { longCommand, madeOnce } from './once.ts'
import { serve } from './process.ts'
import { atFreePort, freshFolder, orUnavailable, standRoot, type Unavailable } from './stand.ts'

/** 3.37.0 asks for a package that no registry in reach has. */
export const AZURITE_VERSION = '3.36.0'

/** The account and key that every Azurite has: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite */
const ACCOUNT = 'devstoreaccount1'
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export interface Azurite {
  /** `http://127.0.0.1:<port>/devstoreaccount1` */
  readonly blobEndpoint: string
  readonly queueEndpoint: string
  readonly account: string
  readonly key: string
  /** For the `fromConnectionString` of both clients. */
  readonly connectionString: string
  log(): string
  /** Ends both servers. All data is in memory and goes with them. */
  stop(): Promise<void>
}

/** No npm and no way to its registry: `{ unavailable }`. */
export const startAzurite = (): Promise<Azurite | Unavailable> => orUnavailable(`azurite ${AZURITE_VERSION}`, start)

async function start(): Promise<Azurite> {
  const folder = await madeOnce(path.join(standRoot(), 'npm', `azurite-${AZURITE_VERSION}`), install)
  const [blob, queue] = await Promise.all([startService(folder, 'blob'), startService(folder, 'queue')])
  const connection = [
    `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY}`,
    `BlobEndpoint=${blob.endpoint};QueueEndpoint=${queue.endpoint};`,
  ]
  return {
    blobEndpoint: blob.endpoint,
    queueEndpoint: queue.endpoint,
    account: ACCOUNT,
    key: KEY,
    connectionString: connection.join(';'),
    log: () => blob.server.log() + queue.server.log(),
    stop: async () => {
      await Promise.all([blob.server.stop(), queue.server.stop()])
    },
  }
}

const startService = (folder: string, service: 'blob' | 'queue') => atFreePort(port => startAt(folder, service, port))

async function startAt(folder: string, service: 'blob' | 'queue', port: number) {
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`
  const server = await serve({
    folder: freshFolder(`azurite-${service}`),
    command: process.execPath,
    args: [
      path.join(folder, 'node_modules/azurite/dist/src', service, 'main.js'),
      ...['--inMemoryPersistence', '--silent', '--skipApiVersionCheck', '--disableTelemetry'],
      ...[`--${service}Host`, '127.0.0.1', `--${service}Port`, String(port)],
    ],
    // any answer will do: without a key this one is a refusal
    ready: async () => {
      await fetch(`${endpoint}?comp=list`)
    },
    endSignal: 'KILL',
  })
  return { server, endpoint }
}

async function install(folder: string): Promise<void> {
  const how = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await longCommand('npm', ['install', '--prefix', folder, ...how, `azurite@${AZURITE_VERSION}`])
}
