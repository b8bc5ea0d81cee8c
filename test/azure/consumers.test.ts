/** The table of azure/README.md, line by line: what consumers read at every moment. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { RotationId, SecretState, VersionId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Place } from './support.ts'

const ID = 'app-db'
const rotation = `ls-${'1'.repeat(40)}` as RotationId
const back = `lr-${'2'.repeat(40)}` as RotationId

class Moment extends Place {
  readonly one = this.store()
  readonly run = this.call()
  base = '' as VersionId

  async seeded(): Promise<void> {
    this.base = this.edit(ID, 'old') as VersionId
    await this.one.describe(ID, this.run)
  }

  async brought(): Promise<void> {
    await this.seeded()
    await this.one.putPending(ID, { rotation, base: this.base, value: SecretValue.of('new') }, this.run)
  }

  async promoted(): Promise<void> {
    await this.brought()
    await this.one.promote(ID, { rotation, base: this.base }, this.run)
  }

  async died(): Promise<void> {
    await this.brought()
    this.blobs.faults.next('PutBlob', 'reset')
    await expect(this.one.promote(ID, { rotation, base: this.base }, this.run)).rejects.toThrow()
  }

  async repeated(): Promise<void> {
    await this.brought()
    this.vault.faults.next('SetSecret', 'twice')
    await this.one.promote(ID, { rotation, base: this.base }, this.run)
  }

  async edited(): Promise<void> {
    await this.promoted()
    this.edit(ID, 'edited')
  }

  async claimed(): Promise<void> {
    await this.promoted()
    await this.one.claimRetire(ID, this.base, 60_000, this.run)
  }

  async retired(): Promise<void> {
    await this.claimed()
    await this.one.retirePrevious(ID, this.base, this.run)
  }

  async discarded(): Promise<void> {
    await this.brought()
    await this.one.discardPending(ID, rotation, this.run)
  }

  async rolledBack(): Promise<void> {
    await this.promoted()
    const call = this.call()
    const base = (await this.one.describe(ID, call))!.current.version
    await this.one.putPending(ID, { rotation: back, base, value: SecretValue.of('old') }, call)
    await this.one.promote(ID, { rotation: back, base }, call)
  }

  async failedOver(): Promise<void> {
    await this.brought()
    this.vault.service.readOnly()
  }

  /** With a client of the consumer's own. */
  async read(version?: string): Promise<string> {
    const client = this.vault.inProcessClient({ identity: 'consumer', retryOptions: { maxRetries: 0 } })
    return client.getSecret(ID, version === undefined ? {} : { version }).then(
      ({ value }) => value!,
      error => (error.details.error.innerError.code === 'SecretDisabled' ? 'disabled' : '-'),
    )
  }

  /** In the order in which they were set. */
  get versions(): readonly string[] {
    return [...this.vault.service.peek(ID).versions.keys()]
  }
}

const moments: Readonly<Record<string, (moment: Moment) => Promise<void>>> = {
  'before the first rotation': each => each.seeded(),
  'the new value was brought': each => each.brought(),
  'published, and the run died': each => each.died(),
  'published again by what was on its way': each => each.repeated(),
  promoted: each => each.promoted(),
  'edited by a person, then': each => each.edited(),
  'retirement was claimed': each => each.claimed(),
  retired: each => each.retired(),
  discarded: each => each.discarded(),
  'rolled back': each => each.rolledBack(),
  'the region failed over while pending': each => each.failedOver(),
}

function recordOf({ pending, previous, retiring, anomaly }: SecretState): string {
  const words = [
    ...(pending ? ['pending', ...(pending.published ? ['published'] : [])] : []),
    ...(previous ? ['previous'] : []),
    ...(retiring === undefined ? [] : ['retiring']),
    ...(anomaly ? [anomaly] : []),
  ]
  return words.join(', ') || 'nothing'
}

test('the table in azure/README.md is what a consumer’s own client reads [fake]', async () => {
  const readme = readFileSync(new URL('../../azure/README.md', import.meta.url), 'utf8')
  const table = readme.split('| moment |')[1]!.split('\n\n')[0]!.split('\n').slice(2)
  const lines: string[] = []
  for (const [name, reach] of Object.entries(moments)) {
    const moment = new Moment()
    await reach(moment)
    const before = moment.versions.at(-2)
    const state = (await moment.store().describe(ID, moment.call()))!
    const cells = [name, await moment.read(), before ? await moment.read(before) : '-', recordOf(state)]
    lines.push(`| ${cells.join(' | ')} |`)
  }
  expect(table).toEqual(lines)
})
