/**
 * The record of each secret, in a blob of its own, replaced under If-Match and created under If-None-Match: the one place where
 * one of several runs wins. Key Vault has nothing of the kind.
 * @module
 */
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { ContainerClient } from '@azure/storage-blob'
import { isRotationError } from '../core/errors.ts'
import { type Ledger, parseLedger, writeLedger } from '../core/ledger/record.ts'
import type { SecretSummary } from '../core/ports/secret-store.ts'
import type { Asked } from './errors.ts'
import { type AzureClock, type Bounds, Sender, unlessAbsent } from './send.ts'
import { readSummary, writeSummary } from './summary.ts'

export interface Entry {
  readonly ledger: Ledger
  readonly etag: string
}

interface Stored extends Entry {
  /** Names the one write that made it what it is. */
  readonly writer: string | undefined
}

const ACTION = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/'

/** A large ledger is a few kilobytes. */
const LARGEST = 1_000_000

export class Journal {
  readonly #container: ContainerClient
  readonly #sender: Sender
  readonly #folder: string

  /** `vault`: host, with its port if it has one. The client must not repeat requests by itself. */
  constructor(container: ContainerClient, clock: AzureClock, vault: string, prefix = '') {
    this.#container = container
    this.#sender = new Sender(clock)
    this.#folder = `${prefix}${folderOf(vault)}`
  }

  /** The blob of a secret, as a person finds it in the container. */
  nameOf(secret: string): string {
    return `${this.#folder}${secret.toLowerCase()}${SUFFIX}`
  }

  /** blobs/read. Absent: undefined. A container that is not there is no absence: `refused`. */
  async read(secret: string, call: Bounds): Promise<Entry | undefined> {
    return unlessAbsent(this.#read(secret, call))
  }

  /**
   * blobs/write. `over`: the entry that it replaces; none: there must be none yet. Moved since: `stale`. An answer that is lost, or
   * a refusal of what something on the way has sent twice, is looked into: the blob says who wrote it.
   */
  async write(secret: string, ledger: Ledger, over: Entry | undefined, call: Bounds): Promise<Entry> {
    const writer = randomUUID()
    try {
      const etag = await this.#put(secret, ledger, writer, over, call)
      return { ledger, etag }
    } catch (error) {
      if (!isRotationError(error, 'stale', 'unknown')) throw error
      const now = await unlessAbsent(this.#read(secret, call)).catch(() => undefined)
      if (now?.writer === writer) return { ledger, etag: now.etag }
      throw error
    }
  }

  /** blobs/read, for each 5,000. Of the vault's secrets that have a journal, those whose names begin so. */
  async *list(prefix: string, call: Bounds): AsyncIterable<SecretSummary> {
    const from = `${this.#folder}${prefix.toLowerCase()}`
    for (let marker: string | undefined; ; ) {
      const options = { prefix: from, includeMetadata: true }
      const page = await this.#sender.send(call, asked('ListBlobs', 'read', undefined), async abortSignal => {
        const at = marker === undefined ? {} : { continuationToken: marker }
        return (
          await this.#container
            .listBlobsFlat({ ...options, abortSignal })
            .byPage(at)
            .next()
        ).value
      })
      for (const { name, metadata, properties } of page?.segment.blobItems ?? []) {
        const secret = secretOf(name, this.#folder)
        if (secret !== undefined) yield readSummary(secret, metadata, properties.lastModified.getTime())
      }
      marker = page?.continuationToken || undefined
      if (marker === undefined) return
    }
  }

  async #read(secret: string, call: Bounds): Promise<Stored> {
    const blob = this.#container.getBlobClient(this.nameOf(secret))
    return this.#sender.send(call, asked('GetBlob', 'read', secret), async abortSignal => {
      const { readableStreamBody, etag = '', metadata = {} } = await blob.download(0, undefined, { abortSignal })
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of readableStreamBody ?? []) {
        chunks.push(Buffer.from(chunk))
        size += chunk.length
        if (size > LARGEST) break
      }
      const ledger = parseLedger(Buffer.concat(chunks).toString(), secret)
      return { ledger, etag, writer: metadata.writer }
    })
  }

  #put(secret: string, ledger: Ledger, writer: string, over: Entry | undefined, call: Bounds): Promise<string> {
    const blob = this.#container.getBlockBlobClient(this.nameOf(secret))
    const text = writeLedger(ledger)
    const options = {
      conditions: over ? { ifMatch: over.etag } : { ifNoneMatch: '*' },
      metadata: { writer, summary: writeSummary(secret, ledger) },
      blobHTTPHeaders: { blobContentType: 'application/json' },
    }
    return this.#sender.send(call, asked('PutBlob', 'write', secret), async abortSignal => {
      const { etag = '' } = await blob.upload(text, Buffer.byteLength(text), { ...options, abortSignal })
      return etag
    })
  }
}

const asked = (operation: string, action: 'read' | 'write', at: string | undefined): Asked => ({
  service: 'Blob storage',
  operation,
  action: `${ACTION}${action}`,
  at,
  writes: action === 'write',
})

const SUFFIX = '.json'

/** `my-kv.vault.azure.net/`; a port's colon, which would be escaped in addresses, becomes what no host has. */
const folderOf = (vault: string): string => `${vault.toLowerCase().replace(':', '_')}/`

/** The way back: names of secrets have no slash and no dot, and are the same in both cases. */
export function secretOf(blob: string, folder: string): string | undefined {
  const name = blob.startsWith(folder) && blob.endsWith(SUFFIX) ? blob.slice(folder.length, -SUFFIX.length) : ''
  return /^[0-9a-z-]+$/.test(name) ? name : undefined
}
