/**
 * Who leads each replicated secret, in a blob of its own: replaced under If-Match, created under If-None-Match. No vault is needed, and
 * none could hold it.
 * @module
 */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { ContainerClient } from '@azure/storage-blob'
import { isRotationError, RotationError } from '../core/errors.ts'
import type { LeaderRecord, LeaderRegister } from '../core/ports/leader-register.ts'
import { parseRecord, recordText, sameRecord } from '../core/replication/record.ts'
import { registerId } from '../core/replication/store-register.ts'
import { type Credential, createContainer, type JournalPlace } from './client.ts'
import type { Asked, Holding } from './errors.ts'
import { type AzureClock, type Bounds, Sender, unlessAbsent } from './send.ts'

export interface BlobRegisterOptions {
  readonly place: JournalPlace
  readonly deployment: string
  readonly clock: AzureClock
  /** Default: what `DefaultAzureCredential` finds. */
  readonly credential?: Credential | undefined
}

/** Nothing is asked yet. A package missing: `driver-missing`. */
export async function openBlobRegister(options: BlobRegisterOptions): Promise<BlobRegister> {
  const { place, deployment, clock, credential } = options
  return new BlobRegister(await createContainer(place, credential, 'epochs.blob.url'), clock, deployment, place.prefix)
}

interface Stored {
  readonly record: LeaderRecord
  readonly etag: string
}

const HOLDS: Holding = { one: 'record of who leads', all: 'records of who leads', key: 'epochs.blob' }
const ACTION = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/'
/** A large record is a kilobyte. */
const LARGEST = 100_000
/** Of two who are overtaken for ever, one gives up. */
const TRIES = 5

export class BlobRegister implements LeaderRegister {
  readonly #container: ContainerClient
  readonly #sender: Sender
  readonly #deployment: string
  readonly #prefix: string

  /** The client must not repeat requests by itself. */
  constructor(container: ContainerClient, clock: AzureClock, deployment: string, prefix = '') {
    this.#container = container
    this.#sender = new Sender(clock)
    this.#deployment = deployment
    this.#prefix = prefix
  }

  /** The blob of a secret, as a person finds it in the container. */
  nameOf(secret: string): string {
    return `${this.#prefix}${registerId(this.#deployment, secret)}.json`
  }

  /** blobs/read. */
  async read(secret: string, call: Bounds): Promise<LeaderRecord | undefined> {
    return (await this.#stored(secret, call))?.record
  }

  /** blobs/write. */
  async create(secret: string, first: LeaderRecord, call: Bounds): Promise<LeaderRecord> {
    return (await this.read(secret, call)) ?? (await this.#put(secret, first, undefined, call)) ?? first
  }

  /** blobs/write. */
  async swap(secret: string, was: LeaderRecord, next: LeaderRecord, call: Bounds): Promise<LeaderRecord> {
    for (let tries = 0; tries < TRIES; tries++) {
      const stored = await this.#stored(secret, call)
      if (!stored)
        throw new RotationError('secret-not-found', 'There is no record of who leads this secret.', {
          at: this.nameOf(secret),
        })
      if (!sameRecord(stored.record, was)) return stored.record
      // what has moved may be the blob alone, written again as it was
      const stands = await this.#put(secret, next, stored, call)
      if (stands && !sameRecord(stands, was)) return stands
    }
    throw new RotationError('busy', 'The record of who leads keeps changing.', { at: this.nameOf(secret) })
  }

  async #stored(secret: string, call: Bounds): Promise<Stored | undefined> {
    const name = this.nameOf(secret)
    const found = await unlessAbsent(
      this.#sender.send(call, asked('GetBlob', 'read', name), async abortSignal => {
        const {
          readableStreamBody,
          etag = '',
          metadata = {},
        } = await this.#container.getBlobClient(name).download(0, undefined, { abortSignal })
        const chunks: Buffer[] = []
        let size = 0
        for await (const chunk of readableStreamBody ?? []) {
          chunks.push(Buffer.from(chunk))
          size += chunk.length
          if (size > LARGEST) break
        }
        return { text: Buffer.concat(chunks).toString(), etag, digest: metadata.digest }
      }),
    )
    if (!found) return undefined
    const record = parseRecord(found.text)
    if (found.digest === digestOf(found.text)) return { record, etag: found.etag }
    throw new RotationError('conflict', 'The record of who leads was changed by somebody.', {
      at: name,
      next: 'Put back the version before, from the versions of the blob that the account keeps.',
    })
  }

  /**
   * Over what was read, or where there is none. Answers what stands afterwards: a refusal, and an answer that is lost, are looked into.
   */
  async #put(
    secret: string,
    next: LeaderRecord,
    over: Stored | undefined,
    call: Bounds,
  ): Promise<LeaderRecord | undefined> {
    const name = this.nameOf(secret)
    const text = recordText(next)
    const options = {
      conditions: over ? { ifMatch: over.etag } : { ifNoneMatch: '*' },
      metadata: { digest: digestOf(text) },
      blobHTTPHeaders: { blobContentType: 'application/json' },
    }
    const blob = this.#container.getBlockBlobClient(name)
    try {
      await this.#sender.send(call, asked('PutBlob', 'write', name), abortSignal =>
        blob.upload(text, Buffer.byteLength(text), { ...options, abortSignal }),
      )
      return next
    } catch (error) {
      if (!isRotationError(error, 'stale', 'unknown')) throw error
      const stands = await this.read(secret, call)
      if (error.code === 'stale' || (stands && sameRecord(stands, next))) return stands
      throw error
    }
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const asked = (operation: string, action: 'read' | 'write', at: string): Asked => ({
  service: 'Blob storage',
  operation,
  action: `${ACTION}${action}`,
  at,
  writes: action === 'write',
  holds: HOLDS,
})
