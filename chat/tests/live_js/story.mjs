// A story that docs/examples/live.js has to come through; prints what was heard as one line of JSON.
import { Live } from './live.js'

const { API, ROOM, TOKENS } = process.env
const tokens = JSON.parse(TOKENS)
const heard = [], notices = [], said = []
let asked = 0

const until = async (what, done) => {
  const deadline = Date.now() + 15_000
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}; ${JSON.stringify({ heard, notices, said, asked })}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const post = async (content) => {
  const headers = { Authorization: `Bearer ${tokens.at(-1)}`, 'Content-Type': 'application/json' }
  const answer = await fetch(`${API}/api/rooms/${ROOM}/messages`, { method: 'POST', headers, body: JSON.stringify({ content }) })
  if (answer.status !== 201) throw new Error(await answer.text())
}
const has = (seq) => heard.some((event) => event[0] === seq)

const live = new Live({
  url: `${API.replace('http', 'ws')}/ws`,
  token: async () => tokens[Math.min(asked++, tokens.length - 1)],
  onNotice: (frame) => notices.push(frame.code ?? frame.type),
})
live.follow(ROOM, (event) => { if (event.seq) heard.push([event.seq, event.type, event.message?.content ?? null]) }, 0)

// Asked before there is a connection; the first token is about to end, and is renewed on the open socket.
said.push((await live.send(ROOM, 'early')).seq)
await until('renewed', () => asked === 2 && live.waiting.size === 0)
await post('over REST')
await until('the second', () => has(2))

// The connection is lost; what happens meanwhile is heard afterwards, and what was being said is said once.
live.socket.close()
const pending = live.send(ROOM, 'while away')
await post('missed')
said.push((await pending).seq)
await until('all four', () => has(3) && has(4))

// A long log comes in parts.
live.leave(ROOM)
for (let number = 0; number < 120; number++) await post(`${number}`)
live.follow(ROOM, (event) => { if (event.seq) heard.push([event.seq, event.type, event.message?.content ?? null]) }, 4)
await until('the rest', () => has(124))
await live.send(ROOM, 'at last')
await until('the last', () => has(125))
live.typing(ROOM, true)

const refused = await live.ask({ type: 'message.send', room_id: ROOM, content: '' }).catch((error) => error.code)
live.close()
console.log(JSON.stringify({ heard, notices, said, asked, refused }))
