/**
 * The structure of ARM templates, checked without Azure: what an expression names is there, what is there is used, and what a review
 * asks for. Not seen: names and values of properties that Azure's own schemas would refuse, and anything that it finds at run time.
 */
// biome-ignore lint/suspicious/noExplicitAny: a template is data of any shape
type Json = any

const SECTIONS = ['$schema', 'contentVersion', 'metadata', 'parameters', 'variables', 'resources', 'outputs']
const FUNCTIONS = [
  'concat',
  'copyIndex',
  'createArray',
  'empty',
  'environment',
  'extensionResourceId',
  'guid',
  'if',
  'length',
  'not',
  'null',
  'parameters',
  'reference',
  'resourceGroup',
  'resourceId',
  'string',
  'subscriptionResourceId',
  'take',
  'uniqueString',
  'variables',
]
/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const ROLES: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7': 'Key Vault Secrets Officer',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
}

/** `others`: templates that are deployed before this one. */
export function mistakesOf(template: Json, others: readonly Json[] = []): readonly string[] {
  const found: string[] = []
  const must = (holds: boolean, says: string) => {
    if (!holds) found.push(says)
  }
  const expressions = textsOf(template).filter(text => text.startsWith('[') && text.endsWith(']'))
  const named = (of: string) =>
    new Set(
      expressions.flatMap(text =>
        [...text.matchAll(new RegExp(`\\b${of}\\('([^']+)'\\)`, 'g'))].map(([, name]) => name!),
      ),
    )

  must(
    Object.keys(template).every(key => SECTIONS.includes(key)),
    'a section that there is not',
  )
  for (const section of ['parameters', 'variables']) {
    const declared = Object.keys(template[section] ?? {})
    for (const name of named(section)) must(declared.includes(name), `${name} is not among the ${section}`)
    for (const name of declared) must(named(section).has(name), `${name} of the ${section} is not used`)
  }
  for (const text of expressions) {
    const bare = text.replaceAll(/'(?:[^']|'')*'/g, '')
    must(balanced(bare), `an expression has no end: ${text.slice(0, 60)}`)
    for (const [, name] of bare.matchAll(/(\w+)\(/g)) must(FUNCTIONS.includes(name!), `${name}() is no function`)
  }

  const types = new Set([template, ...others].flatMap(({ resources }) => resources.map(({ type }: Json) => type)))
  for (const text of expressions)
    for (const [, type] of text.matchAll(/\bresourceId\('([^']+)'/g))
      must(types.has(type!) || type === 'Microsoft.KeyVault/vaults', `nothing makes a ${type}`)
  for (const id of expressions.flatMap(text => [...text.matchAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g)]))
    must(ROLES[id[0]] !== undefined, `${id[0]} is no role`)

  for (const resource of template.resources) {
    const { type, apiVersion, name, dependsOn = [], properties } = resource
    must(/^Microsoft\.\w+\/[\w/]+$/.test(type ?? ''), `${type} is no type`)
    must(/^20\d\d-\d\d-\d\d$/.test(apiVersion ?? ''), `${type}: no version of the interface`)
    must(typeof name === 'string' && properties !== undefined, `${type}: no name or nothing in it`)
    must(new Set(dependsOn).size === dependsOn.length, `${type}: depends on something twice`)
    for (const says of wanted(resource)) found.push(`${type}: ${says}`)
  }
  return found
}

function* wanted({ type, properties, identity, scope, condition }: Json): Generator<string> {
  switch (type) {
    case 'Microsoft.Storage/storageAccounts':
      if (properties.allowSharedKeyAccess !== false || properties.allowBlobPublicAccess !== false)
        yield 'is open to keys or to all'
      if (properties.minimumTlsVersion !== 'TLS1_2' || properties.supportsHttpsTrafficOnly !== true)
        yield 'takes clear text'
      return
    case 'Microsoft.Web/sites': {
      if (properties.httpsOnly !== true) yield 'takes clear text'
      if (identity?.type !== 'SystemAssigned') yield 'has no identity'
      if (!JSON.stringify(properties.virtualNetworkSubnetId ?? '').includes('subnetId'))
        yield 'cannot be brought into a network'
      const settings: readonly Json[] = properties.siteConfig.appSettings
      if (settings.some(({ value }) => /AccountKey|listKeys|SharedAccess/.test(value))) yield 'is given a key'
      return
    }
    case 'Microsoft.Insights/scheduledQueryRules':
    case 'Microsoft.Insights/metricAlerts':
      if (!JSON.stringify(properties).includes("variables('groups')")) yield 'tells nobody'
      return
    case 'Microsoft.Insights/components':
      if (properties.DisableLocalAuth !== true) yield 'takes measurements of anybody'
      return
    case 'Microsoft.Authorization/roleAssignments':
      if (typeof scope !== 'string' || properties.principalType !== 'ServicePrincipal')
        yield 'is for the whole group, or for anybody'
      if (properties.roleDefinitionId.includes('secretsOfficer') && condition !== "[parameters('wholeVault')]")
        yield 'is for every secret, whatever is configured'
      return
    case 'Microsoft.EventGrid/systemTopics/eventSubscriptions':
      if (!(properties.retryPolicy?.maxDeliveryAttempts > 1)) yield 'is tried once'
      if (!properties.deadLetterWithResourceIdentity?.deadLetterDestination) yield 'loses what cannot be delivered'
  }
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

function balanced(text: string): boolean {
  const open: string[] = []
  for (const sign of text) {
    if (sign === "'") return false
    if ('(['.includes(sign)) open.push(sign)
    if (sign === ')' && open.pop() !== '(') return false
    if (sign === ']' && open.pop() !== '[') return false
  }
  return open.length === 0
}

/** A deployment refuses a parameter that there is not, and asks for one that is missing. */
export function parametersMistaken(template: Json, given: Json): readonly string[] {
  const names = Object.keys(given.parameters)
  const needed = Object.entries<Json>(template.parameters).filter(([, { defaultValue }]) => defaultValue === undefined)
  return [
    ...names.filter(name => !template.parameters[name]).map(name => `${name} is no parameter`),
    ...needed.filter(([name]) => !names.includes(name)).map(([name]) => `${name} is not given`),
  ]
}
