/**
 * YAML text to plain data that remembers where each part stood. Its own walk over the parsed nodes bounds what anchors can
 * blow up, and keeps everything but mappings with text keys, sequences and scalars out.
 * @module
 */
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { DataPath, Position, Problem } from './problem.ts'

/** Generous for thousands of secrets; stops what only wants to exhaust memory. */
const MAX_TEXT = 1_000_000
const MAX_NODES = 200_000
const MAX_DEPTH = 64
/** What follows a syntax error is mostly its echo. */
const MAX_SYNTAX_ERRORS = 3

export interface YamlData {
  readonly data: unknown
  readonly problems: readonly Problem[]
  /** Where the value at `path` stands, or its key; undefined if the text has no such path. */
  find(path: DataPath, what: 'key' | 'value'): Position | undefined
}

/** The parser's own messages quote the text, which may hold a password: only its codes are used. */
const syntaxErrors: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here twice',
  MULTIPLE_DOCS: 'a second document begins here; only one is allowed',
  TAB_AS_INDENT: 'indentation needs spaces, not tabs',
  BAD_INDENT: 'the indentation does not fit the lines above',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing, or the indentation does not fit',
  MISSING_CHAR: 'a character is missing, such as a closing quote or bracket',
  BAD_SCALAR_START: 'this text needs quotes',
  BAD_ALIAS: 'this alias cannot be used',
  TAG_RESOLVE_FAILED: 'tags are not supported',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
}

const placeOf = (path: DataPath): string => JSON.stringify(path)

class Walk {
  readonly problems: Problem[] = []
  readonly keys = new Map<string, number>()
  readonly values = new Map<string, number>()
  #nodes = 0
  /** The last node of each name so far. */
  readonly #anchors = new Map<string, Node>()
  /** By an alias's own `resolve`, which searches the whole text each time, thousands of them would take minutes. */
  readonly #targets = new Map<Alias, Node | undefined>()

  visit(node: unknown, path: DataPath, depth: number): unknown {
    const at = (node as Node | null)?.range?.[0]
    if (at !== undefined) this.values.set(placeOf(path), at)
    // Reported once: the rest of a bomb stays unread.
    if (this.#nodes > MAX_NODES) return null
    if (++this.#nodes > MAX_NODES) return this.#refuse(path, 'the file grows too large when its aliases are expanded')
    if (depth > MAX_DEPTH) return this.#refuse(path, 'it is nested too deeply')
    this.#noteAnchor(node)
    if (isAlias(node)) return this.#alias(this.#targetOf(node), path, depth)
    if (isMap(node)) return this.#map(node.items, path, depth)
    if (isSeq(node)) return node.items.map((item, index) => this.visit(item, [...path, index], depth + 1))
    return isScalar(node) ? this.#scalar(node.value, path) : null
  }

  /** A target is walked again for each of its aliases; what stands below it and has the same name stays the last. */
  #noteAnchor(node: unknown): void {
    const { anchor, range } = (node ?? {}) as { anchor?: string } & Partial<Node>
    if (anchor === undefined) return
    const known = this.#anchors.get(anchor)?.range?.[0] ?? -1
    if (range && range[0] > known) this.#anchors.set(anchor, node as Node)
  }

  /** Met for the first time, everything above it was met, and nothing below. */
  #targetOf(alias: Alias): Node | undefined {
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(alias.source))
    return this.#targets.get(alias)
  }

  #alias(target: Node | undefined, path: DataPath, depth: number): unknown {
    if (target === undefined) return this.#refuse(path, 'no anchor of this name stands above')
    return this.visit(target, path, depth + 1)
  }

  /** Tags make bytes and sets; `lockstep.yml` has use for none. */
  #scalar(value: unknown, path: DataPath): unknown {
    return typeof value === 'object' && value !== null ? this.#refuse(path, 'tags are not supported') : value
  }

  #map(items: readonly { key: unknown; value: unknown }[], path: DataPath, depth: number): unknown {
    const entries = new Map<string, unknown>()
    for (const { key, value } of items) {
      this.#noteAnchor(key)
      const name = this.#key(key, path)
      if (name === undefined) continue
      const inner = [...path, name]
      if (entries.has(name)) this.problems.push({ path: inner, says: 'this key stands here twice', aboutKey: true })
      const at = (key as Node).range?.[0]
      if (at !== undefined) this.keys.set(placeOf(inner), at)
      entries.set(name, this.visit(value, inner, depth + 1))
    }
    return Object.fromEntries(entries)
  }

  /** As it is spelt: `2024` and `1.0` are names too. */
  #key(key: unknown, path: DataPath): string | undefined {
    const name = isScalar(key) && key.value !== null ? (key.source ?? String(key.value)) : undefined
    // `__proto__` would be lost on the way through libraries that assign it.
    if (name === undefined || name === '__proto__') this.#refuse(path, 'a key here is not a plain text')
    return name === '__proto__' ? undefined : name
  }

  #refuse(path: DataPath, says: string): null {
    this.problems.push({ path, says })
    return null
  }
}

const failed = (...problems: readonly Problem[]): YamlData => ({ data: undefined, problems, find: () => undefined })

export function parseYaml(text: string): YamlData {
  if (text.length > MAX_TEXT) return failed({ path: [], says: 'the file is too large' })
  const lines = new LineCounter()
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  let document: Document.Parsed
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core' })
  } catch {
    // Nested so deeply that the parser's own recursion ended.
    return failed({ path: [], says: 'the file is no YAML that can be read' })
  }
  const syntax = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_ERRORS).map(({ code, pos }) => ({
    path: [],
    says: syntaxErrors[code] ?? 'the YAML syntax is wrong here',
    position: position(pos[0]),
  }))
  if (syntax.length > 0) return failed(...syntax)
  const walk = new Walk()
  const data = walk.visit(document.contents, [], 0)
  return {
    data,
    problems: walk.problems,
    find(path, what) {
      const offset = (what === 'key' ? walk.keys : walk.values).get(placeOf(path))
      return offset === undefined ? undefined : position(offset)
    },
  }
}
