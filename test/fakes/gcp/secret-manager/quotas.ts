// Quotas (docs, "Quotas and limits"), off until a test turns them on: the limits by project, secret and version.
import { ServiceFault } from './errors.ts'

const MINUTE = 60_000
const WRITES = ['CreateSecret', 'AddSecretVersion', 'UpdateSecret', 'DeleteSecret', 'SetIamPolicy']
const STATES = ['EnableSecretVersion', 'DisableSecretVersion', 'DestroySecretVersion']

interface Limit {
  readonly name: string
  readonly metric: string
  readonly key: string
  readonly most: number
  readonly perMs: number
}

/** A call as the quotas count it. */
export interface Counted {
  readonly op: string
  /** Of the secret, or of the version for its state changes. */
  readonly resource: string
  readonly regional: boolean
  readonly at: number
}

export class Quotas {
  #enforced = false
  readonly #times = new Map<string, number[]>()

  enforce(on = true): void {
    this.#enforced = on
    this.#times.clear()
  }

  /** @throws ServiceFault RESOURCE_EXHAUSTED; a call that is refused does not count. */
  count(call: Counted, projectNumber: string): void {
    if (!this.#enforced) return
    const limits = limitsOf(call)
    for (const limit of limits) {
      if (this.#recent(limit, call.at).length >= limit.most) throw exhausted(limit, projectNumber)
    }
    for (const limit of limits) this.#times.get(limit.key)!.push(call.at)
  }

  #recent({ key, perMs }: Limit, at: number): readonly number[] {
    const recent = (this.#times.get(key) ?? []).filter(time => time > at - perMs)
    this.#times.set(key, recent)
    return recent
  }
}

function limitsOf({ op, resource, regional }: Counted): readonly Limit[] {
  if (op === 'AccessSecretVersion') return [perMinute('Access requests', 'access_requests', 90_000)]
  const write = WRITES.includes(op) || STATES.includes(op)
  const project = write
    ? perMinute('Write requests', 'write_requests', 600)
    : perMinute('Read requests', 'read_requests', 600)
  return [project, ...ofResource(op, resource, regional)]
}

/** Soft limits of one resource: 2 a second and 120 a minute for a global secret, 1 and 60 for a version's state. */
function ofResource(op: string, resource: string, regional: boolean): readonly Limit[] {
  const state = STATES.includes(op)
  if (!state && op !== 'AddSecretVersion' && op !== 'UpdateSecret') return []
  const what = { name: 'Write requests', metric: 'write_requests_per_resource' }
  const second = regional ? (state ? 50 : 80) : state ? 1 : 2
  const limits = [{ ...what, key: `${resource} second`, most: second, perMs: 1000 }]
  return regional ? limits : [...limits, { ...what, key: `${resource} minute`, most: second * 60, perMs: MINUTE }]
}

const perMinute = (name: string, metric: string, most: number): Limit => ({
  name,
  metric,
  key: metric,
  most,
  perMs: MINUTE,
})

/** Text and details in the form in which Google's quota service answers for every API. */
function exhausted({ name, metric, most, perMs }: Limit, projectNumber: string): ServiceFault {
  const limit = `${name} per ${perMs === MINUTE ? 'minute' : 'second'}`
  const text =
    `Quota exceeded for quota metric '${name}' and limit '${limit}' of service 'secretmanager.googleapis.com' ` +
    `for consumer 'project_number:${projectNumber}'.`
  return new ServiceFault('RESOURCE_EXHAUSTED', text, {
    reason: 'RATE_LIMIT_EXCEEDED',
    domain: 'googleapis.com',
    metadata: {
      consumer: `projects/${projectNumber}`,
      quota_limit: limit.replaceAll(/\b./g, letter => letter.toUpperCase()).replaceAll(' ', ''),
      quota_limit_value: String(most),
      quota_location: 'global',
      quota_metric: `secretmanager.googleapis.com/${metric}`,
      service: 'secretmanager.googleapis.com',
    },
  })
}

export const throttled = (projectNumber: string): ServiceFault =>
  exhausted(perMinute('Write requests', 'write_requests', 600), projectNumber)
