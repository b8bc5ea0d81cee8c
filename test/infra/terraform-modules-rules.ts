/**
 * The structure of the thin modules of AWS and Azure, without Terraform and providers: what is named is declared, what is declared is used,
 * nothing is public, and an apply neither loses the journal nor the zips that a stack would go back to.
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
  const namesOf = (kind: string) => new Set(blocks.filter(block => block.kind === kind).map(({ name }) => name))
  const named = (pattern: RegExp) => new Set([...all.matchAll(pattern)].map(([, name]) => name!))

  const [variables, ofVariables] = [namesOf('variable'), named(/\bvar\.(\w+)/g)]
  for (const name of ofVariables) must(variables.has(name), `var.${name} is not declared`)
  // its own validation is no use of it
  const outside = new Set(
    [...all.replaceAll(/^variable [\s\S]*?^\}/gm, '').matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name!),
  )
  for (const name of variables) must(outside.has(name), `the variable ${name} is not used`)
  const ofLocals = named(/\blocal\.(\w+)/g)
  const locals = new Set(
    [...(/^locals \{\n([\s\S]*?)^\}/m.exec(all)?.[1] ?? '').matchAll(/^ {2}(\w+)\s+=/gm)].map(([, name]) => name!),
  )
  for (const name of ofLocals) must(locals.has(name), `local.${name} is not declared`)
  for (const name of locals) must(ofLocals.has(name), `the local ${name} is not used`)
  for (const name of named(/\b((?:aws|azurerm|terraform)_\w+\.\w+)/g))
    must(namesOf('resource').has(name), `${name} is not there`)
  for (const { kind, name, text } of blocks) {
    if (kind === 'variable') must(text.includes('description'), `the variable ${name} is not described`)
    if (kind === 'resource') for (const says of wanted(name, text, all)) found.push(`${name}: ${says}`)
  }
  must(/required_version = ">= [\d.]+"/.test(all), 'any Terraform may apply it')
  must(/version = ">= [\d.]+, < [\d.]+"/.test(all), 'any provider may apply it')
  must(!/secret_string|secret_data|\bpassword\b/.test(all), 'a value of a secret would be in the state')
  return found
}

function* wanted(name: string, text: string, all: string): Generator<string> {
  const [type] = name.split('.')
  switch (type) {
    case 'aws_s3_bucket':
      if ((all.match(/(block_public_\w+|ignore_public_acls|restrict_public_buckets)\s+= true/g) ?? []).length !== 4)
        yield 'may be public'
      return
    case 'aws_s3_object':
      if (!text.includes('create_before_destroy = true')) yield 'goes while the stack still needs it'
      if (!/key\s+= "\$\{local\.prefix\}/.test(text)) yield 'has the same address with another content'
      return
    case 'aws_cloudformation_stack':
      if (!text.includes('"CAPABILITY_IAM"')) yield 'may make no roles'
      if (!text.includes('template_url')) yield 'has a template that is too long for a request'
      if (!/depends_on = \[aws_s3_object\.\w+\]/.test(text)) yield 'may come before its zips'
      return
    case 'azurerm_resource_group_template_deployment':
      if (!/deployment_mode\s+= "Incremental"/.test(text)) yield 'deletes what it does not name'
      if (name.endsWith('.state') !== text.includes('prevent_destroy = true'))
        yield 'only the journal outlives a destroy'
      if (!name.endsWith('.state') && !text.includes('depends_on')) yield 'comes in any order'
      return
    case 'terraform_data':
      if (/command\s+= .*\$\{/.test(text)) yield 'puts a value into a line of a shell'
      if (!text.includes('filesha256(')) yield 'does not see another content'
  }
}
