export type Change<T> = (inner: T) => Partial<T>

/** An object with some of its methods replaced: a bug that is planted. */
export function changed<T extends object>(inner: T, change: Change<T>): T {
  const replaced = change(inner)
  return new Proxy(inner, {
    get(_, property) {
      const member: unknown = Reflect.get(replaced, property) ?? Reflect.get(inner, property, inner)
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
}
