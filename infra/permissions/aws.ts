/**
 * What each role on AWS is granted by a configuration: exactly what the calls of its function need.
 * @module
 */
import type { Config } from '../../core/config/types.ts'
import { awsCalls, type FunctionName, functionNames, type Kind, kinds } from './aws-calls.ts'
import { type Deployment, granted, resourcesOf } from './aws-resources.ts'
import type { Permission, TableRow } from './permission.ts'

export const title = 'AWS'

export const table: readonly TableRow[] = awsCalls.map(({ on, ...call }) => ({ ...call, resources: [kinds[on]] }))

export const notes = `
In the template \`infra/permissions/aws.ts\` writes the roles. A secret is named by its ARN, or by its name and the six characters that
Secrets Manager adds (\`-??????\`). Where a store has a \`role\`, the stack grants \`sts:AssumeRole\` only: that role needs the rows of
declared secrets in its own account. Followers are granted what the leader is, for each may lead one day.

Wider than they are used, because the configuration does not say more: \`rds-db:connect\` (a login is named by the id of a database), the
two of \`rds:\` (every database of the account, described only), \`secretsmanager:ListSecrets\`. Not granted: the key of a
follower in another region, or of a function whose variables are encrypted by a key of your own; \`iam:PassRole\`. What a module target
of your own asks of AWS is unknown here: grant it in \`infra/aws/roles.yml\`, in a policy of its own.

The rows of the log, of the VPC, of the dead letters and of taking messages are used by Lambda itself, before and after the code runs.
Every other one was taken away once, over fakes of AWS, and missed; none of it was seen in an account.
`

export interface Grant extends Permission {
  readonly on: Kind
}

export function permissions(config: Config, deployment: Deployment): Readonly<Record<FunctionName, readonly Grant[]>> {
  const of = (fn: FunctionName): readonly Grant[] =>
    awsCalls
      .filter(({ functions }) => functions.includes(fn))
      .map(({ functions: _, ...call }) => ({ ...call, resources: resourcesOf(call.on, config, deployment, fn) }))
      .filter(({ resources }) => resources.length > 0)
  return Object.fromEntries(functionNames.map(fn => [fn, of(fn)])) as Record<FunctionName, readonly Grant[]>
}

/** Why a secret of the configuration could not be reached with these permissions, in a sentence. None: undefined. */
export function problemOf(config: Config, { region }: Deployment): string | undefined {
  const given = granted(config).filter(({ id }) => id.startsWith('arn:'))
  const parts = given.map(({ id, of, store }) => ({ of, store, region: id.split(':')[3]!, account: id.split(':')[4]! }))
  const away = parts.find(
    one => config.stores.get(one.store)?.kind === 'aws' && regionIn(config, one.store, region) !== one.region,
  )
  if (away)
    return `secrets.${away.of}: its secret is in ${away.region}, and its store ${away.store} names no region; the stack is deployed to ${region}. Name the region in the store.`
  const [first] = parts
  const other = parts.find(({ account }) => account !== first?.account)
  if (other)
    return `secrets.${other.of}: the account ${other.account} is another one than ${first!.account}, of ${first!.of}; one stack is granted nothing there. Name a role of that account in the store ${other.store}.`
  return foreignRole(config)
}

const regionIn = ({ stores }: Config, name: string, own: string): string => {
  const store = stores.get(name)
  return (store?.kind === 'aws' ? store.region : undefined) ?? own
}

/** A role acts in its own account. */
function foreignRole({ secrets, stores }: Config): string | undefined {
  for (const { name, id, store: storeName, followers } of secrets.values())
    for (const { store: at, id: there } of [{ store: storeName, id }, ...followers]) {
      const store = stores.get(at)
      const role = store?.kind === 'aws' ? store.role : undefined
      const [own, account] = [role?.arn.split(':')[4], there.startsWith('arn:') ? there.split(':')[4] : undefined]
      if (own !== undefined && account !== undefined && own !== account)
        return `secrets.${name}: its secret is in the account ${account}, and the role of its store ${at} in ${own}. Name a role of that account.`
    }
  return undefined
}
