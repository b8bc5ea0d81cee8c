/** The two tables of gcp/README.md, line by line: what consumers read at every moment. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { RotationId, SecretState, VersionId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { ReadBy } from '../../gcp/secret-store.ts'
import { byAlias, Place } from './support.ts'

const ID = 'app-db'
const rotation = `ls-${'1'.repeat(40)}` as RotationId
const back = `lr-${'2'.repeat(40)}` as RotationId

class Moment extends Place {
  readonly readBy: ReadBy
  readonly one
  readonly run = this.call()
  base = '' as VersionId

  constructor(readBy: ReadBy) {
    super()
    this.readBy = readBy
    this.one = this.store(readBy)
  }

  async seeded(): Promise<void> {
    this.fake.service.createSecret({ id: ID, value: 'old', aliases: this.readBy === 'latest' ? [] : ['current'] })
    this.base = (await this.one.describe(ID, this.run))!.current.version
  }

  async brought(): Promise<void> {
    await this.seeded()
    await this.one.putPending(ID, { rotation, base: this.base, value: SecretValue.of('new') }, this.run)
  }

  async promoted(): Promise<void> {
    await this.brought()
    await this.one.promote(ID, { rotation, base: this.base }, this.run)
  }

  /** At the last request of the promotion. */
  async died(): Promise<void> {
    await this.brought()
    this.fake.faults.next('UpdateSecret', 'reset')
    await expect(this.one.promote(ID, { rotation, base: this.base }, this.run)).rejects.toThrow()
  }

  /** Whoever reads is shown the state of before. */
  async late(): Promise<void> {
    await this.promoted()
    this.fake.faults.stale({ reads: 3, writes: this.readBy === 'latest' ? 2 : 1 }, ['AccessSecretVersion'])
  }

  async edited(): Promise<void> {
    await this.promoted()
    await this.store(this.readBy).put(ID, SecretValue.of('edited'), this.call())
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

  /** By somebody who does not know what it does. */
  async disabled(): Promise<void> {
    await this.promoted()
    const number = [...this.fake.service.peek(ID).versions.keys()].at(-1)
    await this.fake.inProcessClient().disableSecretVersion({ name: `${this.name}/versions/${number}` })
  }

  get name(): string {
    return `projects/${this.fake.projectId}/secrets/${ID}`
  }

  /** With a client of the consumer's own. */
  async read(version: string | number): Promise<string> {
    const client = this.fake.inProcessClient({ token: 'consumer' })
    return client.accessSecretVersion({ name: `${this.name}/versions/${version}` }, { maxRetries: 0 }).then(
      ([{ payload }]) => Buffer.from(payload!.data as Uint8Array).toString(),
      ({ code }) => ({ 5: '-', 9: 'refused: disabled' })[code as number] ?? `error ${code}`,
    )
  }

  get before(): number {
    return this.fake.service.peek(ID).versions.size - 1
  }
}

const moments: Readonly<Record<string, (moment: Moment) => Promise<void>>> = {
  'before the first rotation': each => each.seeded(),
  'the new value was brought': each => each.brought(),
  'the run died at the last request of the promotion': each => each.died(),
  promoted: each => each.promoted(),
  'promoted, and read late': each => each.late(),
  'edited by a person, then': each => each.edited(),
  'retirement was claimed': each => each.claimed(),
  retired: each => each.retired(),
  discarded: each => each.discarded(),
  'rolled back': each => each.rolledBack(),
  'the newest version was disabled by a person': each => each.disabled(),
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

test.each<[string, ReadBy, (moment: Moment) => readonly (string | number)[]]>([
  ['`current`', byAlias, () => ['current', 'previous', 'latest']],
  ['`latest`', 'latest', moment => ['latest', moment.before]],
])(
  'the table of gcp/README.md that begins with %s is what a consumer’s own client reads [fake]',
  async (head, readBy, columns) => {
    const readme = readFileSync(new URL('../../gcp/README.md', import.meta.url), 'utf8')
    const table = readme.split(`| moment | ${head} |`)[1]!.split('\n\n')[0]!.split('\n').slice(2)
    const lines: string[] = []
    for (const [name, reach] of Object.entries(moments)) {
      const moment = new Moment(readBy)
      await reach(moment)
      const cells: string[] = []
      for (const column of columns(moment)) cells.push(await moment.read(column))
      moment.fake.faults.clear()
      const state = (await moment.store(readBy).describe(ID, moment.call()))!
      lines.push(`| ${[name, ...cells, recordOf(state)].join(' | ')} |`)
    }
    expect(table.join('\n')).toBe(lines.join('\n'))
  },
)
