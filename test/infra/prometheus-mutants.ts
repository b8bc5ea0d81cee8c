/**
 * Rules broken in every way that a slip of the keyboard would: each must make the tests of the rules fail.
 */
export interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: { readonly summary: string; readonly runbook: string }
}

export const nameOf = ({ alert, record }: Rule): string => (alert ?? record)!

/** Each with another expression or another patience. */
export function mutantsOf(rule: Rule): readonly Rule[] {
  const exprs = [
    ...replacedEach(rule.expr, / (==|>|<) /g, ([, operator]) => [{ '==': ' != ', '>': ' < ', '<': ' > ' }[operator!]!]),
    ...replacedEach(rule.expr, /(?<=[<>=*] )[\d.]+/g, ([number]) => (Number(number) === 0 ? [] : scaled(number))),
    ...replacedEach(rule.expr, /\[(\d+)([hd])\]/g, ([, n, unit]) =>
      scaled(n!).map(scale => `[${inHours(scale, unit!)}]`),
    ),
    ...replacedEach(rule.expr, /\{[^}]+\}/g, () => ['']),
    ...replacedEach(rule.expr, /"([^"]+)\|([^"]+)"/g, ([, one, other]) => [`"${one}"`, `"${other}"`]),
    ...replacedEach(rule.expr, / and .*$/g, () => ['']),
    ...replacedEach(rule.expr, /^.* and /g, () => ['']),
    ...replacedEach(rule.expr, / [-/+] /g, ([operator]) => [operator === ' - ' ? ' + ' : ' - ']),
    ...replacedEach(rule.expr, /^absent\(|\bincrease\(/g, () => ['sum(']),
  ]
  return [
    ...exprs.map(expr => ({ ...rule, expr })),
    ...(rule.for === undefined
      ? []
      : [undefined, ...scaledDuration(rule.for)].map(patience => withFor(rule, patience))),
  ]
}

const scaled = (number: string): string[] => [String(Number(number) * 2), String(Number(number) / 2)]

const inHours = (n: string, unit: string): string => `${Math.round(Number(n) * (unit === 'd' ? 24 * 60 : 60))}m`

const scaledDuration = (text: string): string[] => {
  const [, n, unit] = /^(\d+)([mh])$/.exec(text)!
  const seconds = Number(n) * (unit === 'h' ? 3600 : 60)
  return [`${seconds * 2}s`, `${seconds / 2}s`]
}

function withFor({ for: _, ...rest }: Rule, patience: string | undefined): Rule {
  return patience === undefined ? rest : { ...rest, for: patience }
}

/** One occurrence at a time. */
function replacedEach(
  text: string,
  pattern: RegExp,
  others: (match: RegExpMatchArray) => readonly string[],
): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(match =>
    others(match).map(other => text.slice(0, match.index) + other + text.slice(match.index + match[0].length)),
  )
}
