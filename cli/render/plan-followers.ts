/**
 * Followers in a plan: who follows and who waits for whom, where consumers are cut off, what a late copy can do, how large a value may be.
 * @module
 */
import type { EpochsConfig, FollowerConfig, StoreConfig } from '../../core/config/types.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import type { Look } from '../look.ts'
import { placeOf, promisesOf } from '../stores.ts'
import { behindBy, type Shown } from './followers.ts'
import { span } from './time.ts'

export interface FollowersView {
  /** Those of the configuration, and the store that leads first, but not who leads now. */
  readonly members: readonly PlannedMember[]
  readonly stores: ReadonlyMap<string, StoreConfig>
  readonly epochs: EpochsConfig | undefined
  readonly acceptGap: readonly string[]
}

export interface PlannedMember extends Pick<FollowerConfig, 'name' | 'store' | 'required' | 'timeout' | 'replica'> {
  /** Bytes. Undefined: its store cannot be opened from here. */
  readonly maxValue: number | undefined
}

type Line = readonly [label: string, text: string | undefined]

export function followerLines(look: Look, view: FollowersView): readonly Line[] {
  if (!look.lead) return []
  const { members } = view
  return [
    ['leader', leaderText(look)],
    ['followers', members.map(one => followerText(one, look, view)).join('\n')],
    ['gap', look.target.overlap === 'gap' ? members.map(one => gapText(one, view)).join('\n') : undefined],
    ['late copies', members.map(one => `${one.name}: ${lateCopy(view.stores.get(one.store)!, one)}`).join('\n')],
    ['value', sizeText(members)],
    [
      'epochs',
      view.epochs && `who leads is written in ${registerPlace(view)}; while that cannot be read, nothing rotates`,
    ],
  ]
}

const leaderText = ({ lead }: Look): string => {
  const { leader, record, error } = lead!
  if (error) return `not known: ${error.message}`
  return record ? `${leader}, epoch ${record.epoch}` : `nobody on record yet; ${leader} by the configuration`
}

function followerText(
  { name, store, required, timeout }: PlannedMember,
  { followers }: Look,
  view: FollowersView,
): string {
  const gate = required
    ? 'required: the old credential lives, and no rotation begins, until it shows current'
    : 'best effort: nothing waits for it'
  const seen = followers?.followers.find(({ follower }) => follower === name)
  const stands = seen ? `${standing(seen, followers!.sequence)}; ` : ''
  return `${name}, ${placeOf(view.stores.get(store)!)}: ${stands}${gate} (a visit takes ${span(timeout)} at most)`
}

function standing(one: Shown, sequence: number): string {
  if (one.standing === 'in-sync') return 'in sync'
  if (one.standing === 'unknown') return `not reached (${one.error?.message ?? 'no answer'})`
  if (one.standing !== 'behind') return one.standing
  const by = behindBy(one, sequence)
  return by === undefined ? 'no copy yet, made first' : `${by} behind, brought up first`
}

function gapText({ name, timeout }: PlannedMember, { acceptGap }: FollowersView): string {
  const accepted = acceptGap.includes(name) ? 'accepted by `acceptGap`' : 'not accepted: refused'
  return `consumers of ${name} are cut off from set until their copy is shown: the leader's gap and one visit more (${span(timeout)} at most, longer if it cannot be reached); the value is staged there before set; ${accepted}`
}

/** What its store does with a copy that lands after a later one. */
const lateCopy = (store: StoreConfig, { replica }: PlannedMember): string =>
  replica ? 'Secrets Manager copies by itself; it is looked at there and never written' : promisesOf(store).copies

function sizeText(members: readonly PlannedMember[]): string | undefined {
  const known = members.filter(({ maxValue }) => maxValue !== undefined)
  const smallest = known.sort((a, b) => a.maxValue! - b.maxValue!)[0]
  return smallest && `at most ${smallest.maxValue!.toLocaleString('en-US')} bytes, by ${smallest.name}`
}

function registerPlace({ epochs, stores }: FollowersView): string {
  if (epochs && 'store' in epochs) return `${epochs.store} (${placeOf(stores.get(epochs.store)!)})`
  return epochs ? `${epochs.blob.url}/${epochs.blob.container}` : ''
}

export function followersData(look: Look, view: FollowersView): { readonly [key: string]: Loggable } {
  const { lead, followers } = look
  if (!lead) return {}
  return {
    leader: lead.record ? lead.leader : null,
    epoch: lead.record?.epoch ?? null,
    epochs: registerPlace(view),
    followers: view.members.map(one => {
      const seen = followers?.followers.find(({ follower }) => follower === one.name)
      return {
        ...{ follower: one.name, required: one.required, timeout_ms: one.timeout },
        standing: seen?.standing ?? null,
        behind: (seen && behindBy(seen, followers!.sequence)) ?? null,
        late_copy: lateCopy(view.stores.get(one.store)!, one),
        gap: look.target.overlap === 'gap',
        max_value_bytes: one.maxValue ?? null,
      }
    }),
  }
}
