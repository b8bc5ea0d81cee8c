/**
 * The structure of the Terraform module, checked without Terraform and its provider: what is named is there, what is there is used,
 * and what a review asks for. Not seen: arguments that the provider does not have, and the types of values.
 */
import { blocksOf, type Files } from './terraform-blocks.ts'

export function mistakesOf(files: Files): readonly string[] {
  const all = Object.values(files)
    .join('\n')
    .replaceAll(/^\s*#.*$/gm, '')
  const blocks = blocksOf(all)
  const found: string[] = []
  const must = (holds: boolean, says: string) => {
    if (!holds) found.push(says)
  }
  const of = (kind: string) => blocks.filter(block => block.kind === kind)
  const named = (pattern: RegExp) => new Set([...all.matchAll(pattern)].map(([, name]) => name!))

  for (const [file, text] of Object.entries(files)) must(balanced(text), `${file}: a brace or a quote has no other`)
  const declared = new Set(of('variable').map(({ names: [name] }) => name!))
  for (const name of named(/\bvar\.(\w+)/g)) must(declared.has(name), `var.${name} is not declared`)
  for (const name of declared) must(named(/\bvar\.(\w+)/g).has(name), `the variable ${name} is not used`)
  const locals = new Set(
    [...all.matchAll(/^locals \{\n([\s\S]*?)^\}/gm)].flatMap(([, body]) =>
      [...body!.matchAll(/^ {2}(\w+)\s*=/gm)].map(([, name]) => name!),
    ),
  )
  for (const name of named(/\blocal\.(\w+)/g)) must(locals.has(name), `local.${name} is not declared`)
  for (const name of locals) must(named(/\blocal\.(\w+)/g).has(name), `the local ${name} is not used`)
  const resources = new Set([...of('resource'), ...of('data')].map(({ names }) => names.join('.')))
  for (const name of named(/\b(?:data\.)?(google_\w+\.\w+)/g)) must(resources.has(name), `${name} is not there`)
  const attributes = new Set(
    [...(all.match(/variable "functions" \{[\s\S]*?^\}/m)?.[0] ?? '').matchAll(/^ {4}(\w+)\s*=/gm)].map(
      ([, name]) => name!,
    ),
  )
  for (const { text } of of('resource').filter(block => block.text.includes('= var.functions')))
    for (const [, name] of text.matchAll(/each\.value\.(\w+)/g))
      must(attributes.has(name!), `a function has no ${name}`)

  for (const { names, text } of of('resource'))
    for (const says of wanted(names[0]!, text)) found.push(`${names.join('.')}: ${says}`)
  must(
    of('resource').some(
      ({ names, text }) => names[0] === 'google_pubsub_topic_iam_member' && text.includes('local.secret_manager'),
    ),
    'Secret Manager may tell nobody',
  )
  return found
}

function* wanted(type: string, text: string): Generator<string> {
  if (/allUsers|allAuthenticatedUsers/.test(text)) yield 'is for everybody'
  if (/roles\/(owner|editor|secretmanager\.)/.test(text)) yield 'grants more than is called'
  if (
    /^google_(project|storage|cloud|pubsub_(topic|subscription)$|service_account$)/.test(type) &&
    !/^\s*project\s+= (var\.project|each\.value\.project|local\.roles\[each\.value\.role\]\.project)$|bucket\s+=/m.test(
      text,
    )
  )
    yield 'is in whatever project the provider has'
  switch (type) {
    case 'google_cloud_scheduler_job':
      if (!text.includes('oidc_token')) yield 'comes without a token'
      if (!/retry_count\s+= [1-5]\b/.test(text)) yield 'is tried once'
      return
    case 'google_cloudfunctions2_function':
      if (!text.includes('"RETRY_POLICY_RETRY"')) yield 'loses an event that fails'
      if (!text.includes('"ALLOW_INTERNAL_ONLY"')) yield 'can be reached from everywhere'
      if (!/service_account_email\s+= google_service_account\.runtime/.test(text)) yield 'acts as the default account'
      if (!text.includes('var.vpc_connector')) yield 'cannot be brought into a network'
      return
    case 'google_pubsub_subscription':
      if (text.includes('push_config') && !text.includes('dead_letter_policy')) yield 'comes back for ever'
      if (text.includes('push_config') && !text.includes('oidc_token')) yield 'comes without a token'
      return
    case 'google_project_iam_member':
      if (text.includes('custom_role.secrets') && !text.includes('resource.name.startsWith'))
        yield 'is for every secret'
      if (text.includes('custom_role.granted') && !/resource\.name == .*resource\.name\.startsWith/.test(text))
        yield 'is for every secret'
  }
}

function balanced(text: string): boolean {
  const bare = text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '')
  const count = (sign: string) => bare.split(sign).length
  return !bare.includes('"') && ['{}', '[]', '()'].every(([open, close]) => count(open!) === count(close!))
}

/** What a module takes and its caller gives. */
export function argumentsMistaken(files: Files, given: Readonly<Record<string, unknown>>): readonly string[] {
  const variables = blocksOf(Object.values(files).join('\n')).filter(({ kind }) => kind === 'variable')
  const needed = variables.filter(({ text }) => !/^ {2}default\s*=/m.test(text)).map(({ names: [name] }) => name!)
  const names = Object.keys(given).filter(name => name !== 'source')
  return [
    ...names
      .filter(name => !variables.some(({ names: [known] }) => known === name))
      .map(name => `${name} is no variable`),
    ...needed.filter(name => !names.includes(name)).map(name => `${name} is not given`),
  ]
}
