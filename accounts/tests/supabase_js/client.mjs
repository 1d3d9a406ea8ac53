// Runs the real supabase-js against a running local mode and prints one JSON object: the steps that went as expected.
// The environment gives LIFESTRING_URL, ANON_KEY and SERVICE_KEY. Ends with 1 and the failed expectation otherwise.

import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

const { LIFESTRING_URL: url, ANON_KEY: anonKey, SERVICE_KEY: serviceKey } = process.env
// Node 20 has no WebSocket of its own, and createClient insists on one.
const options = { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: ws } }
const supabase = createClient(url, anonKey, options)
const email = 'alice@lifestring.example'
const password = 'a long passphrase'
const steps = []

async function step(name, run) {
  try {
    await run()
  } catch (error) {
    console.error(`${name}: ${error.stack}`)
    process.exit(1)
  }
  steps.push(name)
}

function expectError({ error }, { name = 'AuthApiError', code, status }) {
  assert.ok(error, 'an error was expected')
  assert.deepEqual({ name: error.name, code: error.code, status: error.status }, { name, code, status })
}

function expectSuccess({ data, error }) {
  assert.equal(error, null)
  return data
}

let userId
let first

await step('sign-up', async () => {
  const credentials = { email: 'Alice@Lifestring.Example', password, options: { data: { name: 'Alice' } } }
  const data = expectSuccess(await supabase.auth.signUp(credentials))
  userId = data.user.id
  first = data.session
  assert.equal(data.user.email, email)
  assert.equal(data.user.user_metadata.name, 'Alice')
  assert.equal(data.user.identities.length, 1)
})

await step('getUser', async () => {
  const data = expectSuccess(await supabase.auth.getUser())
  assert.equal(data.user.id, userId)
})

await step('getClaims', async () => {
  const data = expectSuccess(await supabase.auth.getClaims())
  assert.equal(data.header.alg, 'ES256')
  assert.equal(data.claims.sub, userId)
  assert.equal(data.claims.role, 'authenticated')
  assert.ok(data.claims.session_id)
})

await step('taken e-mail', async () => {
  const result = await createClient(url, anonKey, options).auth.signUp({ email, password })
  expectError(result, { code: 'user_already_exists', status: 422 })
})

await step('weak password', async () => {
  const result = await createClient(url, anonKey, options).auth.signUp({ email: 'b@c.example', password: 'short' })
  expectError(result, { name: 'AuthWeakPasswordError', code: 'weak_password', status: 422 })
  assert.deepEqual(result.error.reasons, ['length'])
})

await step('anonymous sign-in', async () => {
  const result = await createClient(url, anonKey, options).auth.signInAnonymously()
  expectError(result, { code: 'anonymous_provider_disabled', status: 422 })
})

await step('wrong password', async () => {
  const result = await supabase.auth.signInWithPassword({ email, password: 'a wrong one' })
  expectError(result, { code: 'invalid_credentials', status: 400 })
})

await step('sign-in', async () => {
  const data = expectSuccess(await supabase.auth.signInWithPassword({ email, password }))
  assert.equal(data.user.id, userId)
  const current = expectSuccess(await supabase.auth.getSession())
  assert.equal(current.session.access_token, data.session.access_token)
})

await step('updateUser', async () => {
  const named = expectSuccess(await supabase.auth.updateUser({ data: { name: 'Alice B.' } }))
  assert.equal(named.user.user_metadata.name, 'Alice B.')
  expectError(await supabase.auth.updateUser({ password }), { code: 'same_password', status: 422 })
  expectSuccess(await supabase.auth.updateUser({ password: 'another passphrase' }))
})

await step('refresh', async () => {
  const before = expectSuccess(await supabase.auth.getSession()).session
  const after = expectSuccess(await supabase.auth.refreshSession()).session
  assert.notEqual(after.refresh_token, before.refresh_token)
  assert.equal(after.user.id, userId)
})

await step('a session ended by the new password', async () => {
  const result = await createClient(url, anonKey, options).auth.refreshSession(first)
  expectError(result, { code: 'refresh_token_not_found', status: 400 })
})

let last

await step('our API', async () => {
  last = expectSuccess(await supabase.auth.getSession()).session
  const response = await fetch(`${url}/api/me`, { headers: { Authorization: `Bearer ${last.access_token}` } })
  assert.equal(response.status, 200)
  const { data } = await response.json()
  assert.equal(data.user_id, userId)
  assert.equal(data.name, 'Alice B.')
})

await step('password recovery', async () => {
  expectSuccess(await supabase.auth.resetPasswordForEmail(email))
})

await step('sign-out', async () => {
  const { error } = await supabase.auth.signOut()
  assert.equal(error, null)
  assert.equal(expectSuccess(await supabase.auth.getSession()).session, null)
})

await step('use after sign-out', async () => {
  const missing = { name: 'AuthSessionMissingError', code: undefined, status: 400 }
  expectError(await supabase.auth.getUser(last.access_token), missing)
  const result = await supabase.auth.refreshSession({ refresh_token: last.refresh_token })
  expectError(result, { code: 'refresh_token_not_found', status: 400 })
  expectError(await supabase.auth.signInWithPassword({ email, password }), { code: 'invalid_credentials', status: 400 })
})

await step('admin', async () => {
  const { admin } = createClient(url, serviceKey, options).auth
  const created = expectSuccess(await admin.createUser({ email: 'bob@lifestring.example', email_confirm: true }))
  const { id } = created.user
  assert.equal(expectSuccess(await admin.getUserById(id)).user.email, 'bob@lifestring.example')
  const listed = expectSuccess(await admin.listUsers({ page: 1, perPage: 1 }))
  assert.deepEqual({ total: listed.total, ids: listed.users.map((user) => user.id) }, { total: 2, ids: [id] })
  assert.ok(expectSuccess(await admin.updateUserById(id, { ban_duration: '24h' })).user.banned_until)
  expectError(await supabase.auth.admin.listUsers(), { code: 'not_admin', status: 403 })
})

console.log(JSON.stringify({ steps }))
