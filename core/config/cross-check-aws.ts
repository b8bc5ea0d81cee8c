/**
 * What AWS Secrets Manager asks of a configuration, as far as it can be said without asking AWS.
 * @module
 */
import type { DataPath } from './problem.ts'
import type { Report } from './resolve-parts.ts'
import { type AwsStoreConfig, adminOf, type Config } from './types.ts'

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html; `!` only in names that services give. */
const NAME = /^[A-Za-z0-9/_+=.@!-]{1,512}$/
/** Complete, with the six characters that the service has added: a partial one may match another secret. */
const ARN = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:([A-Za-z0-9/_+=.@!-]{1,512})-[A-Za-z0-9]{6}$/

/** The name of a secret that is given by its name or by its ARN. */
export const awsName = (id: string): string => ARN.exec(id)?.[2] ?? id

/** Whether the service may take the end of the name for the suffix of an ARN: it advises against such names. */
export const readsLikeArnSuffix = (id: string): boolean => !ARN.test(id) && /-[A-Za-z0-9]{6}$/.test(id)

export function checkAwsStores(config: Config, report: Report): void {
  for (const secret of config.secrets.values()) {
    const path = ['secrets', secret.name]
    const store = awsStore(config, secret.store)
    if (store) checkRotated(secret.id, store, [...path, 'id'], report)
    for (const [index, follower] of secret.followers.entries()) {
      const there = awsStore(config, follower.store)
      if (there) checkRotated(follower.id, there, [...path, 'followers', index, 'id'], report)
    }
    const admin = adminOf(secret.target)
    const adminStore = admin && awsStore(config, admin.store)
    if (admin?.secret === undefined && adminStore)
      checkId(admin!.id, adminStore, [...path, 'target', 'admin', 'id'], report)
  }
}

function awsStore({ stores }: Config, name: string): AwsStoreConfig | undefined {
  const store = stores.get(name)
  return store?.kind === 'aws' ? store : undefined
}

function checkRotated(id: string, store: AwsStoreConfig, path: DataPath, report: Report): void {
  if (checkId(id, store, path, report) && awsName(id).includes('!'))
    report(path, 'belongs to an AWS service (its name has a !), which rotates it itself')
}

function checkId(id: string, { region }: AwsStoreConfig, path: DataPath, report: Report): boolean {
  const says = idProblem(id, region)
  if (says !== undefined) report(path, says)
  return says === undefined
}

function idProblem(id: string, region: string | undefined): string | undefined {
  if (!id.startsWith('arn:'))
    return NAME.test(id)
      ? undefined
      : 'is no name of Secrets Manager: at most 512 letters, digits and /_+=.@-, or a complete ARN'
  const found = ARN.exec(id)?.[1]
  if (found === undefined)
    return 'is no complete ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-xxxxxx'
  return region === undefined || region === found
    ? undefined
    : `is the ARN of a secret in ${found}; the store is in ${region}`
}
