// What one secret is, as plain data. A state is never changed once it is published (record.ts): an operation that fails
// half-way changes nothing, and an older state can be served to a stale read.

export const CURRENT = 'AWSCURRENT'
export const PREVIOUS = 'AWSPREVIOUS'
export const PENDING = 'AWSPENDING'

/** Text, or bytes in base64 as the wire carries them. */
export type SecretData = { readonly text: string } | { readonly base64: string }

export interface Version {
  readonly id: string
  /** Absent: the empty version a rotation begins with. */
  value?: SecretData
  readonly stages: Set<string>
  /** Milliseconds, as everywhere inside the fake; the wire has seconds. */
  readonly createdAt: number
  readonly kmsKeyId?: string
}

export interface RotationRules {
  AutomaticallyAfterDays?: number
  Duration?: string
  ScheduleExpression?: string
}

export interface RotationSettings {
  enabled: boolean
  lambdaArn?: string
  rules?: RotationRules
  roleArn?: string
  metadata?: { Key: string; Value: string }[]
  lastRotatedAt?: number
  nextAt?: number
}

/** A rotation that the service drives. It is ongoing while `running` or `failed`: a failed one is attempted again. */
export interface Rotation {
  readonly token: string
  readonly rotationToken: string
  readonly test: boolean
  readonly startedAt: number
  state: 'running' | 'failed' | 'succeeded' | 'abandoned' | 'cancelled'
}

export interface Replica {
  readonly region: string
  readonly kmsKeyId?: string
  readonly createdAt: number
  /** Why it could not be created. */
  readonly failure?: string
}

export interface SecretState {
  readonly arn: string
  readonly name: string
  readonly primaryRegion: string
  readonly createdAt: number
  changedAt: number
  deletedAt?: number
  description?: string
  kmsKeyId?: string
  type?: string
  owningService?: string
  policy?: string
  tags: Map<string, string>
  /** Recorded on AWS: an empty list of tags is shown where there were tags once, none where there never were. */
  tagged?: boolean
  versions: Map<string, Version>
  replicas: Map<string, Replica>
  rotation?: RotationSettings
  ongoing?: Rotation
}

/** A copy whose change nobody sees yet. */
export function copyState(state: SecretState): SecretState {
  return {
    ...state,
    tags: new Map(state.tags),
    replicas: new Map(state.replicas),
    versions: new Map(
      [...state.versions].map(([id, version]) => [id, { ...version, stages: new Set(version.stages) }]),
    ),
    ...(state.rotation && { rotation: { ...state.rotation } }),
    ...(state.ongoing && { ongoing: { ...state.ongoing } }),
  }
}

export const sameData = (one: SecretData, other: SecretData): boolean => JSON.stringify(one) === JSON.stringify(other)

export const holderOf = (state: SecretState, stage: string): Version | undefined =>
  [...state.versions.values()].find(version => version.stages.has(stage))
