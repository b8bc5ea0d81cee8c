/** Four loops that never stop asking, through the two pools of docs/runtimes/node.md. Ends with its stdin. */
import { pool as plain } from './plain.mjs'
import { pool as client } from './with-client.mjs'

const pools = { plain, client }
const counts = { queries: 0, failed: 0, errors: [], logins: { plain: [], client: [] } }
let over = false

async function ask(name) {
  const seen = counts.logins[name]
  while (!over) {
    try {
      const { rows } = await pools[name].query('select session_user::text as login')
      if (seen.at(-1) !== rows[0].login) seen.push(rows[0].login)
    } catch (error) {
      counts.failed++
      counts.errors.push(error.code)
    }
    counts.queries++
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

const asking = Promise.all(['plain', 'client', 'plain', 'client'].map(ask))
console.log('ready')
process.stdin.resume().on('end', async () => {
  over = true
  await asking
  console.log(JSON.stringify(counts))
  process.exit()
})
