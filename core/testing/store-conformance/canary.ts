/**
 * Looks for a value in text, in the forms in which values leak.
 * @module
 */
import { Buffer } from 'node:buffer'

/** Raw, base64 (wherever in a longer text it stands), hex, percent-encoded, JSON-escaped; and bytes as `inspect` shows them. */
export function encodingsOf(canary: string): readonly string[] {
  const bytes = Buffer.from(canary)
  const hex = bytes.toString('hex')
  const json = JSON.stringify(canary).slice(1, -1)
  return [
    canary,
    ...[0, 1, 2].map(shift => base64Within(bytes, shift)),
    hex,
    hex.replace(/../g, '$& ').trim(),
    encodeURIComponent(canary),
    json,
    JSON.stringify(json).slice(1, -1),
  ]
}

export const holdsCanary = (text: string, canary: string): boolean =>
  encodingsOf(canary).some(form => text.toLowerCase().includes(form.toLowerCase()))

/** What every base64 text has in common in which `shift` bytes (modulo 3) precede the canary. */
function base64Within(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
  const certain = Math.floor(((shift + bytes.length) * 8) / 6)
  return text.slice(shift === 0 ? 0 : shift + 1, certain)
}
