import { invalidParameter, limitExceeded, notFound } from './errors.ts'
import { CURRENT, holderOf, PREVIOUS, type SecretState, type Version } from './model.ts'

/** Service model, UpdateSecretVersionStage and PutSecretValue; quotas: "Staging labels attached across all versions". */
const MAX_LABELS = 20

/** Puts a label on a version and takes it off any other. AWSPREVIOUS follows AWSCURRENT by itself. */
export function attach(state: SecretState, stage: string, to: Version): void {
  const holder = holderOf(state, stage)
  if (holder === to) return
  holder?.stages.delete(stage)
  to.stages.add(stage)
  if (stage === CURRENT && holder) attach(state, PREVIOUS, holder)
}

export function checkLabelQuota(state: SecretState): void {
  const labels = [...state.versions.values()].reduce((sum, version) => sum + version.stages.size, 0)
  if (labels > MAX_LABELS) {
    throw limitExceeded(`You can't have more than ${MAX_LABELS} staging labels attached to the versions of a secret.`)
  }
}

/**
 * UpdateSecretVersionStage as the compare-and-set it is. Texts: quoted from AWS in floci-io/floci pull request 3247 and
 * hashicorp/terraform-provider-aws (AWSCURRENT cannot be removed).
 *
 * Undocumented, assumed here: an unknown MoveToVersionId is ResourceNotFoundException; RemoveFromVersionId must name the
 * holder also when the label is on the target already, and also when no version holds it (then nothing matches).
 */
export function moveLabel(state: SecretState, stage: string, from: string | undefined, to: string | undefined): void {
  const holder = holderOf(state, stage)
  if (to === undefined) {
    removeLabel(stage, holder, from)
    return
  }
  const target = state.versions.get(to)
  if (!target) throw notFound(`Secrets Manager can't find the specified secret version: ${to}`)
  if (from !== undefined && from !== holder?.id) {
    throw invalidParameter(
      `When you move staging label ${stage}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${stage}.`,
    )
  }
  if (holder && holder !== target && from === undefined) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    )
  }
  attach(state, stage, target)
  checkLabelQuota(state)
}

function removeLabel(stage: string, holder: Version | undefined, from: string | undefined): void {
  if (from === undefined) throw invalidParameter('You must specify MoveToVersionId, RemoveFromVersionId, or both.')
  if (!holder || holder.id !== from) {
    throw invalidParameter(`The staging label ${stage} isn't attached to version ${from}.`)
  }
  if (stage === CURRENT) {
    throw invalidParameter(
      `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
    )
  }
  holder.stages.delete(stage)
}
