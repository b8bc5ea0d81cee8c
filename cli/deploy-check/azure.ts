/**
 * Azure: az deploys, and is asked who is signed in and what there is.
 * @module
 */
import type { Io } from '../io.ts'
import { type Finding, missing, note, ok, wrong } from './finding.ts'
import { findTool, listOf, type Tool, textAt } from './tool.ts'

/** Deployment stacks and Flex Consumption: docs/deploy-azure.md. */
const [MAJOR, MINOR] = [2, 61] as const
const LOGIN = 'Run `az login`.'
const JSON_OUT = ['--output', 'json'] as const

export async function azureFindings(region: string | undefined, io: Io): Promise<readonly Finding[]> {
  const variables = variableFindings(io)
  const az = findTool('az', io)
  if (!az)
    return [
      missing('tool', 'az is not on the PATH.', `az ${MAJOR}.${MINOR} or newer`, 'Install the Azure CLI.'),
      ...variables,
    ]
  const tool = toolFinding(textAt((await az('version', ...JSON_OUT)).data, 'azure-cli'))
  return [tool, ...variables, ...(tool.level === 'ok' ? await signedIn(az, region, io) : [])]
}

function toolFinding(version: string | undefined): Finding {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) return ok('tool', `az ${version} is installed.`)
  const says =
    version === undefined
      ? 'az is on the PATH, and does not say its version.'
      : `az ${version} is too old: it knows no Flex Consumption.`
  return missing('tool', says, `az ${MAJOR}.${MINOR} or newer`, 'Run `az upgrade`, or install the Azure CLI again.')
}

const variableFindings = ({ env }: Io): Finding[] =>
  [
    ['AZURE_RESOURCE_GROUP', 'the group that the vault is in'],
    ['AZURE_KEY_VAULT', 'the vault whose secrets are rotated'],
  ].flatMap(([name, is]) => (env[name!] ? [] : [missing('variable', `${name} is not set.`, is!, `Set ${name}.`)]))

async function signedIn(az: Tool, region: string | undefined, { env }: Io): Promise<readonly Finding[]> {
  const account = (await az('account', 'show', ...JSON_OUT)).data
  const user = textAt(account, 'user', 'name')
  if (user === undefined) return [missing('sign-in', 'az is not signed in.', 'a sign-in', LOGIN)]
  // the expiry only: the token itself is not written
  const { code } = await az('account', 'get-access-token', '--query', 'expiresOn', ...JSON_OUT)
  if (code !== 0) return [missing('sign-in', `The sign-in of ${user} has expired.`, 'a sign-in that is valid', LOGIN)]
  const { AZURE_RESOURCE_GROUP: group, AZURE_KEY_VAULT: vault } = env
  return [
    ok('sign-in', `az is signed in as ${user}, to ${textAt(account, 'name') ?? 'a subscription'}.`),
    await regionFinding(az, region),
    ...(group ? [await groupFinding(az, group)] : []),
    ...(group && vault ? [await vaultFinding(az, group, vault)] : []),
  ]
}

async function regionFinding(az: Tool, region: string | undefined): Promise<Finding> {
  const { code, data } = await az('functionapp', 'list-flexconsumption-locations', ...JSON_OUT)
  const regions = listOf(data).flatMap(one => textAt(one, 'name')?.toLowerCase().replaceAll(' ', '') ?? [])
  if (code !== 0 || regions.length === 0) return note('region', 'The regions of Flex Consumption could not be asked.')
  if (region !== undefined && regions.includes(region))
    return ok('region', `The region ${region} has Flex Consumption.`)
  return wrong(
    'region',
    `The region ${region ?? '(none)'} has no Flex Consumption.`,
    'a name such as westeurope',
    'Name it with --region or AZURE_REGION.',
  )
}

async function groupFinding(az: Tool, group: string): Promise<Finding> {
  const { data } = await az('group', 'show', '--name', group, ...JSON_OUT)
  if (textAt(data, 'name') !== undefined) return ok('permissions', `The resource group ${group} is there.`)
  return missing(
    'permissions',
    `The resource group ${group} is not there, or not to be seen.`,
    'what AZURE_RESOURCE_GROUP names',
    'Correct it, or choose the subscription: `az account set`.',
  )
}

async function vaultFinding(az: Tool, group: string, vault: string): Promise<Finding> {
  const { data } = await az('keyvault', 'show', '--name', vault, ...JSON_OUT)
  const there = textAt(data, 'resourceGroup')
  if (there === undefined)
    return missing(
      'permissions',
      `The vault ${vault} is not there, or not to be seen.`,
      'what AZURE_KEY_VAULT names',
      'Correct it, or choose the subscription: `az account set`.',
    )
  if (there.toLowerCase() !== group.toLowerCase())
    return wrong(
      'variable',
      `The vault ${vault} is in the group ${there}, and AZURE_RESOURCE_GROUP is ${group}.`,
      'vault and functions in one group',
      `Set AZURE_RESOURCE_GROUP=${there}.`,
    )
  if (Object(Object(data).properties).enableRbacAuthorization === true)
    return ok('permissions', `The vault ${vault} uses roles.`)
  return missing(
    'permissions',
    `The vault ${vault} uses access policies.`,
    'a vault that uses roles (RBAC)',
    `Run \`az keyvault update --name ${vault} --enable-rbac-authorization true\`, after its readers have roles.`,
  )
}
