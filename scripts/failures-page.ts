/**
 * `docs/failures.md`, as text, from the table of errors.
 * @module
 */
import { type ErrorCode, errorCodes, type Retry } from '../core/errors.ts'

const again: Readonly<Record<Retry, string>> = {
  no: 'no, a person acts first',
  yes: 'safe, and it may succeed',
  'after-reread': 'safe; it decides anew',
}

const intro = `# Failures

Every error that Lockstep reports has one of these codes: in the message, in \`--json\`, in the audit trail (\`error_code\`) and, as a
number for scripts, in the exit code (\`lockstep help exit-codes\`). Codes are added, never renamed.

This page is made from the table in \`core/errors.ts\` by \`node scripts/write-failures.ts\`.
`

const section = (code: ErrorCode): string => {
  const { meaning, safe, next, exit, retry } = errorCodes[code]
  return `
## ${code}

${meaning}

- **Still true:** ${safe}
- **To do:** ${next}
- **The same command again:** ${again[retry]}. **Exit code:** ${exit}
`
}

export const failuresPage = (): string => intro + (Object.keys(errorCodes) as ErrorCode[]).map(section).join('')
