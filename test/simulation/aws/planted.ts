// Bugs planted into the adapter and into the steps: each must be found, or the simulator proves nothing.

import { CURRENT, isOwnLabel, PENDING, PREVIOUS, turnOf } from '../../../aws/labels.ts'
import type { Requests } from '../../../aws/requests.ts'
import type { SecretStore, VersionId } from '../../../core/ports/secret-store.ts'
import { runStep } from '../../../core/rotation/run-step.ts'
import { type Adapter, realAdapter } from './backend.ts'
import type { Subject } from './cells.ts'
import type { RunStep } from './drive.ts'

export interface PlantedOnAws {
  readonly name: string
  readonly subject: Subject
  /** Cells in which it is looked for, by the beginning of their names. */
  readonly where: readonly string[]
  /** Only in scenarios whose names hold this. */
  readonly only?: string
  /** Left out of the short run. */
  readonly long?: boolean
}

type Change<T> = (inner: T) => Partial<T>

/** An object with some of its methods replaced. */
function changed<T extends object>(inner: T, change: Change<T>): T {
  const replaced = change(inner)
  return new Proxy(inner, {
    get(_, property) {
      const member: unknown = Reflect.get(replaced, property) ?? Reflect.get(inner, property, inner)
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
}

const onWire = (change: Change<Requests>): Subject => ({
  adapter: { ...realAdapter, requests: requests => changed(requests, change) },
})

const onPort = (change: Change<SecretStore>): Subject => {
  const adapter: Adapter = {
    ...realAdapter,
    store: (requests, clock) => changed(realAdapter.store(requests, clock), change),
    steps: (requests, clock, managed) => changed(realAdapter.steps(requests, clock, managed), change),
  }
  return { adapter }
}

const inStep = (step: RunStep): Subject => ({ step })

const stealing = onWire(inner => ({
  put: (id, version, call) =>
    inner.put(
      id,
      version.stages.some(isOwnLabel) ? { ...version, stages: [...version.stages, PENDING] } : version,
      call,
    ),
}))

/** Takes the label from whoever has it. */
const unconditional = onWire(inner => ({
  async move(id, move, call) {
    if (move.label !== CURRENT) return inner.move(id, move, call)
    const described = await inner.describe(id, call)
    const [from] = [...(described?.stages ?? [])].find(([, labels]) => labels.includes(CURRENT)) ?? []
    return inner.move(id, { ...move, ...(from && { from }) }, call)
  },
}))

const valueFromMemory = onPort(inner => ({
  putPending: async (id, draft, call) => ({ ...(await inner.putPending(id, draft, call)), value: draft.value }),
}))

const discardWithoutTurn = onWire(inner => ({
  move: async (id, move, call) => (turnOf(move.label) ? undefined : inner.move(id, move, call)),
}))

const claimNothing = onPort(() => ({ claimRetire: async () => {} }))

/** Whatever is pending by now is taken for the version that was pending before. */
const byStage = onWire(inner => ({
  async get(id, { version, stage }, call) {
    if (version === undefined || stage === undefined)
      return inner.get(id, { ...(version && { version }), ...(stage && { stage }) }, call)
    const found = await inner.get(id, { stage }, call)
    return found && { ...found, version: version as VersionId }
  },
}))

/** AWSPREVIOUS beside AWSPENDING is not looked at. */
const stillPending = onWire(inner => ({
  async describe(id, call) {
    const described = await inner.describe(id, call)
    const stages = [...(described?.stages ?? [])].map(
      ([version, labels]) =>
        [version, labels.includes(PENDING) ? labels.filter(each => each !== PREVIOUS) : labels] as const,
    )
    return described && { ...described, stages: new Map(stages) }
  },
}))

/** The database is changed in `set`, as in AWS's templates. */
const setInSet = inStep(async (setup, request, signal) => {
  const { target } = setup
  const done = await runStep(setup, request, signal)
  if (request.step !== 'set' || target.kind !== 'settable' || done.outcome !== 'done') return done
  const call = { signal, deadline: request.deadline, run: {} }
  const state = (await setup.store.describe(setup.id, call))!
  const [current, pending] = [
    await setup.store.read(setup.id, state.current.version, call),
    await setup.store.read(setup.id, { pending: request.rotation }, call),
  ]
  if (!current || !pending || current.value === 'disabled' || pending.value === 'disabled') return done
  await target.set({ current: setup.shape.read(current.value), pending: setup.shape.read(pending.value) }, call)
  return done
})

/** A repeated `create` brings another value, under a name of its own, and takes AWSPENDING for it. */
const regenerate = onWire(inner => {
  let puts = 0
  return {
    async get(id, which, call) {
      if (which.stage === PENDING && puts === 0) {
        puts++
        const current = await inner.get(id, { stage: CURRENT }, call)
        const version = `again-${which.version}`.slice(0, 36)
        if (current) await inner.put(id, { token: version, value: current.value, stages: [PENDING] }, call)
      }
      return inner.get(id, which, call)
    },
  }
})

/** What a template has put is taken as it is. */
const unchecked = inStep((setup, request, signal) => {
  const shape = { ...setup.shape, differsOnlyInLogin: () => true }
  return runStep({ ...setup, shape }, request, signal)
})

/** AWSPENDING is put with the value, also once the service has given the rotation up. */
const pendingAgain: Subject = {
  adapter: {
    ...realAdapter,
    steps: (requests, clock, managed) =>
      realAdapter.steps(
        changed(requests, inner => ({
          put: (id, version, call) => inner.put(id, { ...version, stages: [PENDING, ...version.stages] }, call),
        })),
        clock,
        managed,
      ),
  },
}

export const plantedOnAws: readonly PlantedOnAws[] = [
  {
    name: 'put directly under AWSPENDING',
    subject: stealing,
    where: ['self-driven: values'],
    only: 'somebody',
  },
  {
    name: 'promote from whatever is current',
    subject: unconditional,
    where: ['driven: people edit', 'self-driven: people edit'],
  },
  {
    name: 'the value from memory instead of the winner’s',
    subject: valueFromMemory,
    where: ['self-driven: two at once', 'self-driven: two rotations'],
  },
  {
    name: 'a discard that leaves no turn',
    subject: discardWithoutTurn,
    where: ['self-driven: values', 'driven: values'],
  },
  {
    name: 'a retirement that keeps no rotation out',
    subject: claimNothing,
    where: ['self-driven: sleepers', 'self-driven: two at once'],
  },
  {
    name: 'read by label instead of by id',
    subject: byStage,
    where: ['driven: sleepers'],
  },
  {
    name: 'AWSPENDING on a promoted version taken for a rotation',
    subject: stillPending,
    where: ['self-driven: people edit'],
    only: 'single-user: a person edits',
    long: true,
  },
  { name: 'the database is changed in `set`, not in `finish`', subject: setInSet, where: ['driven: two rotations'] },
  { name: 'a repeated step brings another value', subject: regenerate, where: ['driven: two rotations'] },
  { name: 'what a template has put is taken unchecked', subject: unchecked, where: ['driven: what a template left'] },
  { name: 'AWSPENDING put again by a late create', subject: pendingAgain, where: ['driven: people edit'] },
]
