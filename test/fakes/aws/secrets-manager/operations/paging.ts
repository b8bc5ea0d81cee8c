import { ServiceFault } from '../errors.ts'

/** A page by position. The token is opaque to callers. @throws ServiceFault InvalidNextTokenException */
export function page<T>(
  all: readonly T[],
  token: string | undefined,
  size: number,
): { items: readonly T[]; next?: string } {
  const from = token === undefined ? 0 : position(token)
  const to = from + size
  return { items: all.slice(from, to), ...(to < all.length && { next: Buffer.from(`page:${to}`).toString('base64') }) }
}

function position(token: string): number {
  const match = /^page:(\d+)$/.exec(Buffer.from(token, 'base64').toString())
  if (!match) throw new ServiceFault('InvalidNextTokenException', 'Invalid token.')
  return Number(match[1])
}
